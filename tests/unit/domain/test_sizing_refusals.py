"""What the sizing rule refuses, with which code, and with which numbers."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jax.domain.checks import LARGEST
from jax.domain.position_sizing import SizingRequest, size_position
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Approved, Denied
from jax.domain.side import Side
from tests.unit.domain.examples import a_request, an_instrument, some_limits
from tests.unit.domain.numbers import NEVER_VALID, any_decimals
from tests.unit.domain.refusals import refusal_of

_NO_CAP = Decimal(0)


def test_a_minimum_that_is_no_whole_number_of_lots_is_refused_rather_than_exceeded() -> None:
    limits = some_limits(min_position_size=Decimal("1.5"))
    tight = a_request(stop_loss=Decimal(1), net_liquidation=Decimal(10_000))
    decision = size_position(tight, limits, an_instrument())
    assert isinstance(decision, Denied)
    assert decision.reason_code is ReasonCode.POSITION_VALUE_TOO_SMALL
    assert "position value limit in lots of 1 allows 1 units, the minimum is 1.5" in decision.detail
    assert decision.numbers == {"quantity": Decimal(1), "min_position_size": Decimal("1.5")}


def test_a_missing_symbol_is_said_to_be_missing() -> None:
    decision = size_position(a_request(symbol=""), some_limits(), an_instrument())
    assert decision == Denied(ReasonCode.MISSING_SYMBOL, "the signal names no symbol")


def test_too_little_risk_for_one_lot_is_refused() -> None:
    decision = size_position(a_request(), some_limits(), an_instrument(lot_size=Decimal(1000)))
    assert isinstance(decision, Denied)
    assert decision.reason_code is ReasonCode.POSITION_VALUE_TOO_SMALL


def test_too_little_buying_power_for_the_minimum_is_refused_with_the_numbers() -> None:
    decision = size_position(
        a_request(buying_power=Decimal(299)), some_limits(min_position_size=Decimal(2)), an_instrument()
    )
    assert isinstance(decision, Denied)
    assert decision.reason_code is ReasonCode.BUYING_POWER_TOO_SMALL
    assert decision.detail == "the buying power allows 1 units, the minimum is 2"
    assert decision.numbers == {"quantity": Decimal(1), "min_position_size": Decimal(2)}


def test_a_notional_limit_below_the_minimum_is_refused_with_the_numbers() -> None:
    limits = some_limits(min_position_size=Decimal(2), max_order_notional=Decimal(299))
    decision = size_position(a_request(), limits, an_instrument())
    assert isinstance(decision, Denied)
    assert decision.reason_code is ReasonCode.ORDER_NOTIONAL_TOO_SMALL
    assert decision.detail == "the order notional limit of 299 allows 1 units, the minimum is 2"
    assert decision.numbers == {"quantity": Decimal(1), "min_position_size": Decimal(2)}


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"stop_loss": Decimal(150)}, "the stop is at the entry price"),
        ({"stop_loss": Decimal(151)}, "the stop is on the profit side of a BUY"),
        ({"side": Side.SELL}, "the stop is on the profit side of a SELL"),
    ],
)
def test_a_refused_stop_is_shown_beside_its_entry(changes: dict[str, Any], detail: str) -> None:
    request = a_request(**changes)
    decision = size_position(request, some_limits(), an_instrument())
    assert isinstance(decision, Denied)
    assert decision.detail == detail
    assert decision.numbers == {"entry_price": request.entry_price, "stop_loss": request.stop_loss}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": ""}, ReasonCode.MISSING_SYMBOL),
        ({"symbol": "  "}, ReasonCode.MISSING_SYMBOL),
        ({"stop_loss": Decimal("150.00")}, ReasonCode.STOP_DISTANCE_ZERO),
        ({"stop_loss": Decimal("150.01")}, ReasonCode.STOP_WRONG_SIDE),
        ({"side": Side.SELL, "stop_loss": Decimal("149.99")}, ReasonCode.STOP_WRONG_SIDE),
        ({"entry_price": Decimal(0)}, ReasonCode.PRICE_INVALID),
        ({"entry_price": Decimal(-150)}, ReasonCode.PRICE_INVALID),
        ({"stop_loss": Decimal(0)}, ReasonCode.PRICE_INVALID),
        ({"net_liquidation": Decimal("-0.01")}, ReasonCode.NET_LIQUIDATION_INVALID),
        ({"buying_power": Decimal("-0.01")}, ReasonCode.NET_LIQUIDATION_INVALID),
        ({"net_liquidation": Decimal(0)}, ReasonCode.POSITION_VALUE_TOO_SMALL),
        ({"buying_power": Decimal(0)}, ReasonCode.BUYING_POWER_TOO_SMALL),
    ],
)
def test_refuses_with_the_code_of_the_reason(changes: dict[str, Any], code: ReasonCode) -> None:
    decision = size_position(a_request(**changes), some_limits(), an_instrument())
    assert isinstance(decision, Denied)
    assert decision.reason_code is code
    assert decision.detail


@pytest.mark.parametrize("field", ["entry_price", "stop_loss", "market_price"])
@pytest.mark.parametrize("price", NEVER_VALID, ids=str)
def test_refuses_a_price_that_cannot_be_one(field: str, price: Decimal) -> None:
    decision = size_position(a_request(**{field: price}), some_limits(), an_instrument())
    assert isinstance(decision, Denied)
    assert decision.reason_code is ReasonCode.PRICE_INVALID
    assert decision.detail.startswith(f"{field}: ")
    assert decision.numbers[field] is price


@pytest.mark.parametrize("field", ["net_liquidation", "buying_power"])
@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+12", "1E+999999"])
def test_refuses_an_amount_that_cannot_be_one(field: str, amount: str) -> None:
    decision = size_position(a_request(**{field: Decimal(amount)}), some_limits(), an_instrument())
    assert isinstance(decision, Denied)
    assert decision.reason_code is ReasonCode.NET_LIQUIDATION_INVALID
    assert decision.detail == f"{field} must be finite, not negative and below 1e+12, not {amount}"
    assert list(decision.numbers) == [field]


@given(
    entry=any_decimals,
    stop=any_decimals,
    net_liquidation=any_decimals,
    buying_power=any_decimals,
    side=st.sampled_from(Side),
)
@example(Decimal("NaN"), Decimal("NaN"), Decimal("NaN"), Decimal("NaN"), Side.BUY)
@example(Decimal("0.00000001"), Decimal("1E+11"), Decimal("1E+11"), Decimal("1E+11"), Side.SELL)
@example(Decimal("2E-8"), Decimal("1E-8"), LARGEST - 1, LARGEST - 1, Side.BUY)
def test_answers_whatever_it_is_given_and_approves_storable_numbers_only(
    entry: Decimal, stop: Decimal, net_liquidation: Decimal, buying_power: Decimal, side: Side
) -> None:
    request = SizingRequest("AAPL", side, entry, stop, net_liquidation, buying_power)
    instrument = an_instrument(lot_size=Decimal("0.00000001"))
    decision = size_position(request, some_limits(max_position_size=_NO_CAP), instrument)
    if isinstance(decision, Approved):
        assert all(number.is_finite() for number in (entry, stop, net_liquidation, buying_power))
        assert 0 < decision.quantity < LARGEST
        assert 0 < decision.risk_amount < LARGEST
        assert 0 < decision.risk_fraction < LARGEST
        assert 0 < decision.position_value < LARGEST


@pytest.mark.parametrize(
    ("field", "request_changes"),
    [
        ("quantity", {"entry_price": Decimal("2E-8"), "stop_loss": Decimal("1E-8")}),
        ("risk_amount", {"side": Side.SELL, "entry_price": Decimal("0.01"), "stop_loss": LARGEST - 1}),
        ("risk_fraction", {"side": Side.SELL, "entry_price": Decimal("1E-8"), "stop_loss": Decimal(10**11)}),
    ],
)
def test_refuses_a_size_that_no_order_can_have(field: str, request_changes: dict[str, Any]) -> None:
    poor = {"net_liquidation": Decimal("0.00001"), "buying_power": Decimal("0.00001")}
    rich = {"net_liquidation": LARGEST - 1, "buying_power": LARGEST - 1}
    money = poor if field == "risk_fraction" else rich
    limits = some_limits(
        max_position_size=_NO_CAP, min_position_size=Decimal(2), max_position_value_fraction=Decimal(1)
    )
    decision = size_position(a_request(**request_changes, **money), limits, an_instrument())
    assert isinstance(decision, Denied)
    assert decision.reason_code is ReasonCode.PRICE_INVALID
    assert list(decision.numbers) == [field]
    assert decision.detail == (
        f"the {field} {decision.numbers[field]} is more than any order may have; "
        "check the entry and stop prices"
    )


@pytest.mark.parametrize(("net_liquidation", "fits"), [("100000000000", False), ("99999999999.9", True)])
def test_the_largest_quantity_is_just_below_a_million_millions(net_liquidation: str, *, fits: bool) -> None:
    request = a_request(
        entry_price=Decimal("0.01"),
        stop_loss=Decimal("0.009"),
        net_liquidation=Decimal(net_liquidation),
        buying_power=LARGEST - 1,
    )
    decision = size_position(request, some_limits(max_position_size=_NO_CAP), an_instrument())
    assert isinstance(decision, Approved) == fits


@pytest.mark.parametrize(
    ("minimum", "maximum", "fits"),
    [("5", "5", True), ("5", "4.99", False), ("5", "0.5", False), ("5", "0", True)],
)
def test_the_maximum_is_zero_or_at_least_the_minimum(minimum: str, maximum: str, *, fits: bool) -> None:
    sizes = {"min_position_size": Decimal(minimum), "max_position_size": Decimal(maximum)}
    if fits:
        assert some_limits(**sizes).max_position_size == Decimal(maximum)
        return
    refusal = refusal_of(lambda: some_limits(**sizes))
    assert refusal is not None
    assert str(refusal) == f"max_position_size: {maximum} is below the minimum 5"
