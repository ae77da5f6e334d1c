"""A bridge that keeps the contract of ports/broker.py `Broker`, over the simulated venue.

What it writes down survives its process; a write takes time, and the process may die before or after it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from jax.domain.account import AccountSnapshot
from jax.domain.order import Order
from jax.domain.quote import Quote
from jax.ports.broker import BrokerEvent, BrokerStatus, OrderReport, WorkingOrder
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, Refused, Unavailable
from tests.simulation.database import Surroundings
from tests.simulation.invariants import terms
from tests.simulation.venue import SimulatedVenue


@dataclass(slots=True)
class Book:
    """What is on the bridge's disk."""

    sent: dict[str, Order] = field(default_factory=dict)
    refused: dict[str, Refused] = field(default_factory=dict)
    floor: int = 0
    killed: str | None = None


class SimulatedBridge:
    """One boot of the bridge."""

    name = "paper"

    def __init__(
        self, book: Book, venue: SimulatedVenue, around: Surroundings, now: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._venue = venue
        self._around = around
        self._now = now
        self._synchronised_at = around.loop.time() + around.seconds(1.0)

    async def place(self, order: Order) -> OrderReport:
        book, cid = self._book, order.client_order_id
        if cid in book.refused:
            raise book.refused[cid]
        if cid in book.sent:
            return await self._repeated(order)
        self._refuse_new(order)
        await self._written(lambda: book.sent.setdefault(cid, order))
        # The disk may have been slow.
        try:
            self._refuse_new(order)
        except Refused as error:
            await self._written(lambda: book.refused.setdefault(cid, error))
            raise
        try:
            return await self._venue.place(order)
        except Refused as error:
            await self._written(lambda: book.refused.setdefault(cid, error))
            raise
        except Unavailable as error:
            raise OutcomeUnknown(str(error)) from error

    async def query(self, client_order_id: str) -> OrderReport:
        self._refuse_unsynchronised()
        return await self._venue.query(client_order_id)

    async def cancel(self, client_order_id: str) -> OrderReport:
        self._refuse_unsynchronised()
        return await self._venue.cancel(client_order_id)

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        self._refuse_unsynchronised()
        return await self._venue.working_orders(account)

    async def account(self, account: str) -> AccountSnapshot:
        return await self._venue.account(account)

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        self._refuse_unsynchronised()
        return await self._venue.positions(account)

    async def quote(self, symbol: str) -> Quote:
        return await self._venue.quote(symbol)

    async def raise_epoch(self, account: str, epoch: int) -> None:
        if epoch < self._book.floor:
            raise Refused(f"the floor is {self._book.floor}", code="FENCED")
        await self._written(lambda: setattr(self._book, "floor", max(epoch, self._book.floor)))

    async def kill(self, account: str, *, reason: str) -> None:
        await self._written(lambda: setattr(self._book, "killed", reason))
        for working in await self._venue.working_orders(account):
            if working.client_order_id is not None:
                await self._venue.cancel(working.client_order_id)

    async def release_kill(self, account: str) -> None:
        await self._written(lambda: setattr(self._book, "killed", None))

    async def status(self, account: str) -> BrokerStatus:
        is_ready = self._around.loop.time() >= self._synchronised_at
        return BrokerStatus(None if is_ready else "not synchronised", self._book.killed, self._book.floor)

    async def events(self, *, after: int, limit: int = 1000) -> Sequence[BrokerEvent]:
        return []

    async def _repeated(self, order: Order) -> OrderReport:
        if terms(self._book.sent[order.client_order_id]) != terms(order):
            raise Conflict(f"{order.client_order_id} is known with other terms")
        try:
            return await self.query(order.client_order_id)
        except NotFound as error:
            raise OutcomeUnknown("it was sent, and is not seen yet") from error

    def _refuse_new(self, order: Order) -> None:
        if order.epoch < self._book.floor:
            raise Refused(f"the floor is {self._book.floor}", code="FENCED")
        if self._book.killed is not None:
            raise Refused(self._book.killed, code="KILLED")
        if not (self._now() <= order.deadline_at):
            raise Refused("too late", code="DEADLINE_PASSED")

    def _refuse_unsynchronised(self) -> None:
        if self._around.loop.time() < self._synchronised_at:
            raise Unavailable("the bridge does not know yet what the venue has")

    async def _written(self, write: Callable[[], object]) -> None:
        await self._around.may_crash("before a write of the bridge")
        await asyncio.sleep(self._around.seconds(0.005))
        write()
        await self._around.may_crash("after a write of the bridge")
