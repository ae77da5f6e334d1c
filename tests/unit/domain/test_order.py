"""An order is consistent in itself, and books the fills that are its own."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.errors import IllegalTransition, InvalidValue
from jax.domain.order import OrderLeg, OrderType, check_first_status
from jax.domain.order_status import FIRST_STATUSES, ORDER_TRANSITIONS, OrderStatus
from jax.domain.side import Side
from tests.unit.domain.examples import NOON, a_fill, an_order
from tests.unit.domain.numbers import NOT_POSITIVE, fine_prices, quantities
from tests.unit.domain.refusals import refusal_of

LATER = NOON + timedelta(seconds=1)
_S = OrderStatus
_HALF_FILLED = {"status": OrderStatus.PARTIALLY_FILLED, "filled_quantity": Decimal(33)}


@pytest.mark.parametrize(
    ("order_type", "limit_price", "fits"),
    [
        (OrderType.LIMIT, Decimal(150), True),
        (OrderType.LIMIT, None, False),
        (OrderType.MARKET, None, True),
        (OrderType.MARKET, Decimal(150), False),
    ],
)
def test_a_limit_price_belongs_to_limit_orders_only(
    order_type: OrderType, limit_price: Decimal | None, *, fits: bool
) -> None:
    if fits:
        assert an_order(order_type=order_type, limit_price=limit_price).limit_price == limit_price
        return
    with pytest.raises(InvalidValue, match=f"a {order_type} order has {limit_price}") as refusal:
        an_order(order_type=order_type, limit_price=limit_price)
    assert refusal.value.field == "limit_price"


@pytest.mark.parametrize("average", [*NOT_POSITIVE, None, 150], ids=str)
def test_a_filled_order_has_an_average_price_that_is_one(average: Any) -> None:
    assert an_order(**_HALF_FILLED, average_price=Decimal(150)).average_price == 150
    with pytest.raises(InvalidValue) as refusal:
        an_order(**_HALF_FILLED, average_price=average)
    assert refusal.value.field == "average_price"


def test_an_order_without_fills_has_no_average_price() -> None:
    with pytest.raises(InvalidValue, match="average_price: is 150 with 0 filled"):
        an_order(average_price=Decimal(150))


@given(quantity=quantities, filled=quantities)
def test_no_order_is_filled_beyond_its_quantity(quantity: Decimal, filled: Decimal) -> None:
    refusal = refusal_of(
        lambda: an_order(quantity=quantity, filled_quantity=filled, average_price=Decimal(150))
    )
    assert (refusal is None) == (filled <= quantity)
    assert refusal is None or refusal.field == "filled_quantity"


def test_a_new_order_is_pending_and_has_nothing_filled() -> None:
    order = an_order()
    assert order.status is OrderStatus.PENDING_NEW
    assert order.filled_quantity == 0
    assert order.leaves_quantity == order.quantity
    assert order.average_price is None
    assert (order.venue_order_id, order.reason_code, order.not_found_count) == (None, None, 0)


@pytest.mark.parametrize(("before", "after"), list(product(OrderStatus, OrderStatus)))
def test_an_order_takes_the_steps_of_the_table_only(before: OrderStatus, after: OrderStatus) -> None:
    order = an_order(status=before, reason_code="OLD")
    if after in ORDER_TRANSITIONS[before]:
        moved = order.moved_to(after, at=LATER, reason_code="WHY")
        assert (moved.status, moved.updated_at, moved.reason_code) == (after, LATER, "WHY")
        assert order.moved_to(after, at=LATER).reason_code is None
        assert order.status is before
    else:
        with pytest.raises(IllegalTransition, match=f"order jx1: no step leads from {before} to {after}"):
            order.moved_to(after, at=LATER)


def test_a_step_is_taken_at_a_time_in_utc() -> None:
    with pytest.raises(InvalidValue, match=r"at: .* is not a timezone-aware UTC time"):
        an_order().moved_to(OrderStatus.NEW, at=LATER.replace(tzinfo=None))


@pytest.mark.parametrize(
    "change",
    [{"client_order_id": "jx2"}, {"symbol": "MSFT"}, {"side": Side.SELL}],
    ids=str,
)
def test_refuses_a_fill_of_another_order(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="fill: e1 does not belong to order jx1"):
        an_order(status=OrderStatus.NEW).with_fill(a_fill(**change), at=LATER)


def test_refuses_a_fill_of_more_than_is_left_open() -> None:
    order = an_order(status=OrderStatus.NEW)
    with pytest.raises(InvalidValue, match=r"fill: e1 of 133.00000001 is more than the 133 left open"):
        order.with_fill(a_fill(quantity=Decimal("133.00000001")), at=LATER)
    half = order.with_fill(a_fill(quantity=Decimal(33)), at=LATER)
    with pytest.raises(InvalidValue, match="more than the 100 left open"):
        half.with_fill(a_fill(quantity=Decimal(101)), at=LATER)
    assert half.with_fill(a_fill(quantity=Decimal(100)), at=LATER).status is OrderStatus.FILLED


def test_a_fill_moves_the_order_and_says_when() -> None:
    order = an_order(status=OrderStatus.NEW, reason_code="OLD")
    half = order.with_fill(a_fill(quantity=Decimal(33), price=Decimal("149.95")), at=LATER)
    assert half.status is OrderStatus.PARTIALLY_FILLED
    assert (half.filled_quantity, half.leaves_quantity) == (Decimal(33), Decimal(100))
    assert (half.average_price, half.updated_at, half.reason_code) == (Decimal("149.95"), LATER, None)
    full = half.with_fill(a_fill(quantity=Decimal(100), price=Decimal("149.82")), at=LATER)
    assert full.status is OrderStatus.FILLED
    assert (full.filled_quantity, full.leaves_quantity) == (Decimal(133), Decimal(0))
    # (33 x 149.95 + 100 x 149.82) / 133, to eight places
    assert full.average_price == Decimal("149.85225564")


@given(st.lists(st.tuples(quantities, fine_prices), min_size=1, max_size=6), st.sampled_from(Side))
def test_the_average_price_is_that_of_the_fills(booked: list[tuple[Decimal, Decimal]], side: Side) -> None:
    order = an_order(quantity=sum((q for q, _ in booked), Decimal(0)), side=side, status=OrderStatus.NEW)
    for quantity, price in booked:
        order = order.with_fill(a_fill(quantity=quantity, price=price, side=side), at=LATER)
    paid = sum(Fraction(quantity) * Fraction(price) for quantity, price in booked)
    assert order.average_price is not None
    assert min(price for _, price in booked) <= order.average_price <= max(price for _, price in booked)
    # Each fill rounds to eight places, so the error is at most half of the last place for each.
    error = abs(Fraction(order.average_price) - paid / Fraction(order.quantity))
    assert error * 2 * 10**8 <= len(booked)
    assert order.status is OrderStatus.FILLED


@pytest.mark.parametrize("status", [_S.CANCELED, _S.EXPIRED, _S.REJECTED, _S.ABSENT])
def test_a_fill_after_the_end_reopens_the_order(status: OrderStatus) -> None:
    order = an_order(status=status).with_fill(a_fill(), at=LATER)
    assert order.status is OrderStatus.PARTIALLY_FILLED
    assert order.filled_quantity == 33


@pytest.mark.parametrize("status", [OrderStatus.INTENT, OrderStatus.DENIED])
def test_an_order_that_never_left_the_house_cannot_be_filled(status: OrderStatus) -> None:
    with pytest.raises(IllegalTransition):
        an_order(status=status).with_fill(a_fill(), at=LATER)


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_enters_in_a_first_status_only(status: OrderStatus) -> None:
    order = an_order(status=status)
    if status in FIRST_STATUSES:
        assert check_first_status(order) is order
    else:
        with pytest.raises(IllegalTransition, match=f"order jx1: no step leads from nothing to {status}"):
            check_first_status(order)


def _corrected(revision: int, quantity: int, price: str = "149.95") -> Any:
    return a_fill(revision=revision, quantity=Decimal(quantity), price=Decimal(price))


@pytest.mark.parametrize(
    ("before", "counting", "status", "filled", "average"),
    [
        (133, [_corrected(1, 100)], _S.PARTIALLY_FILLED, 100, "149.95"),
        (133, [_corrected(1, 133, "150.05")], _S.FILLED, 133, "150.05"),
        (33, [_corrected(1, 133)], _S.FILLED, 133, "149.95"),
        (33, [_corrected(2, 0)], _S.PARTIALLY_FILLED, 0, None),
    ],
    ids=["less", "another price", "more", "busted"],
)
def test_a_correction_counts_the_fills_again(
    before: int, counting: list[Any], status: OrderStatus, filled: int, average: str | None
) -> None:
    order = an_order(status=_S.NEW).with_fill(a_fill(quantity=Decimal(before)), at=NOON)
    after = order.with_corrected_fills(counting, at=LATER)
    assert (after.status, after.filled_quantity, after.updated_at) == (status, Decimal(filled), LATER)
    assert after.average_price == (None if average is None else Decimal(average))


@pytest.mark.parametrize("status", [_S.CANCELED, _S.EXPIRED])
def test_a_correction_leaves_a_closed_order_closed(status: OrderStatus) -> None:
    order = an_order(status=_S.NEW).with_fill(a_fill(), at=NOON).moved_to(status, at=NOON)
    after = order.with_corrected_fills([_corrected(1, 20)], at=LATER)
    assert (after.status, after.filled_quantity) == (status, Decimal(20))


def test_an_adopted_order_is_as_filled_as_its_corrected_fills_say() -> None:
    order = an_order(status=_S.ADOPTED)
    assert order.with_corrected_fills([_corrected(1, 133)], at=LATER).status is _S.FILLED


def test_a_correction_never_fills_more_than_was_ordered() -> None:
    order = an_order(status=_S.NEW).with_fill(a_fill(), at=NOON)
    with pytest.raises(InvalidValue, match="filled_quantity"):
        order.with_corrected_fills([_corrected(1, 134)], at=LATER)


def test_any_leg_but_the_entry_only_reduces() -> None:
    assert [leg for leg in OrderLeg if an_order(leg=leg).reduces_only] == list(OrderLeg)[1:]
    assert [leg.number for leg in OrderLeg] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("revision", {"revision": -1}),
        ("stop_price", {"stop_price": Decimal(1)}),
        ("stop_price", {"order_type": OrderType.STOP, "limit_price": None}),
        ("cancel_requested_at", {"cancel_requested_at": LATER.replace(tzinfo=None)}),
        *(
            ("stop_price", {"order_type": OrderType.STOP, "limit_price": None, "stop_price": price})
            for price in NOT_POSITIVE
        ),
    ],
    ids=str,
)
def test_refuses_an_order_that_cannot_be(field: str, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue) as refusal:
        an_order(**change)
    assert refusal.value.field == field


@pytest.mark.parametrize("quantity", [0, -1])
def test_only_a_revision_may_fill_nothing(quantity: int) -> None:
    for revision in (0, 1):
        if (revision, quantity) == (1, 0):
            assert a_fill(revision=revision, quantity=Decimal(quantity)).quantity == 0
        else:
            with pytest.raises(InvalidValue, match="quantity"):
                a_fill(revision=revision, quantity=Decimal(quantity))
    with pytest.raises(InvalidValue, match="revision"):
        a_fill(revision=-1)
