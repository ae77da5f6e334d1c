"""The ways out that an entry brings along to a venue that has brackets."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from jax.domain.derived_id import client_order_id
from jax.domain.order import Order, OrderLeg, OrderType, TimeInForce
from jax.domain.order_status import OrderStatus


def attached_exits(entry: Order, *, at: datetime) -> tuple[Order, ...]:
    """The stop and the target of `entry` as orders of their own, recorded at `at`; none without a bracket.

    They are the first of their legs, and their names follow from the entry as those of every exit do. Each is
    for the whole of the entry, since nobody knows before what it will fill: the venue lets them take no more
    than that. They went out with the entry and nobody sends them any more.
    """
    stop, target = entry.bracket_stop_price, entry.bracket_target_price
    exits = [] if stop is None else [_exit(entry, OrderLeg.STOP, stop, at)]
    return tuple(exits if target is None else [*exits, _exit(entry, OrderLeg.TARGET, target, at)])


def _exit(entry: Order, leg: OrderLeg, price: Decimal, at: datetime) -> Order:
    is_stop = leg is OrderLeg.STOP
    return replace(
        entry,
        client_order_id=client_order_id(
            account=entry.account, strategy=entry.strategy, signal_id=entry.signal_id, leg=leg.number
        ),
        side=entry.side.opposite,
        order_type=OrderType.STOP if is_stop else OrderType.LIMIT,
        limit_price=None if is_stop else price,
        stop_price=price if is_stop else None,
        time_in_force=TimeInForce.GTC,
        created_at=at,
        deadline_at=at,
        updated_at=at,
        status=OrderStatus.PENDING_NEW,
        filled_quantity=Decimal(0),
        average_price=None,
        venue_order_id=None,
        reason_code=None,
        not_found_count=0,
        leg=leg,
        revision=0,
        cancel_requested_at=None,
        bracket_stop_price=None,
        bracket_target_price=None,
    )
