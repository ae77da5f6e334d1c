"""Sends a recorded order once, and writes down what came of it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from jax.domain.errors import InvalidValue
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.modules.execution.apply_report import apply_report, locked_order, save_order
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.modules.execution.broker_answer import broker_answer
from jax.ports.broker import NEVER_PLACED, Broker, OrderReport
from jax.ports.clock import Clock
from jax.ports.errors import PortError, Refused

# Why a recorded order stays in the house; None when nothing keeps it.
HoldBack = Callable[[Order], Awaitable[str | None]]


class SendOrder:
    """The order is PENDING_NEW and committed before; nobody sends it again, whatever happens here.

    A crash or an error after the commit leaves it in PENDING_NEW or UNKNOWN, which reconciliation resolves by
    asking the broker.
    """

    def __init__(self, *, unit_of_work: BookedUnitOfWork, broker: Broker, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._broker = broker
        self._clock = clock

    async def send(self, order: Order, *, hold_back: HoldBack | None = None) -> Order:
        """The order as it stands after the broker's answer, or without one.

        `hold_back` is asked at the last moment: nothing may come between its None and the sending.
        """
        reason = None if hold_back is None else await hold_back(order)
        if reason is None and not (self._clock.now() <= order.deadline_at):
            reason = "DEADLINE_PASSED"
        if reason is not None:
            return await self._close(order, OrderStatus.ABSENT, reason)
        try:
            report = await broker_answer(self._broker.place(order))
        except Refused as error:
            closed = OrderStatus.ABSENT if error.code in NEVER_PLACED else OrderStatus.REJECTED
            return await self._close(order, closed, error.code)
        except (PortError, InvalidValue) as error:
            # It may be at the broker, whatever the answer was: only evidence may say otherwise.
            return await self._close(order, OrderStatus.UNKNOWN, type(error).__name__)
        return await self._apply(order, report)

    async def _apply(self, order: Order, report: OrderReport) -> Order:
        try:
            async with self._unit_of_work.begin() as transaction:
                stored = await locked_order(transaction, order)
                after = await apply_report(transaction, stored, report, at=self._clock.now())
        except (PortError, InvalidValue):
            # The broker has it, and its answer could not be booked: reconciliation asks it again, and
            # raises the alarm when the answer is still one that cannot be.
            return order
        self._unit_of_work.applied.note(report)
        return after

    async def _close(self, order: Order, status: OrderStatus, reason_code: str) -> Order:
        try:
            async with self._unit_of_work.begin() as transaction:
                stored = await locked_order(transaction, order)
                if stored.status is not OrderStatus.PENDING_NEW:
                    return stored
                moved = stored.moved_to(status, at=self._clock.now(), reason_code=reason_code)
                return await save_order(transaction, moved, before=stored)
        except PortError:
            return replace(order, status=OrderStatus.UNKNOWN, reason_code=reason_code)
