"""Writes the table of docs/risk.md: `python -m tests.risk_table` after a rule or a limit has changed."""

from collections.abc import Iterator
from pathlib import Path

from jax.app.trader.settings import TraderSettings
from jax.domain.reason_code import DecisionLayer, ReasonCode
from jax.domain.risk.decide import decide
from jax.domain.risk_decision import Denied
from tests.unit.domain.risk.refused import EVERY

PAGE = Path(__file__).parent.parent / "docs" / "risk.md"
BEGIN, END = "<!-- generated: python -m tests.risk_table -->", "<!-- end of what is generated -->"

# The field of RiskLimits, or of its sizing, behind a reason, and the trader's setting for it.
_R = ReasonCode
LIMITS: dict[ReasonCode, tuple[str, ...]] = {
    _R.EXECUTION_DISABLED: (),
    _R.ORDER_TYPE_NOT_ALLOWED: ("allowed_order_types",),
    _R.SYMBOL_RESTRICTED: ("restricted_symbols",),
    _R.DAILY_LOSS_LATCHED: ("max_daily_loss",),
    _R.DAILY_LOSS_REACHED: ("max_daily_loss",),
    _R.DAILY_RISK_REACHED: ("max_daily_risk",),
    _R.TOO_MANY_POSITIONS: ("max_open_positions",),
    _R.POSITION_OPPOSED: ("one_direction_per_symbol",),
    _R.ORDER_RATE_REACHED: ("max_orders_per_minute",),
    _R.ORDER_BURST_REACHED: ("order_burst", "max_orders_per_minute"),
    _R.REPEATED_ORDER: ("repeat_after_seconds",),
    _R.POSITION_VALUE_TOO_SMALL: ("max_position_value_fraction", "min_position_size"),
    _R.POSITION_SIZE_REACHED: ("max_position_size", "min_position_size"),
    _R.GROSS_EXPOSURE_REACHED: ("max_gross_exposure_fraction",),
    _R.NET_EXPOSURE_REACHED: ("max_net_exposure_fraction",),
    _R.CASH_RESERVE_REACHED: ("cash_reserve_fraction", "set_aside_profit_fraction"),
    _R.CYCLE_NOTIONAL_REACHED: ("max_cycle_notional_fraction",),
    _R.SESSION_CLOSED: ("must_be_in_session",),
    _R.QUOTE_STALE: ("max_quote_age_seconds",),
    _R.QUOTE_FROM_FUTURE: ("max_quote_lead_seconds",),
    _R.PRICE_COLLAR: ("price_collar_fraction",),
    _R.STOP_TOO_CLOSE: ("min_stop_distance_fraction",),
    _R.STOP_TOO_FAR: ("max_stop_distance_fraction",),
    _R.ORDER_NOTIONAL_TOO_SMALL: ("max_order_notional",),
}
SIZES_ONLY = ("max_risk_per_trade_fraction",)
SETTINGS = {
    "max_risk_per_trade_fraction": "MAX_RISK_PER_TRADE",
    "min_position_size": "MIN_POSITION_SIZE",
    "max_position_size": "MAX_POSITION_SIZE",
    "max_position_value_fraction": "MAX_POSITION_VALUE_PCT",
    "max_order_notional": "MAX_ORDER_NOTIONAL",
    "max_open_positions": "MAX_OPEN_POSITIONS",
    "max_daily_loss": "MAX_DAILY_LOSS",
    "max_daily_risk": "MAX_DAILY_RISK",
    "price_collar_fraction": "PRICE_COLLAR_PCT",
    "max_quote_age_seconds": "MAX_QUOTE_AGE_SECONDS",
    "max_quote_lead_seconds": "MAX_QUOTE_LEAD_SECONDS",
    "min_stop_distance_fraction": "MIN_STOP_DISTANCE_PCT",
    "max_stop_distance_fraction": "MAX_STOP_DISTANCE_PCT",
    "max_gross_exposure_fraction": "MAX_GROSS_EXPOSURE_PCT",
    "max_net_exposure_fraction": "MAX_NET_EXPOSURE_PCT",
    "one_direction_per_symbol": "ONE_DIRECTION_PER_SYMBOL",
    "max_orders_per_minute": "MAX_ORDERS_PER_MINUTE",
    "order_burst": "ORDER_BURST",
    "repeat_after_seconds": "REPEAT_AFTER_SECONDS",
    "restricted_symbols": "RESTRICTED_SYMBOLS",
    "allowed_order_types": "ALLOWED_ORDER_TYPES",
    "must_be_in_session": "MUST_BE_IN_SESSION",
    "cash_reserve_fraction": "CASH_RESERVE_PCT",
    "set_aside_profit_fraction": "SET_ASIDE_PROFIT_PCT",
    "max_cycle_notional_fraction": "MAX_CYCLE_NOTIONAL_PCT",
}


def table() -> str:
    """One table a layer: each reason, its limits with the setting that the trader has, its numbers."""
    return "\n".join(line for layer in DecisionLayer for line in _of_layer(layer))


def _of_layer(layer: DecisionLayer) -> Iterator[str]:
    yield f"### {layer}\n"
    yield "| reason | why | limit (setting) | numbers |"
    yield "|---|---|---|---|"
    for code in ReasonCode:
        if code.decision_layer is layer:
            limits = ", ".join(map(_limit, LIMITS.get(code, ())))
            yield f"| `{code}` | {code.sentence} | {limits} | {', '.join(_numbers(code))} |"
    yield ""


def _limit(field: str) -> str:
    setting = SETTINGS[field]
    return f"`{field}` (`{setting}`)" if setting in TraderSettings.model_fields else f"`{field}`"


def _numbers(code: ReasonCode) -> Iterator[str]:
    decision = decide(EVERY[code]) if code in EVERY else None
    if isinstance(decision, Denied):
        yield from (f"`{name}`" for name in decision.numbers)


def page(before: str) -> str:
    """`before` with the table of today."""
    head, rest = before.split(BEGIN)
    return f"{head}{BEGIN}\n\n{table()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
