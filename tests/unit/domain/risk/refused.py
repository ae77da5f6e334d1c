"""Inputs for every reason that `decide` may give, each just past its limit."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from jax.domain.controls import AccountControls, TradingMode
from jax.domain.order import OrderType
from jax.domain.reason_code import ReasonCode as R
from jax.domain.risk.inputs import ExitInputs, RiskInputs
from tests.unit.domain.examples import NOON, a_quote, a_session, an_instrument, some_limits
from tests.unit.domain.risk.cases import (
    NOW,
    SAID,
    account,
    armed,
    entry,
    held,
    in_mode,
    inputs,
    leaving,
    limits,
    market,
    pace,
    recent,
    route,
    way_out,
)

_BEFORE_IT = Decimal("0.00000001")
_CENT = Decimal("0.01")

PEOPLE: Mapping[R, RiskInputs | ExitInputs] = {
    R.EXECUTION_DISABLED: inputs(route=route(execution_enabled=False)),
    R.KILL_SWITCH: inputs(controls=AccountControls(kill=SAID)),
    R.MODE_OBSERVE: inputs(controls=in_mode(TradingMode.OBSERVE)),
    R.MODE_REDUCE: inputs(controls=in_mode(TradingMode.REDUCE)),
    R.NOT_ARMED: inputs(route=route(is_live=True), controls=armed(expires_in=timedelta(0))),
    R.DRY_RUN: inputs(route=route(dry_run=True)),
    R.VENUE_NOT_ALLOWED: inputs(route=route(venue="ib")),
    R.ORDER_TYPE_NOT_ALLOWED: inputs(entry(order_type=OrderType.MARKET)),
    R.SYMBOL_RESTRICTED: inputs(limits=limits(restricted_symbols=frozenset({"AAPL"}))),
}
MARKET: Mapping[R, RiskInputs | ExitInputs] = {
    R.INSTRUMENT_UNKNOWN: inputs(instrument=an_instrument(symbol="MSFT")),
    R.SESSION_UNKNOWN: inputs(market=market(session=None)),
    R.SESSION_CLOSED: inputs(market=market(session=a_session(opens_at=NOON, closes_at=NOW))),
    R.QUOTE_MISSING: inputs(market=market(quote=None)),
    R.QUOTE_STALE: inputs(market=market(quote=a_quote(ts_event=NOW - timedelta(seconds=60, microseconds=1)))),
    R.QUOTE_FROM_FUTURE: inputs(
        market=market(quote=a_quote(ts_event=NOW + timedelta(seconds=1, microseconds=1)))
    ),
    R.PRICE_COLLAR: inputs(market=market(quote=a_quote(ask=Decimal("136.36"), bid=_CENT, ts_event=NOW))),
    R.HOLDING_PRICE_UNKNOWN: inputs(account=account(holdings={"MSFT": held(1, None)})),
}
ACCOUNT: Mapping[R, RiskInputs | ExitInputs] = {
    R.ACCOUNT_NUMBER_INVALID: inputs(account=account(opening_equity=Decimal(0))),
    R.NET_LIQUIDATION_INVALID: inputs(account=account(snapshot={"net_liquidation": -_BEFORE_IT})),
    R.CURRENCY_MISMATCH: inputs(instrument=an_instrument(currency="EUR")),
    R.DAILY_LOSS_LATCHED: inputs(controls=AccountControls(loss_latched_on=a_session().session_date)),
    R.DAILY_LOSS_REACHED: inputs(account=account(realized_today=Decimal(-1000))),
    R.TOO_MANY_POSITIONS: inputs(
        account=account(holdings={"MSFT": held(1)}), limits=limits(max_open_positions=1)
    ),
    R.POSITION_OPPOSED: inputs(account=account(holdings={"AAPL": held(-1)})),
    R.ORDER_RATE_REACHED: inputs(pace=pace(of_artifact=60)),
    R.ORDER_BURST_REACHED: inputs(pace=pace(*[recent("0")] * 10)),
    R.REPEATED_ORDER: inputs(pace=pace(recent("9.999999", symbol="AAPL"))),
    R.DAILY_RISK_REACHED: inputs(account=account(risk_taken_today=Decimal("995.01"))),
    R.POSITION_VALUE_TOO_SMALL: inputs(account=account(holdings={"AAPL": held(133)})),
    R.POSITION_SIZE_REACHED: inputs(
        limits=limits(sizing=some_limits(max_position_size=Decimal(20))),
        account=account(holdings={"AAPL": held("19.5")}),
    ),
    R.GROSS_EXPOSURE_REACHED: inputs(account=account(holdings={"MSFT": held(100, "998.50001")})),
    R.NET_EXPOSURE_REACHED: inputs(
        limits=limits(max_net_exposure_fraction=Decimal("0.5")),
        account=account(holdings={"MSFT": held(100, "498.50001")}),
    ),
    R.CASH_RESERVE_REACHED: inputs(account=account(snapshot={"cash": Decimal("149.99")})),
    R.CYCLE_NOTIONAL_REACHED: inputs(pace=pace(cycle_notional=Decimal("49850.01"))),
    R.BUYING_POWER_TOO_SMALL: inputs(account=account(snapshot={"buying_power": Decimal("149.99")})),
}
ORDER: Mapping[R, RiskInputs | ExitInputs] = {
    R.PRICE_INVALID: inputs(instrument=an_instrument(price_increment=Decimal(301))),
    R.STOP_DISTANCE_ZERO: inputs(instrument=an_instrument(price_increment=Decimal(15))),
    R.STOP_TOO_CLOSE: inputs(entry(stop_loss=Decimal("149.93"))),
    R.STOP_TOO_FAR: inputs(entry(stop_loss=Decimal("74.99"))),
    R.ORDER_NOTIONAL_TOO_SMALL: inputs(entry(profile={"max_order_notional": Decimal("149.99")})),
    R.QUANTITY_INVALID: leaving(way_out(quantity=Decimal(0))),
    R.EXIT_RAISES_POSITION: leaving(way_out(quantity=Decimal(11))),
}
EVERY = {**PEOPLE, **MARKET, **ACCOUNT, **ORDER}

# Decided before there is anything to judge by, or after; or by a value that cannot be built.
ELSEWHERE = frozenset(
    {
        *(R.SIGNAL_NOT_FOUND, R.SIGNAL_NOT_APPROVED, R.APPROVER_MISMATCH, R.ARTIFACT_NOT_LOADED),
        *(R.ARTIFACT_NOT_LOADABLE, R.FENCED, R.BROKER_UNAVAILABLE, R.BROKER_REFUSED),
        *(
            R.GATE_NOT_READ,
            R.CANCEL_REQUESTED,
            R.IDEMPOTENCY_KEY_REUSED,
            R.KILLED,
            R.DEADLINE_PASSED,
            R.NOT_AT_BROKER,
        ),
        *(R.MISSING_SYMBOL, R.STOP_WRONG_SIDE),
    }
)
