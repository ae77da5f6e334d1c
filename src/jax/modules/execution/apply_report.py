"""Writes what the broker says of an order: its fills once each, its status along the table."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from jax.domain.audit import TRADER, AuditEvent
from jax.domain.canonical_json import Json
from jax.domain.controls import TradingMode
from jax.domain.fill import Fill
from jax.domain.order import Order
from jax.domain.order_status import COMMITTED, FAILED, ORDER_TRANSITIONS, OrderStatus
from jax.domain.signal import SignalStatus
from jax.modules.execution.attach_exits import attach_exits
from jax.modules.execution.restrict_account import restrict_account
from jax.ports.broker import NEVER_PLACED, OrderReport
from jax.ports.unit_of_work import Transaction

_CLOSED_FOR_GOOD = frozenset(
    {OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED, OrderStatus.ABSENT}
)
_FILLED_IN_PART_OR_WHOLE = frozenset({OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED})


async def locked_order(transaction: Transaction, order: Order) -> Order:
    """The stored order, after locking its account.

    Whoever decides about the account holds that lock while it reads orders and fills: a change in between
    would let it see neither the open order nor its fill.
    """
    return await transaction.grounds.order(order.account, client_order_id=order.client_order_id)


async def apply_report(transaction: Transaction, order: Order, report: OrderReport, *, at: datetime) -> Order:
    """The order after `report`, saved; `order` is from `locked_order` in this transaction.

    A closed order for which the broker shows a fill that is not booked is reopened by it (`Order.with_fill`),
    and so is an ABSENT one of which the broker says anything but that it refused it. Either sets the account
    to REDUCE.
    """
    first = order
    if order.status is OrderStatus.ABSENT and report.status is not OrderStatus.REJECTED:
        order = await save_order(transaction, order.moved_to(OrderStatus.ADOPTED, at=at), before=order)
    current = replace(order, venue_order_id=report.venue_order_id)
    for fill in report.fills:
        if await transaction.orders.add_fill(order.account, fill):
            current = await _with_fill(transaction, current, fill, at=at)
    if order.status is OrderStatus.FILLED is not current.status:
        # A bust has reopened it; what it is now comes as a step of its own.
        order = current = await save_order(transaction, current, before=order)
    status = _status_told(report, current)
    if status in ORDER_TRANSITIONS[current.status] and status is not current.status:
        current = current.moved_to(status, at=at, reason_code=report.reason_code)
    after = await save_order(transaction, current, before=order)
    if report.fills and not first.filled_quantity:
        await attach_exits(transaction, after)
    if first.status in _CLOSED_FOR_GOOD and _is_changed(before=first, after=after):
        await _reduce(transaction, after, at=at)
    return after


def _is_changed(*, before: Order, after: Order) -> bool:
    return (after.status, after.filled_quantity) != (before.status, before.filled_quantity)


async def _reduce(transaction: Transaction, order: Order, *, at: datetime) -> None:
    """An order that was taken for over is not: nothing more is entered until a person has looked."""
    reason = f"order {order.client_order_id} was closed and is {order.status} after all"
    await restrict_account(transaction, order.account, TradingMode.REDUCE, reason=reason, at=at)


async def _with_fill(transaction: Transaction, order: Order, fill: Fill, *, at: datetime) -> Order:
    """The order after a fill that was just stored: one more, or another revision of one it has."""
    if fill.revision == 0:
        return order.with_fill(fill, at=at)
    counting = await transaction.orders.fills_of(order.client_order_id)
    booked = sum((known.quantity for known in counting), Decimal(0))
    if booked == order.filled_quantity + fill.quantity:
        # Nothing for a bust that comes before what it busts.
        return order.with_fill(fill, at=at) if fill.quantity else order
    return order.with_corrected_fills(counting, at=at)


def _status_told(report: OrderReport, order: Order) -> OrderStatus:
    """The status to go by: what is filled is said by the executions alone.

    A broker may say FILLED before it shows them; closed by that word, the order would never be asked about
    again and its fills would be lost.
    """
    if report.status is OrderStatus.REJECTED and report.reason_code in NEVER_PLACED:
        # As if the refusal had been heard at once: the venue has never seen the order.
        return OrderStatus.ABSENT
    if report.status not in _FILLED_IN_PART_OR_WHOLE:
        return report.status
    return order.status if order.filled_quantity else OrderStatus.NEW


async def save_order(transaction: Transaction, order: Order, *, before: Order) -> Order:
    """Saves `order`, audits a change of status, and closes its signal once the outcome is certain.

    What is as it was before is not written again.
    """
    if order == before:
        return order
    await transaction.orders.save(order)
    if order.status is before.status and order.filled_quantity == before.filled_quantity:
        return order
    data: Json = {
        "from": before.status,
        "to": order.status,
        "filled_quantity": str(order.filled_quantity),
        "average_price": None if order.average_price is None else str(order.average_price),
        "reason_code": order.reason_code,
    }
    event = AuditEvent("order.changed", order.client_order_id, TRADER, order.updated_at, data)
    # The signal before the audit log, as everywhere: two transactions that lock them the other way round
    # would wait for each other.
    await _close_signal(transaction, order)
    await transaction.audit.append(event)
    await transaction.events.publish("order", subject=order.client_order_id)
    return order


async def _close_signal(transaction: Transaction, order: Order) -> None:
    if order.reduces_only:
        # What becomes of the ways out does not undo that the signal was executed.
        return
    if order.status in COMMITTED:
        closed = SignalStatus.EXECUTED
    elif order.status in FAILED:
        closed = SignalStatus.REJECTED
    else:
        return
    await transaction.signals.close(order.signal_id, closed, by=TRADER, at=order.updated_at)
