"""Asks the broker about every order that is not closed, until the tables agree with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from jax.domain.errors import InvalidValue
from jax.domain.order import Order
from jax.domain.order_status import OPEN, UNRESOLVED, OrderStatus
from jax.modules.execution.apply_report import apply_report, save_order
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.fenced_order import fenced_order
from jax.ports.broker import Broker
from jax.ports.clock import Clock
from jax.ports.errors import Conflict, NotFound, PortError
from jax.ports.unit_of_work import UnitOfWork

# A broker may not show an order at once: only answers from after this long count as "not there".
_VISIBLE_AFTER = timedelta(seconds=2)
_NOT_FOUND_ANSWERS = 2
_LOOKED_BACK = timedelta(days=2)
_WORKING = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})
_SENT_AND_CLOSED = frozenset(OrderStatus) - OPEN - {OrderStatus.DENIED}


class ReconcileOrders:
    """One pass at a time; a query that fails changes nothing.

    Only the trader that holds the account's `epoch` may say what became of its orders: the broker of one
    that was replaced need not be the broker that has them.
    """

    def __init__(
        self, *, unit_of_work: UnitOfWork, broker: Broker, clock: Clock, account: str, epoch: int
    ) -> None:
        self._unit_of_work = unit_of_work
        self._broker = broker
        self._clock = clock
        self._account = account
        self._epoch = epoch

    async def run_once(self) -> int:
        """Asks about each open order that may have changed; returns how many have.

        An order of which the broker says what cannot be does not keep the others from being asked about: its
        InvalidValue or Conflict is raised at the end. Conflict also when another trader has taken over.
        """
        async with self._unit_of_work.begin() as transaction:
            open_orders = await transaction.orders.in_status(self._account, OPEN)
        working = await self._working() if open_orders else {}
        return await self._ask_about(
            [
                order
                for order in open_orders
                if order.status not in _WORKING or working.get(order.client_order_id) != order.leaves_quantity
            ]
        )

    async def _working(self) -> Mapping[str, Decimal]:
        """What works at the broker, in one answer: only the others are asked about one by one."""
        try:
            working = await broker_answer(self._broker.working_orders(self._account))
        except PortError:
            return {}
        return {order.client_order_id: order.leaves_quantity for order in working if order.client_order_id}

    async def look_back(self) -> int:
        """Asks about the orders of the last two days that are closed; returns how many changed.

        For when the books differ: a fill may have come after an order was closed. The same errors.
        """
        async with self._unit_of_work.begin() as transaction:
            recent = await transaction.orders.recorded_since(self._account, self._clock.now() - _LOOKED_BACK)
        return await self._ask_about([order for order in recent if order.status in _SENT_AND_CLOSED])

    async def _ask_about(self, orders: Sequence[Order]) -> int:
        changed, problems = 0, []
        for order in orders:
            try:
                changed += await self._reconcile(order)
            except (InvalidValue, Conflict) as error:
                problems.append(error)
        if problems:
            raise problems[0]
        return changed

    async def _reconcile(self, order: Order) -> bool:
        asked_at = self._clock.now()
        try:
            report = await broker_answer(self._broker.query(order.client_order_id))
        except NotFound:
            counts = asked_at > order.deadline_at + _VISIBLE_AFTER
            return counts and await self._count_not_found(order)
        except PortError:
            return False
        async with self._unit_of_work.begin() as transaction:
            stored = await fenced_order(transaction, order, epoch=self._epoch)
            after = await apply_report(transaction, stored, report, at=self._clock.now())
        return after.status is not order.status or after.filled_quantity != order.filled_quantity

    async def _count_not_found(self, order: Order) -> bool:
        async with self._unit_of_work.begin() as transaction:
            stored = await fenced_order(transaction, order, epoch=self._epoch)
            if stored.status not in UNRESOLVED:
                return False
            counted = replace(stored, not_found_count=stored.not_found_count + 1)
            if counted.not_found_count < _NOT_FOUND_ANSWERS:
                await transaction.orders.save(counted)
                return False
            absent = counted.moved_to(OrderStatus.ABSENT, at=self._clock.now(), reason_code="NOT_AT_BROKER")
            await save_order(transaction, absent, before=stored)
        return True
