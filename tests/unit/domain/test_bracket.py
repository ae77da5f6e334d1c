"""An entry may bring its ways out along; what they are follows from it alone."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.bracket import attached_exits
from jax.domain.derived_id import client_order_id
from jax.domain.errors import InvalidValue
from jax.domain.order import OrderLeg, OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from tests.unit.domain.examples import NOON, an_order

BRACKET = {"bracket_stop_price": Decimal(145), "bracket_target_price": Decimal(165)}
LATER = NOON + timedelta(seconds=30)


def test_stop_and_target_are_orders_of_the_other_side_under_the_names_of_every_exit() -> None:
    entry = an_order(**BRACKET)
    stop, target = attached_exits(entry, at=LATER)
    assert (stop.leg, stop.order_type, stop.stop_price, stop.limit_price) == (
        *(OrderLeg.STOP, OrderType.STOP),
        *(Decimal(145), None),
    )
    assert (target.leg, target.order_type, target.limit_price, target.stop_price) == (
        *(OrderLeg.TARGET, OrderType.LIMIT),
        *(Decimal(165), None),
    )
    for out in (stop, target):
        assert (out.side, out.quantity, out.time_in_force) == (
            *(Side.SELL, entry.quantity),
            TimeInForce.GTC,
        )
        assert (out.status, out.revision, out.created_at, out.updated_at) == (
            *(OrderStatus.PENDING_NEW, 0),
            *(LATER, LATER),
        )
        assert out.client_order_id == client_order_id(
            account=entry.account, strategy=entry.strategy, signal_id=entry.signal_id, leg=out.leg.number
        )
    assert (stop.signal_id, stop.artifact_hash, stop.symbol) == (
        *(entry.signal_id, entry.artifact_hash),
        entry.symbol,
    )


def test_what_the_entry_has_come_to_is_not_its_exits() -> None:
    filled = replace(
        an_order(**BRACKET),
        status=OrderStatus.FILLED,
        filled_quantity=Decimal(133),
        average_price=Decimal(150),
        venue_order_id="v1",
        reason_code="X",
        not_found_count=1,
        cancel_requested_at=NOON,
    )
    assert attached_exits(filled, at=LATER) == attached_exits(an_order(**BRACKET), at=LATER)


def test_only_a_bracket_brings_exits_along_and_it_may_be_a_stop_alone() -> None:
    assert attached_exits(an_order(), at=LATER) == ()
    (stop,) = attached_exits(an_order(bracket_stop_price=Decimal(145)), at=LATER)
    assert stop.leg is OrderLeg.STOP
    assert attached_exits(stop, at=LATER) == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bracket_target_price": Decimal(165)}, "bracket_target_price"),
        ({"bracket_stop_price": Decimal(0)}, "bracket_stop_price"),
        ({"bracket_stop_price": Decimal("NaN")}, "bracket_stop_price"),
        ({**BRACKET, "bracket_target_price": Decimal("NaN")}, "bracket_target_price"),
        ({**BRACKET, "bracket_target_price": Decimal(-1)}, "bracket_target_price"),
        ({**BRACKET, "bracket_target_price": Decimal(145)}, "bracket_target_price"),
        ({**BRACKET, "side": Side.SELL}, "bracket_target_price"),
        ({**BRACKET, "leg": OrderLeg.CLOSE}, "bracket_stop_price"),
    ],
)
def test_refuses_a_bracket_that_cannot_be(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        an_order(**change)
    assert refused.value.field == field
