"""From a tick to a signal, ten thousand ticks a second, and a year of minutes through the live path."""

import asyncio
import gc
import time
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from jax.adapters.market_feeds.feed_queue import FeedQueue
from jax.adapters.memory.market_data import MemoryMarketData
from jax.domain.artifact_payload import payload_of
from jax.domain.bar import Timeframe
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
from jax.modules.signals.strategy_runners import StrategyRunners
from jax.ports.market_feed import FeedBack
from tests.bench import year_of_minutes
from tests.bench.stopwatch import quantiles_ms
from tests.unit.domain.test_artifact_payload import a_document

_OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_SYMBOLS = 100
_MINUTES = 60
_TICKS_A_SECOND = 10_000
_SECONDS = 5


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
    minutes = _loaded(ma_crossover_v1.STRATEGY, 1, _names(10), Timeframe.MINUTE)
    await year_of_minutes.run(minutes)


def _loaded(strategy: Strategy, number: int, symbols: Sequence[str], timeframe: Timeframe) -> LoadedArtifact:
    document = deepcopy(a_document())
    document["name"], document["version"] = strategy.name, f"{number}.0.0"
    document["data"]["symbols"] = sorted(symbols)
    if timeframe is not Timeframe.DAY:
        document["data"]["timeframe"] = str(timeframe)
    payload = payload_of(document)
    sha256 = sha256_of(payload.encoded())
    return LoadedArtifact(f"art-{number}", sha256, payload, strategy, strategy.params, "desk", sha256)


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
