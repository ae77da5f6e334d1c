"""A BridgeBook that lasts as long as the object: a new bridge on it is a restarted one."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from jax.ports.bridge_book import BookedOrder, JournalEntry, SendState, Switches
from jax.ports.broker import BrokerEvent


class MemoryBridgeBook:
    """What its calls have returned is as durable as it will ever be."""

    def __init__(self, journal: str = "in memory") -> None:
        self.journal = journal
        self._orders: dict[str, BookedOrder] = {}
        self._switches: dict[str, Switches] = {}
        self._events: list[BrokerEvent] = []
        self._cursor = 0

    @property
    def newest(self) -> int:
        return len(self._events)

    async def switches(self) -> Mapping[str, Switches]:
        return dict(self._switches)

    async def put_switches(self, account: str, switches: Switches) -> None:
        self._switches[account] = switches

    async def order(self, client_order_id: str) -> BookedOrder | None:
        return self._orders.get(client_order_id)

    async def claim(self, order: BookedOrder, *entries: JournalEntry) -> BookedOrder | None:
        known = self._orders.get(order.client_order_id)
        if known is None:
            self._orders[order.client_order_id] = order
            self._append(entries)
        return known

    async def settle(self, order: BookedOrder, *entries: JournalEntry) -> None:
        if order.client_order_id in self._orders:
            self._orders[order.client_order_id] = order
        self._append(entries)

    async def unanswered(self) -> Sequence[BookedOrder]:
        return [order for order in self._orders.values() if order.state is SendState.SENDING]

    async def booked_since(self, at: datetime) -> Sequence[BookedOrder]:
        return [order for order in self._orders.values() if order.booked_at >= at]

    async def tell(self, *entries: JournalEntry, cursor: int | None = None) -> None:
        self._append(entries)
        if cursor is not None:
            self._cursor = cursor

    async def cursor(self) -> int:
        return self._cursor

    async def events(self, *, after: int, limit: int) -> Sequence[BrokerEvent]:
        return self._events[after : after + limit]

    def _append(self, entries: Sequence[JournalEntry]) -> None:
        for entry in entries:
            number = len(self._events) + 1
            change = number if entry.change is None else entry.change
            self._events.append(
                BrokerEvent(number, entry.kind, entry.client_order_id, entry.detail, entry.at, change)
            )
