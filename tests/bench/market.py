"""From a tick to a signal, ten thousand ticks a second, and a year of minutes through the live path."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from jax.adapters.market_feeds.feed_policy import FeedPolicy
from jax.adapters.market_feeds.feed_queue import FeedQueue
from jax.adapters.market_feeds.replay_feed import ReplayFeed
from jax.adapters.memory.market_data import MemoryMarketData
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.domain.artifact_payload import payload_of
from jax.domain.bar import Bar, Timeframe
from jax.domain.canonical_json import sha256_of
from jax.domain.instrument import Instrument
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.session import ExchangeSession
from jax.domain.signal import Signal
from jax.domain.strategies import (
    ma_crossover_v1,
    macd_crossover_v1,
    rsi_momentum_v1,
    rsi_tema_bb_v1,
    trendline_break_v1,
)
from jax.domain.strategy import BUY, Decision, Strategy
from jax.domain.symbol_bars import SymbolBars
from jax.domain.tick import Tick
from jax.domain.tick_limits import TickLimits
from jax.domain.trading_hours import TradingHours
from jax.modules.signals.build_signal import build_signal
from jax.modules.signals.feed_bars import FeedBars
from jax.modules.signals.follow_market import FollowMarket
from jax.modules.signals.receive_bars import BarsReceived, ReceiveBars
from jax.modules.signals.strategy_runners import StrategyRunners
from jax.ports.market_feed import FeedBack
from tests.bench.own_database import own_database
from tests.bench.stopwatch import quantiles_ms
from tests.unit.domain.test_artifact_payload import a_document

_OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_SYMBOLS = 100
_MINUTES = 60
_TICKS_A_SECOND = 10_000
_SECONDS = 5
_DAYS = 252
_MINUTES_A_DAY = 390


def _buys(state: int, bar: Any, inputs: Any, params: Any) -> tuple[int, Decision]:
    return state, Decision(BUY, 0.8, bar.close, bar.close * 0.9, bar.close * 1.1, 0.0, 0)


_ALWAYS = ma_crossover_v1.STRATEGY._replace(
    indicators=lambda params: (), inputs=tuple, initial_state=0, decide=_buys, reasons=("a bar came",)
)
_SHIPPED = [
    module.STRATEGY
    for module in (
        ma_crossover_v1,
        macd_crossover_v1,
        rsi_momentum_v1,
        rsi_tema_bb_v1,
        trendline_break_v1,
    )
]


async def run() -> None:
    await _tick_to_signal()
    await _sustained()
    await _year()


def _loaded(strategy: Strategy, number: int, symbols: Sequence[str], timeframe: Timeframe) -> LoadedArtifact:
    document = deepcopy(a_document())
    document["data"]["symbols"] = sorted(symbols)
    if timeframe is not Timeframe.DAY:
        document["data"]["timeframe"] = str(timeframe)
    payload = payload_of(document)
    named = sha256_of(str(number).encode())
    return LoadedArtifact(f"art-{number}", named, payload, strategy, strategy.params, "desk", named)


def _names(count: int) -> list[str]:
    return [f"S{number:03}" for number in range(count)]


def _builders(symbols: Sequence[str]) -> dict[str, SymbolBars]:
    session = ExchangeSession("XNAS", _OPEN.date(), _OPEN, _OPEN + timedelta(hours=6.5), False)
    hours = TradingHours([session])
    return {symbol: SymbolBars(symbol, hours, TickLimits()) for symbol in symbols}


def _tick(symbol: str, number: int, moment: datetime) -> Tick:
    return Tick(symbol, Decimal(10_000 + number * 7 % 500) / 100, Decimal(100), moment, str(number))


class _Desk:
    """Ticks in, signals out, with six strategies and nothing stored."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self.bars = FeedBars(_builders(symbols), {})
        self._runners = StrategyRunners()
        strategies = [*_SHIPPED, _ALWAYS]
        self._runners.use(
            [_loaded(one, number, symbols, Timeframe.MINUTE) for number, one in enumerate(strategies)]
        )
        self._stored = MemoryMarketData()
        self._instruments = {
            symbol: Instrument(symbol, "XNAS", "USD", Decimal("0.01"), Decimal(1)) for symbol in symbols
        }

    async def hear(self, items: Sequence[Any], now: datetime) -> list[Signal]:
        bars = self.bars.hear(items, now)
        decided = await self._runners.advance(bars, self._stored) if bars else []
        return [
            build_signal(d, artifact=artifact, bar=bar, instrument=self._instruments[bar.symbol], now=now)
            for artifact, bar, d in decided
        ]


async def _tick_to_signal() -> None:
    symbols = _names(_SYMBOLS)
    desk = _Desk(symbols)
    await desk.hear([FeedBack()], _OPEN - _MINUTE)
    gc.collect()
    seconds: list[float] = []
    looks: list[float] = []
    computing: list[float] = []
    for minute in range(2 * _MINUTES):
        start = _OPEN + minute * _MINUTE
        # The clock is looked at ten times a second: shortly before the bars may be closed, for one.
        await desk.hear((), start + timedelta(seconds=1.95))
        if minute % 2:
            began = time.perf_counter()
            await desk.hear((), start + timedelta(seconds=2.05))
            looks.append(time.perf_counter() - began)
        for number, symbol in enumerate(symbols):
            # Behind the lateness of the minute before, so that it closes that minute's bar.
            now = start + timedelta(seconds=2, microseconds=400 * number)
            tick = _tick(symbol, minute, now)
            began, worked = time.perf_counter(), time.thread_time()
            if await desk.hear([tick], now):
                seconds.append(time.perf_counter() - began)
                computing.append(time.thread_time() - worked)
    print(
        f"tick to signal  {quantiles_ms(seconds)}   ({_SYMBOLS} symbols, 6 strategies, {len(seconds)} "
        "signals, nothing stored; to stay under 1 ms)"
    )
    print(f"of which used   {quantiles_ms(computing)}   (what the machine did for others left out)")
    print(f"a look at all   {quantiles_ms(looks)}   (the bars of {_SYMBOLS} quiet symbols at once)")


async def _sustained() -> None:
    symbols = _names(_SYMBOLS)
    desk, queue = _Desk(symbols), FeedQueue(1_000_000)
    total = _TICKS_A_SECOND * _SECONDS
    longest = [0, 0]
    busy = 0.0
    began = time.perf_counter()

    async def say() -> None:
        for number in range(total):
            if number % 100 == 0:
                await asyncio.sleep(max(0.0, began + number / _TICKS_A_SECOND - time.perf_counter()))
                half = 0 if number < total // 2 else 1
                longest[half] = max(longest[half], len(queue))
            # Twenty seconds of the market go by in each of ours, so that bars are closed meanwhile.
            moment = _OPEN + timedelta(microseconds=number * 20 * 1_000_000 // _TICKS_A_SECOND)
            await queue.put(_tick(symbols[number % _SYMBOLS], number, moment))

    saying = asyncio.create_task(say())
    heard = signals = 0
    await desk.hear([FeedBack()], _OPEN - _MINUTE)
    while heard < total:
        items = await queue.heard(1.0)
        started = time.perf_counter()
        if items:
            last = items[-1]
            signals += len(await desk.hear(items, last.ts_event if isinstance(last, Tick) else _OPEN))
        busy += time.perf_counter() - started
        heard += len(items)
    await saying
    took = time.perf_counter() - began
    print(
        f"sustained       {total / took:8.0f} ticks/s for {took:.1f} s, {signals} signals, busy "
        f"{busy / took:.0%}; longest queue {longest[0]} in the first half, {longest[1]} in the second"
    )


def _year_of_minutes(symbols: Sequence[str], timeframe: Timeframe) -> Iterator[Bar]:
    step = 0
    for day in range(_DAYS):
        opening = _OPEN + timedelta(days=day)
        for minute in range(_MINUTES_A_DAY):
            start = opening + minute * _MINUTE
            step += 1
            for number, symbol in enumerate(symbols):
                close = Decimal(10_000 + (step * 37 + number * 11) % 600 + step // 500) / 100
                low, high = close - 1, close + 1
                yield Bar(symbol, timeframe, start, start + _MINUTE, close, high, low, close, Decimal(1000))


async def _year() -> None:
    async with own_database() as url:
        await _replay(url)


async def _replay(url: str) -> None:
    timeframe, symbols = Timeframe.MINUTE, _names(10)
    count = _DAYS * _MINUTES_A_DAY * len(symbols)
    year = list(_year_of_minutes(symbols, timeframe))
    database = PostgresDatabase(url)
    unit_of_work, clock = PostgresUnitOfWork(database), SystemClock()
    receiver = ReceiveBars(unit_of_work=unit_of_work, clock=clock)
    artifacts = (_loaded(ma_crossover_v1.STRATEGY, 1, symbols, timeframe),)
    # Decides on every bar; what it decides is not recorded, since its artifact is in no gate here.
    receiver.use_artifacts(artifacts)
    taken = 0

    async def receive(bars: Sequence[Bar], *, may_signal: Callable[[Bar], bool]) -> BarsReceived:
        nonlocal taken
        received = await receiver.receive(bars, may_signal=lambda bar: False)
        taken += received.new_bars
        return received

    feed = ReplayFeed(lambda: year, clock, FeedPolicy(), speed=None)
    market = FollowMarket(
        feed=feed,
        unit_of_work=unit_of_work,
        receive=receive,
        artifacts=lambda: artifacts,
        limits=TickLimits(),
    )
    await market.prepare()
    started = time.perf_counter()
    async with feed.subscribe(symbols) as stream:
        while taken < count:
            await market.listen(stream)
    took = time.perf_counter() - started
    floor = await _bare_inserts(url, year[: count // 10])
    await database.close()
    print(
        f"a year          {took:8.1f} s for {count} minutes of {len(symbols)} symbols through the live "
        f"path, stored ({took / (10 * floor):.1f} x storing alone; to stay under 60 s)"
    )


async def _bare_inserts(url: str, bars: Sequence[Bar]) -> float:
    database = PostgresDatabase(url)
    renamed = [Bar(f"X{bar.symbol}", *_values(bar)) for bar in bars]
    started = time.perf_counter()
    for start in range(0, len(renamed), 1000):
        async with PostgresUnitOfWork(database).begin() as transaction:
            await transaction.bars.append(renamed[start : start + 1000])
    took = time.perf_counter() - started
    await database.close()
    return took


def _values(bar: Bar) -> tuple[Any, ...]:
    return (bar.timeframe, bar.start, bar.end, bar.open, bar.high, bar.low, bar.close, bar.volume)
