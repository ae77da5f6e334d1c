"""Every setting of the run by a name that people read, in two tables: what trading costs, and the rest."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType

from jax.adapters.backtest_report.markup import Markup, facts
from jax.adapters.backtest_report.wording import exact, number, percent
from jax.domain.backtest_result import BacktestOrder
from jax.domain.backtest_settings import settings_document
from jax.domain.canonical_json import Json
from jax.ports.backtest_report import ReportContent

_Told = Callable[[str, str], str]

_NO_LIMIT = "no limit"


def _money(value: str, currency: str) -> str:
    return f"{exact(Decimal(value))} {currency}"


def _fraction(value: str, _: str) -> str:
    return f"{exact(Decimal(value) * 100)}%"


def _bps(value: str, _: str) -> str:
    return f"{exact(Decimal(value))} bps"


def _count(value: str, _: str) -> str:
    return exact(Decimal(value))


def _unless_zero(value: str, _: str) -> str:
    return exact(Decimal(value)) if Decimal(value) else _NO_LIMIT


def _word(value: str, _: str) -> str:
    return value


def _permission(value: str, _: str) -> str:
    return "allowed" if value == "True" else "not allowed"


# By the path in settings_document: the name, and how the value is told. None is "no limit" everywhere.
COST_WORDS: Mapping[str, tuple[str, _Told]] = MappingProxyType(
    {
        "costs.commission_bps": ("Commission, of a fill's value", _bps),
        "costs.commission_per_unit": ("Commission, a unit", _money),
        "costs.commission_minimum": ("Commission, at least a fill", _money),
        "costs.slippage": ("Slippage at the market", _word),
        "costs.slippage_bps": ("Slippage, coefficient", _bps),
        "costs.borrow_rate": ("Borrowing for short positions, a year", _fraction),
    }
)
ACCOUNT_WORDS: Mapping[str, tuple[str, _Told]] = MappingProxyType(
    {
        "initial_cash": ("Cash at the start", _money),
        "sizing": ("Size of an entry", _word),
        "sizing.max_risk_per_trade_fraction": ("At risk in a trade, of the equity, at most", _fraction),
        "sizing.min_position_size": ("Units of an entry, at least", _count),
        "sizing.max_position_size": ("Units of an entry, at most", _unless_zero),
        "sizing.max_position_value_fraction": ("Value of a position, of the equity, at most", _fraction),
        "sizing.max_order_notional": ("Value of an order, at most", _money),
        "fill_at": ("Orders at the market fill at", _word),
        "participation_fraction": ("Share of a bar's volume that may fill, at most", _fraction),
        "short_selling": ("Short selling", _permission),
        "max_open_positions": ("Open positions, at most", _count),
        "max_daily_loss": ("Loss in a day after which nothing is entered", _money),
    }
)


def flat_settings(content: ReportContent) -> dict[str, str | None]:
    """Every setting by its path, as the settings' document spells it."""
    found: dict[str, str | None] = {}
    for name, value in settings_document(content.result.settings).items():
        if isinstance(value, Mapping):
            found.update({f"{name}.{inner}": _spelled(told) for inner, told in value.items()})
        else:
            found[name] = _spelled(value)
    return found


def costs_table(content: ReportContent, *, places: int) -> Markup:
    """What trading costs by the settings, and what it did cost."""
    orders, currency = content.result.orders, content.currency
    paid = sum((order.commission for order in orders), Decimal(0))
    initial = content.result.settings.initial_cash
    settings = {name: value for name, value in flat_settings(content).items() if name in COST_WORDS}
    return facts(
        [
            *_told(settings, COST_WORDS, currency),
            ("Commission paid in the run", f"{number(paid, places)} {currency}"),
            ("Commission paid, of the cash at the start", percent(paid / initial)),
        ]
    )


def account_table(content: ReportContent) -> Markup:
    """All other settings, and what became of the orders under them."""
    settings = {name: value for name, value in flat_settings(content).items() if name not in COST_WORDS}
    orders = content.result.orders
    return facts(
        [
            *_told(settings, ACCOUNT_WORDS, content.currency),
            ("Orders", f"{len(orders):,}"),
            ("Orders filled in part", f"{sum(map(_filled_in_part, orders)):,}"),
            ("Orders not filled", f"{sum(not order.filled_quantity for order in orders):,}"),
            ("Entries refused", refused_entries(content)),
        ]
    )


def refused_entries(content: ReportContent) -> str:
    """How many entries were refused, by reason."""
    refused = sorted(content.result.refused.items())
    return ", ".join(f"{count:,} {code}" for code, count in refused) or "none"


def _filled_in_part(order: BacktestOrder) -> bool:
    return 0 < order.filled_quantity < order.quantity


def _told(
    settings: Mapping[str, str | None], words: Mapping[str, tuple[str, _Told]], currency: str
) -> list[tuple[str, str]]:
    rows = []
    for path, value in settings.items():
        name, told = words.get(path, (path, _word))
        rows.append((name, _NO_LIMIT if value is None else told(value, currency)))
    return rows


def _spelled(value: Json) -> str | None:
    return None if value is None else str(value)
