"""The bridge's machine: the real desk, over a disk that is slow and may be full, and a line to the venue."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from jax.adapters.memory.bridge_book import MemoryBridgeBook
from jax.domain.account import AccountSnapshot
from jax.domain.order import Order
from jax.domain.quote import Quote
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits
from jax.ports.bridge_book import BookedOrder, JournalEntry, Switches
from jax.ports.broker import BrokerEvent, JournalPage, OrderReport, WorkingOrder
from jax.ports.clock import Clock
from jax.ports.errors import OutcomeUnknown, PortError, Unavailable
from tests.simulation.database import Surroundings
from tests.simulation.possibilities import Possibilities
from tests.simulation.venue import SimulatedVenue
from tests.simulation.virtual_loop import Process

_COPIES_EVERY_SECONDS = 0.3


class DiskBook:
    """A BridgeBook on a disk: each write takes time, and the process may die before or after it."""

    def __init__(
        self, kept: MemoryBridgeBook, around: Surroundings, trouble: Callable[[], Possibilities]
    ) -> None:
        self._kept = kept
        self._around = around
        self._trouble = trouble

    @property
    def journal(self) -> str:
        return self._kept.journal

    @property
    def newest(self) -> int:
        return self._kept.newest

    async def switches(self) -> Mapping[str, Switches]:
        return await self._kept.switches()

    async def put_switches(self, account: str, switches: Switches) -> None:
        await self._write(lambda: self._kept.put_switches(account, switches))

    async def order(self, client_order_id: str) -> BookedOrder | None:
        return await self._kept.order(client_order_id)

    async def claim(self, order: BookedOrder, *entries: JournalEntry) -> BookedOrder | None:
        found: BookedOrder | None = await self._write(lambda: self._kept.claim(order, *entries))
        return found

    async def settle(self, order: BookedOrder, *entries: JournalEntry) -> None:
        await self._write(lambda: self._kept.settle(order, *entries))

    async def unanswered(self) -> Sequence[BookedOrder]:
        return await self._kept.unanswered()

    async def booked_since(self, at: Any) -> Sequence[BookedOrder]:
        return await self._kept.booked_since(at)

    async def tell(self, *entries: JournalEntry, cursor: int | None = None) -> None:
        await self._write(lambda: self._kept.tell(*entries, cursor=cursor))

    async def cursor(self) -> int:
        return await self._kept.cursor()

    async def events(self, *, after: int, limit: int) -> Sequence[BrokerEvent]:
        return await self._kept.events(after=after, limit=limit)

    async def _write(self, write: Callable[[], Any]) -> Any:
        around, failure = self._around, self._trouble().disk_failure
        await around.may_crash("before a write of the bridge")
        await asyncio.sleep(around.seconds(0.005))
        if around.chance(failure):
            raise Unavailable("the disk is full")
        written = await write()
        if around.chance(failure / 4):
            raise OutcomeUnknown("the disk has not said whether it has written")
        await around.may_crash("after a write of the bridge")
        return written


class VenueLine:
    """What one boot of the bridge knows of the venue: at first nothing, until both are synchronised."""

    name = "paper"
    is_live = False

    def __init__(self, venue: SimulatedVenue, around: Surroundings) -> None:
        self.has_brackets = venue.has_brackets
        self._venue = venue
        self._around = around
        self._synchronised_at = around.loop.time() + around.seconds(1.0)

    async def place(self, order: Order) -> OrderReport:
        return await self._synchronised.place(order)

    async def query(self, client_order_id: str) -> OrderReport:
        return await self._synchronised.query(client_order_id)

    async def cancel(self, client_order_id: str) -> OrderReport:
        return await self._synchronised.cancel(client_order_id)

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        return await self._synchronised.working_orders(account)

    async def account(self, account: str) -> AccountSnapshot:
        return await self._synchronised.account(account)

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        return await self._synchronised.positions(account)

    async def quote(self, symbol: str) -> Quote:
        return await self._synchronised.quote(symbol)

    async def events(self, *, after: int, limit: int = 1000) -> JournalPage:
        return await self._synchronised.events(after=after, limit=limit)

    @property
    def _synchronised(self) -> SimulatedVenue:
        if self._around.loop.time() < self._synchronised_at:
            raise Unavailable("it is not known yet what the venue has")
        return self._venue


class BridgeHost:
    """The machine on which the bridge runs, if it does; its disk outlives the process."""

    def __init__(
        self,
        venue: SimulatedVenue,
        around: Surroundings,
        trouble: Callable[[], Possibilities],
        *,
        clock: Clock,
    ) -> None:
        self.process = Process("bridge")
        self.broker: BridgeDesk | None = None
        self._kept = MemoryBridgeBook()
        self._venue = venue
        self._around = around
        self._trouble = trouble
        self._clock = clock

    def is_killed(self) -> bool:
        """Whether its disk says so."""
        return any(switches.killed is not None for switches in self._kept._switches.values())

    async def run(self) -> None:
        """One boot, until the process ends."""
        book = DiskBook(self._kept, self._around, self._trouble)
        line = VenueLine(self._venue, self._around)
        desk = BridgeDesk(line, book, self._clock, BridgeLimits())
        with suppress(PortError):
            await desk.start()
            self.broker = desk
            while True:
                await asyncio.sleep(_COPIES_EVERY_SECONDS)
                with suppress(PortError):
                    await desk.copy_journal(line)
