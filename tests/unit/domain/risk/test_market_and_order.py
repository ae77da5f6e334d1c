"""Hours, quotes, collars, stops and increments, at their limits and just past them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.controls import AccountControls
from jax.domain.order import OrderType
from jax.domain.reason_code import ReasonCode
from jax.domain.risk.decide import decide
from jax.domain.risk_decision import Approved, Denied
from jax.domain.side import Side
from tests.unit.domain.examples import a_quote, a_session, an_instrument
from tests.unit.domain.risk.cases import (
    NOW,
    account,
    approved,
    denied,
    entry,
    held,
    inputs,
    limits,
    market,
    short,
)

_A_MOMENT = timedelta(microseconds=1)


def is_approved(**changes: Any) -> bool:
    return isinstance(decide(inputs(**changes)), Approved)


def quoted(bid: str, ask: str, *, age: timedelta = timedelta(0)) -> Any:
    return market(quote=a_quote(bid=Decimal(bid), ask=Decimal(ask), ts_event=NOW - age))


@pytest.mark.parametrize(
    ("opens_after", "closes_after", "is_open"),
    [
        (timedelta(0), _A_MOMENT, True),
        (_A_MOMENT, timedelta(hours=1), False),
        (-timedelta(hours=1), timedelta(0), False),
    ],
)
def test_an_entry_needs_an_open_session(
    opens_after: timedelta, closes_after: timedelta, *, is_open: bool
) -> None:
    session = a_session(opens_at=NOW + opens_after, closes_at=NOW + closes_after)
    case: dict[str, Any] = {"market": market(session=session)}
    assert is_approved(**case) == is_open
    assert is_approved(**case, limits=limits(must_be_in_session=False))
    if not is_open:
        detail = denied(inputs(**case), ReasonCode.SESSION_CLOSED).detail
        assert session.opens_at.isoformat() in detail
        assert session.closes_at.isoformat() in detail


@pytest.mark.parametrize("must_be_in_session", [True, False])
def test_the_session_is_that_of_the_instruments_exchange(must_be_in_session: bool) -> None:
    for session in (None, a_session(mic="XNYS")):
        case = inputs(market=market(session=session), limits=limits(must_be_in_session=must_be_in_session))
        detail = denied(case, ReasonCode.SESSION_UNKNOWN).detail
        assert detail == "no session of XNAS is known for 2024-03-01"


@pytest.mark.parametrize(
    ("latched", "is_free"),
    [(date(2024, 2, 29), True), (date(2024, 3, 1), False), (date(2024, 3, 2), False)],
)
def test_a_latched_loss_holds_until_a_later_session(latched: date, *, is_free: bool) -> None:
    controls = AccountControls(loss_latched_on=latched)
    assert is_approved(controls=controls) == is_free
    if not is_free:
        detail = denied(inputs(controls=controls), ReasonCode.DAILY_LOSS_LATCHED).detail
        assert detail == f"the daily loss was reached in the session of {latched}"


def test_a_quote_may_be_as_old_as_the_limit_and_no_older() -> None:
    a_minute = timedelta(seconds=60)
    assert is_approved(market=quoted("150", "150", age=a_minute))
    case = inputs(market=quoted("150", "150", age=a_minute + _A_MOMENT))
    assert denied(case, ReasonCode.QUOTE_STALE).numbers == {
        "quote_age_seconds": Decimal("60.000001"),
        "max_quote_age_seconds": Decimal(60),
    }
    without = limits(max_quote_age_seconds=None)
    assert is_approved(market=quoted("150", "150", age=timedelta(days=9)), limits=without)


def test_a_quote_may_be_ahead_of_the_clock_by_the_limit_and_no_more() -> None:
    ahead = -timedelta(seconds=1)
    assert is_approved(market=quoted("150", "150", age=ahead))
    for own in (limits(), limits(max_quote_age_seconds=None)):
        case = inputs(market=quoted("150", "150", age=ahead - _A_MOMENT), limits=own)
        assert denied(case, ReasonCode.QUOTE_FROM_FUTURE).numbers == {
            "quote_lead_seconds": Decimal("1.000001"),
            "max_quote_lead_seconds": Decimal(1),
        }


@pytest.mark.parametrize("quote", [None, a_quote(symbol="MSFT", ts_event=NOW)])
def test_without_a_quote_of_the_symbol_nothing_is_entered(quote: Any) -> None:
    assert denied(inputs(market=market(quote=quote)), ReasonCode.QUOTE_MISSING) == Denied(
        ReasonCode.QUOTE_MISSING,
        "no price of AAPL is known to hold the entry price 150 against",
        {"entry_price": Decimal(150)},
    )


@pytest.mark.parametrize(
    ("side", "bid", "ask", "fits"),
    [
        (Side.BUY, "1", "120", True),
        (Side.BUY, "1", "119.99", False),
        (Side.BUY, "1", "200", True),
        (Side.BUY, "1", "200.01", False),
        (Side.SELL, "120", "999", True),
        (Side.SELL, "119.99", "999", False),
        (Side.SELL, "200", "999", True),
        (Side.SELL, "200.01", "999", False),
    ],
)
def test_an_entry_lies_within_the_collar_around_what_it_would_meet(
    side: Side, bid: str, ask: str, *, fits: bool
) -> None:
    wanted = entry() if side is Side.BUY else short()
    case = inputs(wanted, market=quoted(bid, ask), limits=limits(price_collar_fraction=Decimal("0.25")))
    if fits:
        approved(case)
        return
    assert denied(case, ReasonCode.PRICE_COLLAR).numbers == {
        "entry_price": Decimal(150),
        "market_price": Decimal(ask if side is Side.BUY else bid),
        "price_collar_fraction": Decimal("0.25"),
    }


@pytest.mark.parametrize(("own", "approved_with"), [("0.1", "0.01"), ("0.01", "0.1")])
def test_the_tighter_collar_holds(own: str, approved_with: str) -> None:
    wanted = entry(profile={"price_collar_fraction": Decimal(approved_with)})
    case = inputs(wanted, market=quoted("150", "155"), limits=limits(price_collar_fraction=Decimal(own)))
    assert denied(case, ReasonCode.PRICE_COLLAR).numbers["price_collar_fraction"] == Decimal("0.01")


def test_the_collar_holds_for_the_price_that_the_order_carries() -> None:
    wanted = entry(entry_price=Decimal("150.6"), stop_loss=Decimal(140))
    case: dict[str, Any] = {
        "market": quoted("150", "150"),
        "instrument": an_instrument(price_increment=Decimal(1)),
        "limits": limits(price_collar_fraction=Decimal("0.005")),
    }
    numbers = denied(inputs(wanted, **case), ReasonCode.PRICE_COLLAR).numbers
    assert numbers["entry_price"] == Decimal(151)
    assert is_approved(wanted=wanted, **case | {"instrument": an_instrument()})


@pytest.mark.parametrize(
    ("side", "stop", "code"),
    [
        (Side.BUY, "149.925", None),
        (Side.BUY, "149.92500001", ReasonCode.STOP_TOO_CLOSE),
        (Side.BUY, "75", None),
        (Side.BUY, "74.99999999", ReasonCode.STOP_TOO_FAR),
        (Side.SELL, "150.075", None),
        (Side.SELL, "150.07499999", ReasonCode.STOP_TOO_CLOSE),
        (Side.SELL, "225", None),
        (Side.SELL, "225.00000001", ReasonCode.STOP_TOO_FAR),
    ],
)
def test_the_stop_is_neither_too_close_nor_too_far(side: Side, stop: str, code: ReasonCode | None) -> None:
    wanted = entry(side=side, stop_loss=Decimal(stop), take_profit=None)
    case = inputs(wanted, instrument=an_instrument(price_increment=Decimal("0.00000001")))
    if code is None:
        approved(case)
        return
    numbers = dict(denied(case, code).numbers)
    distance = numbers.pop("stop_distance_fraction")
    name, bound = numbers.popitem()
    assert name == ("min" if code is ReasonCode.STOP_TOO_CLOSE else "max") + "_stop_distance_fraction"
    assert distance < bound if code is ReasonCode.STOP_TOO_CLOSE else distance > bound
    assert numbers == {"entry_price": Decimal(150), "stop_loss": Decimal(stop)}


@pytest.mark.parametrize(
    ("increment", "code", "entry_price", "stop_loss"),
    [
        ("301", ReasonCode.PRICE_INVALID, 0, 0),
        ("290.00000001", ReasonCode.PRICE_INVALID, "290.00000001", 0),
        ("15", ReasonCode.STOP_DISTANCE_ZERO, 150, 150),
    ],
)
def test_prices_are_still_apart_when_they_are_rounded_to_increments(
    increment: str, code: ReasonCode, entry_price: Any, stop_loss: Any
) -> None:
    case = inputs(instrument=an_instrument(price_increment=Decimal(increment)))
    assert denied(case, code).numbers == {
        "entry_price": Decimal(entry_price),
        "stop_loss": Decimal(stop_loss),
        "price_increment": Decimal(increment),
    }


def test_what_is_held_without_a_price_is_named() -> None:
    unpriced = {"MSFT": held(1, None), "IBM": held(-1, None), "KO": held(0, None), "FB": held(1)}
    case = inputs(account=account(holdings=unpriced))
    detail = denied(case, ReasonCode.HOLDING_PRICE_UNKNOWN).detail
    assert detail == "no price is known of IBM, MSFT, which is held"


def test_a_market_order_is_judged_by_its_signals_price_too() -> None:
    wanted = entry(order_type=OrderType.MARKET, profile={"allowed_order_types": ("MARKET",)})
    denied(inputs(wanted, market=quoted("136", "136")), ReasonCode.PRICE_COLLAR)
