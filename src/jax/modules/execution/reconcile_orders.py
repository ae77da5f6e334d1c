"""Asks the broker about every order that is not closed, until the tables agree with it."""

from dataclasses import replace
from datetime import timedelta

from jax.domain.order import Order
from jax.domain.order_status import OPEN, UNRESOLVED, OrderStatus
from jax.modules.execution.apply_report import apply_report, locked_order, save_order
from jax.ports.broker import Broker
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, PortError
from jax.ports.unit_of_work import UnitOfWork

# A broker may not show an order at once: only answers from after this long count as "not there".
_VISIBLE_AFTER = timedelta(seconds=2)
_NOT_FOUND_ANSWERS = 2


class ReconcileOrders:
    """One pass at a time; a query that fails changes nothing."""

    def __init__(self, *, unit_of_work: UnitOfWork, broker: Broker, clock: Clock, account: str) -> None:
        self._unit_of_work = unit_of_work
        self._broker = broker
        self._clock = clock
        self._account = account

    async def run_once(self) -> int:
        """Asks about each open order once; returns how many changed."""
        async with self._unit_of_work.begin() as transaction:
            open_orders = await transaction.orders.in_status(self._account, OPEN)
        return sum([await self._reconcile(order) for order in open_orders])

    async def _reconcile(self, order: Order) -> bool:
        asked_at = self._clock.now()
        try:
            report = await self._broker.query(order.client_order_id)
        except NotFound:
            counts = asked_at > order.deadline_at + _VISIBLE_AFTER
            return counts and await self._count_not_found(order)
        except PortError:
            return False
        async with self._unit_of_work.begin() as transaction:
            stored = await locked_order(transaction, order)
            after = await apply_report(transaction, stored, report, at=self._clock.now())
        return after.status is not order.status or after.filled_quantity != order.filled_quantity

    async def _count_not_found(self, order: Order) -> bool:
        async with self._unit_of_work.begin() as transaction:
            stored = await locked_order(transaction, order)
            if stored.status not in UNRESOLVED:
                return False
            counted = replace(stored, not_found_count=stored.not_found_count + 1)
            if counted.not_found_count < _NOT_FOUND_ANSWERS:
                await transaction.orders.save(counted)
                return False
            absent = counted.moved_to(OrderStatus.ABSENT, at=self._clock.now(), reason_code="NOT_AT_BROKER")
            await save_order(transaction, absent, before=stored)
        return True
