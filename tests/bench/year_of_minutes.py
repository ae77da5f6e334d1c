"""A year of minutes of ten symbols as the live path takes it: read, stored, decided on, signaled."""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from jax.adapters.market_feeds.bar_file import bars_in_file, line_of
from jax.adapters.market_feeds.feed_policy import FeedPolicy
from jax.adapters.market_feeds.replay_feed import OVER, ReplayFeed
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.domain.artifact import Artifact
from jax.domain.bar import Bar, Timeframe
from jax.domain.instrument import Instrument
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.session import ExchangeSession
from jax.domain.tick_limits import TickLimits
from jax.modules.signals.follow_market import FollowMarket
from jax.modules.signals.receive_bars import BarsReceived, ReceiveBars
from jax.ports.unit_of_work import UnitOfWork
from tests.bench.own_database import own_database
from tests.gate_walk import store_draft

_OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_DAYS = 252
_MINUTES_A_DAY = 390
_BARE_BARS = 100_000
_CENTS = Decimal("0.01")


async def run(loaded: LoadedArtifact) -> None:
    """`loaded` decides on every bar of its symbols."""
    symbols = loaded.payload.symbols
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(map(line_of, _minutes(symbols)))
        async with own_database() as url:
            database = PostgresDatabase(url)
            await _replay(PostgresUnitOfWork(database), path, loaded)
            await database.close()


async def _replay(unit_of_work: UnitOfWork, path: Path, loaded: LoadedArtifact) -> None:
    await _prepare(unit_of_work, loaded)
    clock, symbols = SystemClock(), loaded.payload.symbols
    count = _DAYS * _MINUTES_A_DAY * len(symbols)
    feed = ReplayFeed(lambda: bars_in_file(path), clock, FeedPolicy(), speed=None)
    receiver = ReceiveBars(unit_of_work=unit_of_work, clock=clock)
    receiver.use_artifacts([loaded])
    stored: Counter[str] = Counter()

    async def receive(bars: Sequence[Bar], *, may_signal: Callable[[Bar], bool]) -> BarsReceived:
        received = await receiver.receive(bars, may_signal=may_signal)
        stored.update(bars=received.new_bars, signals=len(received.signals))
        return received

    market = FollowMarket(
        feed=feed,
        unit_of_work=unit_of_work,
        receive=receive,
        artifacts=lambda: [loaded],
        limits=TickLimits(),
    )
    await market.prepare()
    started, worked = time.perf_counter(), time.process_time()
    async with feed.subscribe(symbols) as stream:
        while not any(OVER in alarm for alarm in market.alarms()):
            await market.listen(stream)
    took, busy = time.perf_counter() - started, time.process_time() - worked
    if stored["bars"] != count:
        raise RuntimeError(f"{stored['bars']} of {count} bars were stored: {market.alarms()}")
    floor = await _bare_inserts(unit_of_work, path)
    print(
        f"a year          {took:8.1f} s for {count} minutes of {len(symbols)} symbols, with "
        f"{stored['signals']} signals, through the live path, stored ({busy:.1f} s of a processor here; "
        f"{took / (count * floor):.1f} x storing alone; to stay under 60 s)"
    )


async def _prepare(unit_of_work: UnitOfWork, loaded: LoadedArtifact) -> None:
    payload = loaded.payload
    draft = Artifact(
        artifact_id=loaded.artifact_id,
        name=payload.name,
        version=payload.version,
        author=payload.author,
        payload=payload.encoded(),
        payload_sha256=loaded.payload_sha256,
        created_at=_OPEN,
    )
    await store_draft(unit_of_work, draft)
    opens = [_OPEN + timedelta(days=day) for day in range(_DAYS)]
    hours = _MINUTES_A_DAY * _MINUTE
    async with unit_of_work.begin() as transaction:
        await transaction.reference.put_sessions(
            [ExchangeSession("XNAS", at.date(), at, at + hours, is_half_day=False) for at in opens], []
        )
        await transaction.reference.put_instruments(
            [Instrument(symbol, "XNAS", "USD", _CENTS, Decimal(1)) for symbol in payload.symbols]
        )


async def _bare_inserts(unit_of_work: UnitOfWork, path: Path) -> float:
    """Seconds a bar."""
    bars = [
        replace(bar, symbol=f"X{bar.symbol}")
        for bar, _ in zip(bars_in_file(path), range(_BARE_BARS), strict=False)
    ]
    started = time.perf_counter()
    for start in range(0, len(bars), 5000):
        async with unit_of_work.begin() as transaction:
            await transaction.bars.append(bars[start : start + 5000])
    return (time.perf_counter() - started) / len(bars)


def _minutes(symbols: Sequence[str]) -> Iterator[Bar]:
    """Each symbol's price walks as a share's does, 0.06 % a minute."""
    walk, prices = random.Random(1), dict.fromkeys(symbols, 100.0)
    for day in range(_DAYS):
        for minute in range(_MINUTES_A_DAY):
            start = _OPEN + timedelta(days=day) + minute * _MINUTE
            for symbol in symbols:
                steps = [prices[symbol]]
                for _ in range(3):
                    steps.append(steps[-1] * (1 + walk.gauss(0, 0.00035)))
                prices[symbol] = steps[-1]
                first, high, low, last = (
                    Decimal(price).quantize(_CENTS) for price in (steps[0], max(steps), min(steps), steps[-1])
                )
                volume = Decimal(walk.randrange(100, 5000))
                yield Bar(symbol, Timeframe.MINUTE, start, start + _MINUTE, first, high, low, last, volume)
