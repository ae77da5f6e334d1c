"""A market-data feed is followed: what it says becomes bars, and bars become signals."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from jax.domain.bar import Bar, Timeframe
from jax.domain.errors import InvalidValue
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.signal_age import AGE_LIMITS
from jax.domain.symbol_bars import SymbolBars
from jax.domain.tick_limits import TickLimits
from jax.domain.trading_hours import TradingHours
from jax.modules.signals.feed_bars import FeedBars
from jax.modules.signals.receive_bars import BarsReceived
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, Unavailable
from jax.ports.market_data import Series
from jax.ports.market_feed import FeedStream, MarketFeed
from jax.ports.unit_of_work import Transaction, UnitOfWork

_LISTEN_SECONDS = 0.1
_AGAIN_SECONDS = 1.0
_AT_ONCE = 5000


class Receive(Protocol):
    """What ReceiveBars does."""

    async def __call__(self, bars: Sequence[Bar], *, may_signal: Callable[[Bar], bool]) -> BarsReceived: ...


class FollowMarket:
    """Hears of the symbols of the loaded artifacts, for as long as they are loaded.

    Nothing is signaled on a bar that is not fresh any more when it is handed on, whatever it waited for.
    """

    def __init__(
        self,
        *,
        feed: MarketFeed,
        unit_of_work: UnitOfWork,
        receive: Receive,
        artifacts: Callable[[], Sequence[LoadedArtifact]],
        limits: TickLimits,
    ) -> None:
        self._feed = feed
        self._unit_of_work = unit_of_work
        self._receive = receive
        self._artifacts = artifacts
        self._limits = limits
        self._bars: FeedBars | None = None
        self._unknown: tuple[str, ...] = ()
        self._waiting: list[Bar] = []
        self._problem: str | None = None
        self._refused: str | None = None

    def alarms(self) -> tuple[str, ...]:
        """What a person must look at: sentences."""
        feed = None if self._bars is None else self._bars.problem
        lost = () if feed is None else (f"the {self._feed.name} feed gives nothing: {feed}",)
        waits = () if self._problem is None else (f"bars of the feed wait: {self._problem}",)
        refused = () if self._refused is None else (f"a bar of the feed was refused: {self._refused}",)
        return (*lost, *waits, *refused, *self._unknown)

    async def run(self) -> None:
        """Until canceled."""
        while True:
            wanted = _wanted(self._artifacts())
            if not wanted:
                self._bars = None
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            try:
                await self.prepare()
            except (Unavailable, OutcomeUnknown) as error:
                self._problem = str(error)
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            async with self._feed.subscribe(wanted.keys()) as stream:
                while _wanted(self._artifacts()) == wanted:
                    await self.listen(stream)

    async def listen(self, stream: FeedStream) -> None:
        """Takes what there is, waiting a tenth of a second at most, and hands on the bars that it makes."""
        items = await stream.heard(_LISTEN_SECONDS)
        if self._bars is not None:
            self._waiting.extend(self._bars.hear(items, self._feed.now()))
        while self._waiting:
            some = self._waiting[:_AT_ONCE]
            try:
                await self._hand_on(some)
            except (Unavailable, OutcomeUnknown) as error:
                # The feed waits behind us, and what is too old when it comes is not signaled.
                self._problem = str(error)
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            self._problem = None
            del self._waiting[: len(some)]

    async def _hand_on(self, bars: Sequence[Bar]) -> None:
        try:
            await self._receive(bars, may_signal=self._is_fresh)
        except (Conflict, InvalidValue) as error:
            if len(bars) == 1:
                self._refused = str(error)
                return
            # One that cannot be stored must not keep the others out.
            for bar in bars:
                await self._hand_on([bar])

    def _is_fresh(self, bar: Bar) -> bool:
        fresh_for = bar.timeframe.length or AGE_LIMITS[Timeframe.DAY]
        return self._feed.now() - bar.end <= fresh_for + self._limits.lateness

    async def prepare(self) -> None:
        """Goes on from what is stored of the symbols that are wanted now; as the ports raise."""
        wanted = _wanted(self._artifacts())
        async with self._unit_of_work.begin() as transaction:
            hours, self._unknown = await _hours_of(transaction, list(wanted))
            builders: dict[str, SymbolBars] = {}
            ends: dict[Series, datetime] = {}
            for symbol, timeframes in wanted.items():
                for timeframe in {*timeframes, Timeframe.MINUTE}:
                    newest = await transaction.bars.newest(symbol, timeframe)
                    if newest is not None:
                        ends[symbol, timeframe] = newest.end
                if symbol in hours:
                    builders[symbol] = SymbolBars(symbol, hours[symbol], self._limits, timeframes)
                    builders[symbol].resume(await _stored_minutes(transaction, symbol, hours[symbol]))
        self._bars = FeedBars(builders, ends)
        self._problem = None


def _wanted(artifacts: Sequence[LoadedArtifact]) -> dict[str, frozenset[Timeframe]]:
    """The timeframes that are decided on, by symbol."""
    wanted: dict[str, frozenset[Timeframe]] = {}
    for artifact in artifacts:
        for symbol in artifact.payload.symbols:
            wanted[symbol] = wanted.get(symbol, frozenset()) | {artifact.payload.timeframe}
    return wanted


async def _hours_of(
    transaction: Transaction, symbols: Sequence[str]
) -> tuple[dict[str, TradingHours], tuple[str, ...]]:
    """The hours of each symbol's exchange, and a sentence for each symbol of which they are not known."""
    by_mic: dict[str, TradingHours] = {}
    hours: dict[str, TradingHours] = {}
    unknown: list[str] = []
    for symbol in symbols:
        try:
            mic = (await transaction.reference.instrument(symbol)).mic
        except NotFound as error:
            unknown.append(f"no bars are built of {symbol}: {error}")
            continue
        if mic not in by_mic:
            by_mic[mic] = TradingHours(await transaction.reference.sessions(mic))
        hours[symbol] = by_mic[mic]
        if by_mic[mic].known_until is None:
            unknown.append(f"no bars are built of {symbol}: the sessions of {mic} are not known")
    return hours, tuple(unknown)


async def _stored_minutes(transaction: Transaction, symbol: str, hours: TradingHours) -> Sequence[Bar]:
    """The stored minutes of the session that the newest of them is part of."""
    newest = await transaction.bars.newest(symbol, Timeframe.MINUTE)
    if newest is None:
        return ()
    session = hours.interval_at(newest.start, Timeframe.DAY)
    after = newest.end - timedelta(microseconds=1) if session is None else session.start
    return await transaction.bars.bars(symbol, Timeframe.MINUTE, after=after)
