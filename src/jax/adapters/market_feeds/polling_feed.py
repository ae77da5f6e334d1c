"""Quotes and candles that are asked for again and again."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol

from jax.adapters.market_feeds.background import running
from jax.adapters.market_feeds.feed_policy import FeedPolicy
from jax.adapters.market_feeds.feed_queue import FeedQueue
from jax.domain.bar import Bar, Timeframe
from jax.domain.quote import Quote
from jax.domain.tick import Tick, tick_of_quote
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, PortError
from jax.ports.market_feed import FeedBack, FeedItem, FeedLost, FeedStream

_ASKED_AT_ONCE = 8


class PolledMarket(Protocol):
    """Whom to ask, such as a bridge; NotFound when nothing is known of a symbol yet."""

    async def quote(self, symbol: str) -> Quote: ...

    async def candles(self, symbol: str) -> Sequence[Bar]:
        """The newest bars that are over, oldest first."""
        ...


class PollingFeed:
    """Each quote that is new is a tick, each candle that is new a bar.

    Between two looks a market may have moved and come back: what is between them is no part of the bars.
    """

    name = "polling"

    def __init__(self, market: PolledMarket, clock: Clock, policy: FeedPolicy) -> None:
        self._market = market
        self._clock = clock
        self._policy = policy

    def now(self) -> datetime:
        return self._clock.now()

    @asynccontextmanager
    async def subscribe(self, symbols: Collection[str]) -> AsyncIterator[FeedStream]:
        queue = FeedQueue(self._policy.queue_size)
        async with running(self.poll(sorted(symbols), queue)):
            yield queue

    async def poll(self, symbols: Sequence[str], queue: FeedQueue) -> None:
        """Puts what is new into `queue` until canceled."""
        told: dict[str, Tick] = {}
        ends: dict[tuple[str, Timeframe], datetime] = {}
        problem: str | None = "nothing was asked yet"
        while True:
            found, failed = await self._ask(symbols)
            if failed is not None and failed != problem:
                await queue.put(FeedLost(failed))
            if failed is None and problem is not None:
                await queue.put(FeedBack())
            problem = failed
            for item in found:
                if _is_new(item, told, ends):
                    await queue.put(item)
            await asyncio.sleep(self._policy.poll_seconds)

    async def _ask(self, symbols: Sequence[str]) -> tuple[list[Tick | Bar], str | None]:
        """What all of them say now, and why one of them could not be asked."""
        at_once = asyncio.Semaphore(_ASKED_AT_ONCE)

        async def ask(symbol: str) -> list[Tick | Bar] | str:
            async with at_once:
                try:
                    return [*await self._candles(symbol), *await self._quote(symbol)]
                except PortError as error:
                    return f"{symbol}: {error}"

        answers = await asyncio.gather(*(ask(symbol) for symbol in symbols))
        problems = [answer for answer in answers if isinstance(answer, str)]
        items = [item for answer in answers if not isinstance(answer, str) for item in answer]
        return items, problems[0] if problems else None

    async def _candles(self, symbol: str) -> Sequence[Bar]:
        try:
            candles = await self._market.candles(symbol)
        except NotFound:
            return ()
        now = self._clock.now()
        return [bar for bar in candles if bar.end <= now]

    async def _quote(self, symbol: str) -> Sequence[Tick]:
        try:
            return [tick_of_quote(await self._market.quote(symbol))]
        except NotFound:
            return ()


def _is_new(item: FeedItem, told: dict[str, Tick], ends: dict[tuple[str, Timeframe], datetime]) -> bool:
    if isinstance(item, Tick):
        is_new = told.get(item.symbol) != item
        told[item.symbol] = item
        return is_new
    if isinstance(item, Bar):
        key = (item.symbol, item.timeframe)
        if key in ends and not (item.end > ends[key]):
            return False
        ends[key] = item.end
    return True
