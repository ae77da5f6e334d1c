"""Bars of another time, as fast as wanted."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from jax.adapters.market_feeds.background import running
from jax.adapters.market_feeds.feed_policy import FeedPolicy
from jax.adapters.market_feeds.feed_queue import FeedQueue
from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.ports.clock import Clock
from jax.ports.market_feed import FeedBack, FeedItem, FeedLost, FeedStream

OVER = "the replay is over"
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_ENOUGH = 500


class _Replayed:
    """The queue, which also says how far the replay has come."""

    def __init__(self, queue: FeedQueue) -> None:
        self._queue = queue
        self.reached = _BEFORE_ALL

    async def heard(self, within_seconds: float) -> Sequence[FeedItem]:
        items = await self._queue.heard(within_seconds)
        self.reached = next((item.end for item in items if isinstance(item, Bar)), self.reached)
        return items


class ReplayFeed:
    """Bars in the order of their ends; `speed` 10 is ten times as fast as they were, None as fast as can be.

    The time there is that of the oldest bar of those heard last. When the bars are at their end, or cannot be
    read, the feed is lost.
    """

    name = "replay"

    def __init__(
        self, bars: Callable[[], Iterable[Bar]], clock: Clock, policy: FeedPolicy, *, speed: float | None
    ) -> None:
        """`bars` are read as they are wanted, oldest first; `clock` is the real one."""
        self._bars = bars
        self._clock = clock
        self._policy = policy
        self._speed = speed
        self._stream: _Replayed | None = None

    def now(self) -> datetime:
        return self._clock.now() if self._stream is None else self._stream.reached

    @asynccontextmanager
    async def subscribe(self, symbols: Collection[str]) -> AsyncIterator[FeedStream]:
        queue = FeedQueue(self._policy.queue_size)
        self._stream = _Replayed(queue)
        async with running(self._replay(frozenset(symbols), queue)):
            yield self._stream

    async def _replay(self, symbols: frozenset[str], queue: FeedQueue) -> None:
        await queue.put(FeedBack())
        try:
            await self._give(symbols, queue)
        except (OSError, InvalidValue) as error:
            await queue.put(FeedLost(str(error)))
        else:
            await queue.put(FeedLost(OVER))

    async def _give(self, symbols: frozenset[str], queue: FeedQueue) -> None:
        first: datetime | None = None
        began_ns = self._clock.monotonic_ns()
        given = 0
        for bar in self._bars():
            if bar.symbol not in symbols:
                continue
            first = first or bar.end
            await self._wait(bar.end, first, began_ns)
            await queue.put(bar)
            given += 1
            if given % _ENOUGH == 0:
                await asyncio.sleep(0)

    async def _wait(self, end: datetime, first: datetime, began_ns: int) -> None:
        if self._speed is None:
            return
        due_ns = began_ns + int((end - first).total_seconds() / self._speed * 1e9)
        ahead_ns = due_ns - self._clock.monotonic_ns()
        if ahead_ns > 0:
            await asyncio.sleep(ahead_ns / 1e9)
