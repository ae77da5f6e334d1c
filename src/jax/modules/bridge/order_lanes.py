"""One thing at a time is done about one order; different orders do not wait for each other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Lane:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class OrderLanes:
    """A lane is there as long as somebody is in it or waits for it."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._sending: set[str] = set()

    @asynccontextmanager
    async def lane(self, client_order_id: str) -> AsyncIterator[None]:
        """Waits until nobody else is in the order's lane."""
        lane = self._lanes.setdefault(client_order_id, _Lane())
        lane.users += 1
        try:
            async with lane.lock:
                yield
        finally:
            lane.users -= 1
            if lane.users == 0:
                del self._lanes[client_order_id]

    @asynccontextmanager
    async def sending(self, client_order_id: str) -> AsyncIterator[None]:
        """While the block runs, nobody can say that the venue does not know the order."""
        self._sending.add(client_order_id)
        try:
            yield
        finally:
            self._sending.discard(client_order_id)

    def is_sending(self, client_order_id: str) -> bool:
        """Whether the order may be on its way to the venue at this moment."""
        return client_order_id in self._sending
