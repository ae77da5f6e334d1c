"""Accounts, markets and limits as hypothesis finds them, so that about every limit is the one that counts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from jax.domain.controls import AccountControls
from jax.domain.order import OrderLeg, OrderType
from jax.domain.risk.inputs import Holding, Market, WantedEntry
from jax.domain.risk.open_orders import OpenOrder
from jax.domain.risk.recent_orders import RecentOrder
from jax.domain.risk_limits import RiskLimits
from jax.domain.side import Side
from tests.unit.domain.examples import (
    HASH,
    a_profile,
    a_quote,
    a_session,
    a_signal,
    an_instrument,
    some_limits,
)
from tests.unit.domain.risk.cases import NOW, account, armed, limits, market, pace, route
from tests.unit.domain.risk.told import Told, ToldAccount, ToldPace

_SYMBOLS = ("AAPL", "IBM", "MSFT")
_AGES = st.integers(-1_000_000, 70_000_000).map(lambda age: NOW - timedelta(microseconds=age))
_MONEY = st.decimals(1000, 200_000, places=2)


def numbers(*written: str) -> st.SearchStrategy[Decimal]:
    return st.sampled_from([Decimal(number) for number in written])


def mostly(usual: Any, *rare: Any) -> st.SearchStrategy[Any]:
    """What forbids everything is rare, or hardly any order would come as far as its size."""
    return st.sampled_from([usual] * 24 + list(rare))


def rarely(*written: str) -> st.SearchStrategy[Decimal]:
    """Mostly the first of the numbers."""
    return mostly(*[Decimal(number) for number in written])


@st.composite
def entries(draw: st.DrawFn) -> WantedEntry:
    """Near 100, with a stop on the loss side."""
    side = draw(st.sampled_from(Side))
    price = draw(st.decimals(98, 102, places=draw(st.sampled_from([0, 2, 4]))))
    distance = draw(numbers("0.01", "0.05", "0.1") | rarely("0.02", "0.0004", "0.6"))
    stop = round(price - side.sign * price * distance, 4)
    return WantedEntry(
        a_signal(side=side, entry_price=price, stop_loss=stop, take_profit=None),
        draw(mostly(OrderType.LIMIT, OrderType.MARKET)),
        a_profile(
            max_position_fraction=draw(numbers("0.1", "0.5", "2")),
            max_daily_loss=draw(numbers("1000", "2000")),
            allowed_order_types=draw(st.sampled_from([("LIMIT",), ("LIMIT", "MARKET")])),
            max_order_notional=draw(numbers("5000", "100000", "100000") | rarely("3000", "90")),
            max_orders_per_minute=draw(mostly(9, 1, 3)),
            price_collar_fraction=draw(rarely("0.2", "0.01")),
            venues=draw(mostly(("ib", "paper"), ("ib",))),
        ),
    )


def _orders() -> st.SearchStrategy[OpenOrder]:
    return st.builds(
        OpenOrder,
        signal_id=st.sampled_from(["sg7", "sg8", "sg9"]),
        symbol=st.sampled_from(_SYMBOLS),
        side=st.sampled_from(Side),
        leg=st.sampled_from([OrderLeg.ENTRY, *OrderLeg]),
        leaves_quantity=st.integers(0, 60).map(Decimal),
        unit_value=numbers("95", "100", "104.5"),
    )


@st.composite
def accounts(draw: st.DrawFn) -> ToldAccount:
    held = draw(st.dictionaries(st.sampled_from(_SYMBOLS), st.integers(-80, 80).map(Decimal), max_size=3))
    equity = draw(_MONEY | numbers("100000"))
    return account(
        snapshot={
            "net_liquidation": equity,
            "cash": draw(_MONEY | rarely("100000", "-1")),
            "buying_power": draw(_MONEY | numbers("200000", "250000")),
        },
        opening_equity=equity + draw(rarely("0", "-50", "99.99", "100", "2000")),
        reserved=draw(numbers("0", "0", "5000")),
        holdings={
            symbol: Holding(quantity, draw(numbers("98", "100", "103"))) for symbol, quantity in held.items()
        },
        orders=tuple(draw(st.lists(_orders(), max_size=4))),
        realized_today=draw(rarely("0", "500", "-99.99", "-100", "-2000")),
        risk_taken_today=draw(numbers("0", "99", "900") | rarely("0", "1500")),
        session_profits=tuple(draw(st.lists(st.decimals(-5000, 5000, places=2), max_size=2))),
    )


@st.composite
def some_risk_limits(draw: st.DrawFn, *, lot: Decimal) -> RiskLimits:
    smallest = lot * draw(st.sampled_from([1, 1, 3]))
    return limits(
        sizing=some_limits(
            max_risk_per_trade_fraction=draw(numbers("0.001", "0.02", "0.5")),
            min_position_size=smallest,
            max_position_size=draw(st.sampled_from([Decimal(0), Decimal(0), smallest, smallest + 70])),
            max_position_value_fraction=draw(numbers("0.05", "0.3", "1")),
            max_order_notional=draw(st.none() | numbers("3000")),
        ),
        max_open_positions=draw(mostly(4, 1, 2)),
        max_daily_loss=draw(numbers("1000", "2000") | rarely("2000", "100")),
        max_daily_risk=draw(st.none() | numbers("1600", "90000")),
        price_collar_fraction=draw(rarely("0.2", "0.02")),
        max_quote_age_seconds=draw(st.none() | numbers("30")),
        max_gross_exposure_fraction=draw(numbers("0.3", "0.9", "2")),
        max_net_exposure_fraction=draw(numbers("0.3", "0.9", "2")),
        one_direction_per_symbol=draw(mostly(False, True)),
        max_orders_per_minute=draw(mostly(9, 1, 2)),
        order_burst=draw(mostly(9, 1, 2)),
        repeat_after_seconds=draw(mostly(None, Decimal(10), Decimal(65))),
        restricted_symbols=draw(mostly(frozenset(), frozenset({"AAPL"}))),
        must_be_in_session=draw(st.booleans()),
        cash_reserve_fraction=draw(st.none() | numbers("0", "0.2")),
        max_cycle_notional_fraction=draw(st.none() | numbers("0.3", "0.8")),
    )


@st.composite
def markets(draw: st.DrawFn) -> Market:
    middle = draw(st.decimals(97, 103, places=2) | rarely("100", "80", "125"))
    spread = draw(numbers("0", "0.02", "3"))
    age = draw(mostly(0, 1, 30, 31, 3600, -1, -2))
    closes = NOW + timedelta(hours=draw(mostly(1, 0)))
    return market(
        quote=a_quote(bid=middle - spread, ask=middle, ts_event=NOW - timedelta(seconds=age)),
        session=a_session(closes_at=closes),
    )


@st.composite
def paces(draw: st.DrawFn) -> ToldPace:
    recent = st.builds(
        RecentOrder,
        at=_AGES,
        symbol=st.sampled_from(_SYMBOLS),
        side=st.sampled_from(Side),
        artifact_hash=st.just(HASH),
        notional=st.just(Decimal(1)),
    )
    return pace(
        *draw(st.lists(recent, max_size=draw(mostly(1, 3, 9)))),
        of_artifact=draw(mostly(0, 1, 3, 9)),
        cycle_notional=draw(numbers("0", "2500") | rarely("0", "80000")),
    )


_CONTROLS = mostly(AccountControls(), armed(), AccountControls(loss_latched_on=NOW.date()))
_ROUTES = mostly(route(), route(is_live=True))


@st.composite
def risk_inputs(draw: st.DrawFn) -> Told:
    """One of a few lots and multipliers; about half of them are approved."""
    lot = draw(numbers("1", "0.1"))
    instrument: dict[str, Any] = {"lot_size": lot, "multiplier": draw(numbers("1", "1", "2"))}
    return Told(
        wanted=draw(entries()),
        instrument=an_instrument(price_increment=draw(numbers("0.01", "0.01", "0.5")), **instrument),
        account=draw(accounts()),
        market=draw(markets()),
        limits=draw(some_risk_limits(lot=lot)),
        controls=draw(_CONTROLS),
        route=draw(_ROUTES),
        pace=draw(paces()),
        now=NOW,
    )
