"""A desk over a paper venue, with hands on what lies between them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from jax.adapters.brokers.paper.broker import PaperBroker
from jax.adapters.brokers.paper.venue_file import IN_MEMORY
from jax.adapters.memory.bridge_book import MemoryBridgeBook
from jax.adapters.memory.clock import SettableClock
from jax.domain.order import Order
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits
from jax.ports.bridge_book import BookedOrder, JournalEntry, Switches
from jax.ports.broker import Broker, OrderReport, Venue, WorkingOrder
from jax.ports.errors import Unavailable
from tests.contract.broker_venues import OPENING, bar, order, paper_broker, way_out
from tests.contract.broker_venues import Venue as TradedVenue
from tests.failing_ports import FailingBroker, Fuse, PassingBroker


class HeldVenue(PassingBroker):
    """A venue that places when it may, and is away when told so."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker)
        self.may_place, self.may_answer = asyncio.Event(), asyncio.Event()
        self.arrived, self.placed = asyncio.Event(), asyncio.Event()
        self.may_place.set()
        self.may_answer.set()
        self.is_away = self.is_garbled = False

    async def place(self, order: Order) -> OrderReport:
        self.arrived.set()
        await self.may_place.wait()
        report = await super().place(order)
        self.placed.set()
        await self.may_answer.wait()
        if self.is_garbled:
            raise KeyError("orderId")
        return report

    async def query(self, client_order_id: str) -> OrderReport:
        if self.is_away:
            raise Unavailable("not synchronised")
        return await super().query(client_order_id)

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        if self.is_away:
            raise Unavailable("not synchronised")
        return await super().positions(account)

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        if self.is_away:
            raise Unavailable("not synchronised")
        return await super().working_orders(account)


class WatchedBook(MemoryBridgeBook):
    """Remembers what it was told, and is full when told so."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[BookedOrder] = []
        self.is_full = False
        self.may_switch = asyncio.Event()
        self.may_switch.set()

    async def put_switches(self, account: str, switches: Switches) -> None:
        await self.may_switch.wait()
        await super().put_switches(account, switches)

    async def claim(self, order: BookedOrder, *entries: JournalEntry) -> BookedOrder | None:
        self._write(order)
        return await super().claim(order, *entries)

    async def settle(self, order: BookedOrder, *entries: JournalEntry) -> None:
        self._write(order)
        await super().settle(order, *entries)

    def _write(self, order: BookedOrder) -> None:
        if self.is_full:
            raise Unavailable("disk full")
        self.written.append(order)


@dataclass(slots=True)
class BridgeFloor:
    """A desk, its book, the line to the venue, and the paper venue itself."""

    desk: BridgeDesk
    book: WatchedBook
    line: FailingBroker
    held: HeldVenue
    paper: PaperBroker
    venue: TradedVenue

    @property
    def clock(self) -> SettableClock:
        return self.venue.clock

    def order(self, client_order_id: str, quantity: int = 10, **terms: Any) -> Order:
        """As in the contract's tests; the deadline is five seconds from now."""
        deadline = self.clock.now() + timedelta(seconds=5)
        return order(self.venue, client_order_id, quantity, **{"deadline_at": deadline, **terms})

    def way_out(self, client_order_id: str, quantity: int = 10, **terms: Any) -> Order:
        """An order that only reduces; the deadline is five seconds from now."""
        deadline = self.clock.now() + timedelta(seconds=5)
        return way_out(self.venue, client_order_id, quantity, **{"deadline_at": deadline, **terms})

    async def restarted(self, limits: BridgeLimits | None = None) -> BridgeDesk:
        """Another desk, as a new process finds book and venue."""
        self.desk = BridgeDesk(self.held, self.book, self.clock, limits or BridgeLimits())
        await self.desk.start()
        return self.desk


@asynccontextmanager
async def open_bridge_floor(
    fuse: Fuse | None = None, limits: BridgeLimits | None = None, *, clock: SettableClock | None = None
) -> AsyncIterator[BridgeFloor]:
    """AAPL is quoted at 150."""
    clock = clock or SettableClock(OPENING)
    async with paper_broker(IN_MEMORY, clock=clock) as paper:
        await paper.on_bars([bar(0, close="150")])
        line = FailingBroker(paper, fuse or Fuse())
        held, book = HeldVenue(line), WatchedBook()
        venue: Venue = held
        desk = BridgeDesk(venue, book, clock, limits or BridgeLimits())
        await desk.start()
        traded = TradedVenue(desk, "paper", Decimal(100_000), paper.on_bars, clock)
        yield BridgeFloor(desk, book, line, held, paper, traded)
        held.may_place.set()
        held.may_answer.set()
        await desk.close()
