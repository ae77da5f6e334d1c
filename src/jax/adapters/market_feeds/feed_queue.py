"""Between what a connection says and who listens."""

import asyncio
from collections import deque
from collections.abc import Sequence

from jax.ports.market_feed import FeedItem

_AT_ONCE = 5000


class FeedQueue:
    """Holds at most `size` items: whoever puts more waits, and so does the other side of the connection."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: deque[FeedItem] = deque()
        self._something = asyncio.Event()
        self._room = asyncio.Event()

    def __len__(self) -> int:
        return len(self._items)

    async def put(self, item: FeedItem) -> None:
        """Waits while the queue is full."""
        while len(self._items) >= self._size:
            self._room.clear()
            await self._room.wait()
        self._items.append(item)
        self._something.set()

    async def heard(self, within_seconds: float) -> Sequence[FeedItem]:
        """As FeedStream."""
        if not self._items:
            self._something.clear()
            try:
                async with asyncio.timeout(within_seconds):
                    await self._something.wait()
            except TimeoutError:
                return ()
        items = [self._items.popleft() for _ in range(min(len(self._items), _AT_ONCE))]
        self._room.set()
        return items
