"""Losses, open symbols, impossible numbers, and how fast orders follow one another."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.order import OrderLeg
from jax.domain.reason_code import ReasonCode
from jax.domain.risk.account_rules import daily_loss
from jax.domain.risk.decide import decide
from jax.domain.risk.open_orders import OrderSums
from jax.domain.risk_decision import Approved, Denied
from jax.domain.side import Side
from tests.unit.domain.numbers import NEVER_VALID
from tests.unit.domain.risk.cases import (
    account,
    approved,
    denied,
    entry,
    held,
    inputs,
    limits,
    pace,
    recent,
    short,
    working,
)
from tests.unit.domain.risk.told import ToldAccount

_NOT_FINITE = [number for number in NEVER_VALID if not number.is_finite()]


@pytest.mark.parametrize(
    ("realized", "opening", "lost"),
    [
        ("-999.99999999", "100999.99999999", None),
        ("-1000", "100000", "realised -1000 today, the limit is a loss of 1000"),
        ("5000", "101000", "equity changed by -1000 since the session opened, the limit is 1000"),
        ("-1000", "101000", "realised -1000 today, the limit is a loss of 1000"),
        ("-1000.01", "50000", "realised -1000.01 today, the limit is a loss of 1000"),
    ],
)
def test_the_loss_of_the_session_stops_entries_when_it_reaches_the_limit(
    realized: str, opening: str, lost: str | None
) -> None:
    case = inputs(account=account(realized_today=Decimal(realized), opening_equity=Decimal(opening)))
    if lost is None:
        approved(case)
        return
    assert denied(case, ReasonCode.DAILY_LOSS_REACHED) == Denied(
        ReasonCode.DAILY_LOSS_REACHED,
        lost,
        {
            "realized_today": Decimal(realized),
            "equity_change": Decimal(100_000) - Decimal(opening),
            "max_daily_loss": Decimal(1000),
        },
    )


@pytest.mark.parametrize(("own", "approved_with"), [(1000, 250), (250, 1000)])
def test_the_tighter_daily_loss_holds(own: int, approved_with: int) -> None:
    case = inputs(
        entry(profile={"max_daily_loss": Decimal(approved_with)}),
        account=account(realized_today=Decimal(-250)),
        limits=limits(max_daily_loss=Decimal(own)),
    )
    assert denied(case, ReasonCode.DAILY_LOSS_REACHED).numbers["max_daily_loss"] == 250


@pytest.mark.parametrize("number", _NOT_FINITE, ids=str)
@pytest.mark.parametrize("field", ["realized_today", "opening_equity"])
def test_a_result_that_is_no_number_counts_as_lost(field: str, number: Decimal) -> None:
    changed: dict[str, Any] = {field: number}
    lost = daily_loss(account(**changed), Decimal(1000))
    assert lost is not None
    assert lost.reason_code is ReasonCode.DAILY_LOSS_REACHED


def _number_changed(field: str, number: Decimal) -> ToldAccount:
    before = account(holdings={"MSFT": held(1)}, orders=(working("IBM"),))
    changed: dict[str, Any] = {field: number}
    if field in ("signed_quantity", "unit_value"):
        return replace(before, holdings={"MSFT": replace(held(1), **changed)})
    if field == "session_profits":
        return replace(before, session_profits=(Decimal(1), number))
    if field in OrderSums.__dataclass_fields__:
        sums = replace(before.open_orders["IBM"], **changed)
        return replace(before, open_orders={"IBM": sums}, orders=())
    return replace(before, **changed)


_NUMBERS = {
    "opening_equity": "positive",
    "reserved": "not negative",
    "realized_today": "any",
    "risk_taken_today": "not negative",
    "session_profits": "any",
    "signed_quantity": "any",
    "unit_value": "positive",
    "entries_buying": "not negative",
    "entries_selling": "not negative",
    "exits_buying": "not negative",
    "exits_selling": "not negative",
    "cost": "not negative",
    "cheapest": "positive",
    "dearest": "positive",
}
_WRONG = {
    "any": ["NaN", "-NaN", "sNaN", "Infinity", "-Infinity", "1E+18", "-1E+18", "1E+400"],
    "not negative": ["NaN", "Infinity", "1E+400", "-0.00000001", "-1E+400"],
    "positive": ["NaN", "sNaN", "Infinity", "1E+18", "0", "-0", "-0.00000001"],
}
_SAID = {
    "session_profits": "session_profit",
    "entries_buying": "leaves_quantity",
    "entries_selling": "leaves_quantity",
    "exits_buying": "leaves_quantity",
    "exits_selling": "leaves_quantity",
    "cheapest": "unit_value",
    "dearest": "unit_value",
}


@pytest.mark.parametrize(
    ("field", "written"), [(field, wrong) for field, sign in _NUMBERS.items() for wrong in _WRONG[sign]]
)
def test_a_number_that_is_none_is_named_and_nothing_is_entered(field: str, written: str) -> None:
    number = Decimal(written)
    case = inputs(account=_number_changed(field, number))
    found = denied(case, ReasonCode.ACCOUNT_NUMBER_INVALID)
    name = _SAID.get(field, field)
    assert list(found.numbers) == [name]
    assert str(found.numbers[name]) == str(number)
    assert found.detail.startswith(name)


@pytest.mark.parametrize("written", _WRONG["not negative"])
def test_the_notional_of_a_cycle_is_a_number(written: str) -> None:
    found = denied(inputs(pace=pace(cycle_notional=Decimal(written))), ReasonCode.ACCOUNT_NUMBER_INVALID)
    assert list(found.numbers) == ["cycle_notional"]


_SYMBOLS = ("AAPL", "IBM", "MSFT", "GOOG", "FB", "KO")


@given(
    flat=st.sets(st.sampled_from(_SYMBOLS)),
    long=st.sets(st.sampled_from(_SYMBOLS)),
    shorted=st.sets(st.sampled_from(_SYMBOLS)),
    ordered=st.sets(st.sampled_from(_SYMBOLS)),
    most=st.integers(1, 6),
    leg=st.sampled_from(OrderLeg),
)
def test_no_more_symbols_are_open_or_pending_than_allowed(
    flat: set[str], long: set[str], shorted: set[str], ordered: set[str], most: int, leg: OrderLeg
) -> None:
    holdings = {symbol: held(0, None) for symbol in flat}
    holdings |= {symbol: held(1, 1) for symbol in long} | {symbol: held(-1, 1) for symbol in shorted}
    orders = tuple(working(symbol, leg=leg, leaves=1, unit_value=Decimal(1)) for symbol in ordered)
    case = inputs(
        account=account(holdings=holdings, orders=orders),
        limits=limits(max_open_positions=most, one_direction_per_symbol=False),
    )
    taken = long | shorted | ordered
    if "AAPL" in taken or len(taken) < most:
        assert isinstance(decide(case), Approved)
        return
    assert denied(case, ReasonCode.TOO_MANY_POSITIONS) == Denied(
        ReasonCode.TOO_MANY_POSITIONS,
        f"{len(taken)} positions are open or pending, the limit is {most}",
        {"open_positions": Decimal(len(taken)), "max_open_positions": Decimal(most)},
    )


@pytest.mark.parametrize(("recorded", "fits"), [(0, True), (2, True), (3, False), (4, False)])
def test_the_artifacts_orders_of_the_last_minute_stop_the_next_one(recorded: int, *, fits: bool) -> None:
    case = inputs(entry(profile={"max_orders_per_minute": 3}), pace=pace(of_artifact=recorded))
    if fits:
        approved(case)
        return
    assert denied(case, ReasonCode.ORDER_RATE_REACHED) == Denied(
        ReasonCode.ORDER_RATE_REACHED,
        f"ma_crossover_v1 has {recorded} orders of the last minute, the limit is 3",
        {"orders_last_minute": Decimal(recorded), "max_orders_per_minute": Decimal(3)},
    )


@pytest.mark.parametrize(
    ("ages", "fits"),
    [
        (["59.999999", "30"], False),
        (["60", "30"], True),
        (["-5", "30"], False),  # the clock was set back
        (["30"], True),
    ],
)
def test_the_accounts_orders_of_the_last_minute_stop_the_next_one(ages: list[str], *, fits: bool) -> None:
    own = limits(max_orders_per_minute=2, order_burst=2)
    case = inputs(pace=pace(*map(recent, ages)), limits=own)
    if fits:
        approved(case)
        return
    assert denied(case, ReasonCode.ORDER_RATE_REACHED) == Denied(
        ReasonCode.ORDER_RATE_REACHED,
        "the account has 2 orders of the last minute, the limit is 2",
        {"orders_last_minute": Decimal(2), "max_orders_per_minute": Decimal(2)},
    )


@pytest.mark.parametrize(
    ("burst", "ages", "tokens"),
    [
        # 30 a minute: a token every two seconds.
        (1, ["2"], None),
        (1, ["1.999999"], "0.99999950"),
        (2, ["0"], None),
        (2, ["0", "0"], "0"),
        (2, ["2", "2"], None),
        (2, ["1", "2"], None),
        (2, ["1", "1.5"], "0.75"),
        (2, ["0.5", "1", "3"], "0.5"),
        (2, ["1", "0.5", "40"], "0.5"),  # what is full stays full
        (2, ["-1", "0"], "0"),  # a later order than now has taken its token already
        (3, ["60", "60", "60", "60"], None),
        (3, ["59.9", "59.9", "59.9", "0"], None),
    ],
)
def test_a_bucket_of_tokens_lets_a_burst_through_and_then_the_rate(
    burst: int, ages: list[str], tokens: str | None
) -> None:
    case = inputs(pace=pace(*map(recent, ages)), limits=limits(order_burst=burst))
    if tokens is None:
        approved(case)
        return
    found = denied(case, ReasonCode.ORDER_BURST_REACHED)
    assert found.numbers == {
        "tokens": Decimal(tokens),
        "order_burst": Decimal(burst),
        "max_orders_per_minute": Decimal(30),
    }
    assert found.detail == f"orders come faster than 30 a minute after {burst} at once"


@given(
    gaps=st.lists(st.integers(0, 20_000_000), min_size=1, max_size=60),
    burst=st.integers(1, 5),
    rate=st.integers(1, 40),
)
def test_no_span_of_a_minute_has_more_orders_than_the_burst_and_its_refill(
    gaps: list[int], burst: int, rate: int
) -> None:
    own = limits(order_burst=burst, max_orders_per_minute=rate)
    sent: list[int] = []
    now = 0
    for gap in gaps:
        now += gap
        before = [recent(f"{Decimal(now - at).scaleb(-6)}") for at in sent if now - at < 60_000_000]
        if isinstance(decide(inputs(pace=pace(*before), limits=own)), Approved):
            sent.append(now)
    for first, since in enumerate(sent):
        for count, until in enumerate(sent[first:], start=1):
            if until - since < 60_000_000:
                assert count <= rate
                assert (count - burst) * 60_000_000 <= (until - since) * rate


@pytest.mark.parametrize(
    ("age", "symbol", "side", "fits"),
    [
        ("10", "AAPL", Side.BUY, True),
        ("9.999999", "AAPL", Side.BUY, False),
        ("0", "AAPL", Side.SELL, True),
        ("0", "MSFT", Side.BUY, True),
        ("-3", "AAPL", Side.BUY, False),
    ],
)
def test_an_order_of_the_same_symbol_and_side_waits(age: str, symbol: str, side: Side, *, fits: bool) -> None:
    earlier = (
        recent("50", symbol="AAPL"),
        recent(age, symbol=symbol, side=side),
        recent("51", symbol="AAPL"),
    )
    case = inputs(pace=pace(*earlier))
    if fits:
        approved(case)
    else:
        assert denied(case, ReasonCode.REPEATED_ORDER).numbers == {
            "seconds_since": Decimal(age),
            "repeat_after_seconds": Decimal(10),
        }
    assert isinstance(decide(inputs(pace=pace(*earlier), limits=limits(repeat_after_seconds=None))), Approved)
    opposite: Any = short() if side is Side.BUY else entry()
    assert isinstance(decide(inputs(opposite, pace=pace(recent("0", symbol="AAPL", side=side)))), Approved)


def test_the_bucket_was_full_a_minute_ago_whatever_came_before() -> None:
    own = limits(max_orders_per_minute=1, order_burst=1)
    approved(inputs(pace=pace(recent("60"), recent("60")), limits=own))
