"""The plan's third scenario: a week of minutes through the live path gives the same signals and decisions.

Twice in fresh databases, and once more by traders that die on the way: before bars are stored, and between
their signals and what is decided on them.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest

from jax.adapters.market_feeds.bar_file import bars_in_file, line_of
from jax.adapters.market_feeds.feed_policy import FeedPolicy
from jax.adapters.market_feeds.replay_feed import OVER, ReplayFeed
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.domain.artifact import Artifact
from jax.domain.audit import TRADER, first_broken_entry
from jax.domain.bar import Bar, Timeframe
from jax.domain.canonical_json import Json
from jax.domain.derived_id import signal_id
from jax.domain.signal import Signal, SignalStatus
from jax.domain.tick_limits import TickLimits
from jax.domain.trade import Trade
from jax.modules.execution.execute_signal import ExecuteSignal
from jax.modules.signals.follow_market import FollowMarket
from jax.modules.signals.receive_bars import BarsReceived, ReceiveBars
from tests.desk import ACCOUNT, LIMITS, NOW, Desk, active_artifact, open_desk, submission
from tests.failing_ports import Crash, FailingUnitOfWork, Fault, Fuse
from tests.floor import Floor
from tests.postgres_server import fresh_database

_SYMBOLS = ("AAPL", "MSFT")
_OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
_DAYS, _MINUTES = 5, 390
_MINUTE = timedelta(minutes=1)
# So long is a minute on the clock here, so that the week goes by within the desk's one session.
_STEP = timedelta(seconds=10)
_DECISIONS = ("order.decided", "order.denied")
_LIMITS = replace(LIMITS, sizing=replace(LIMITS.sizing, max_order_notional=Decimal(4_000)))


def _week() -> Iterator[Bar]:
    walk, prices = random.Random(7), dict.fromkeys(_SYMBOLS, 100.0)
    for day in range(_DAYS):
        for minute in range(_MINUTES):
            start = _OPEN + timedelta(days=day) + minute * _MINUTE
            for symbol in _SYMBOLS:
                path = [prices[symbol]]
                for _ in range(3):
                    path.append(path[-1] * (1 + walk.gauss(0, 0.0005)))
                prices[symbol] = path[-1]
                first, high, low, last = (
                    Decimal(f"{price:.2f}") for price in (path[0], max(path), min(path), path[-1])
                )
                volume = Decimal(walk.randrange(500, 5000))
                yield Bar(symbol, Timeframe.MINUTE, start, start + _MINUTE, first, high, low, last, volume)


@dataclass(frozen=True)
class Left:
    """What a week leaves in the database."""

    artifact: Artifact
    signals: tuple[Signal, ...]
    decisions: tuple[tuple[str, str, Json], ...]
    trades: tuple[Trade, ...]


@dataclass
class _Trader:
    """Lives until its fuse goes off, or until it is to execute signal number `dies_at`."""

    desk: Desk
    engine: ExecuteSignal
    receiver: ReceiveBars
    dies_at: int
    executed: int = 0

    async def receive(self, bars: Sequence[Bar], *, may_signal: Callable[[Bar], bool]) -> BarsReceived:
        """However many come at once, what is approved is executed in the market of its moment."""
        new = 0
        signals: list[Signal] = []
        for end, together in groupby(bars, key=lambda bar: bar.end):
            self.desk.clock.advance(max(timedelta(0), _moment_of(end) - self.desk.clock.now()))
            received = await self.receiver.receive(list(together), may_signal=may_signal)
            await self.execute(received.signals)
            new += received.new_bars
            signals.extend(received.signals)
        return BarsReceived(new, tuple(signals))

    async def execute(self, signals: Sequence[Signal]) -> None:
        for signal in signals:
            if signal.status is not SignalStatus.APPROVED:
                continue
            self.executed += 1
            if self.executed == self.dies_at:
                raise Crash(signal.signal_id)
            await self.engine.execute(signal.signal_id, approved_by=TRADER)

    async def execute_what_is_left(self) -> None:
        """Approved by the trader before, which then died."""
        async with self.desk.unit_of_work.begin() as transaction:
            approved = await transaction.signals.list(status=SignalStatus.APPROVED, limit=1000)
            denied = await transaction.audit.entries(kind="order.denied", limit=10_000)
        told = {entry.event.subject for entry in denied}
        left = [signal for signal in approved if signal.signal_id not in told]
        await self.execute(sorted(left, key=lambda signal: (signal.ts_event, signal.symbol)))


def _moment_of(end: datetime) -> datetime:
    day, within = divmod(end - _OPEN, timedelta(days=1))
    return NOW + (day * _MINUTES + within / _MINUTE) * _STEP


async def _started(desk: Desk, artifact: Artifact, fuse: Fuse, dies_at: int) -> _Trader:
    async with desk.unit_of_work.begin() as transaction:
        epoch = await transaction.orders.raise_epoch(ACCOUNT)
    receiver = ReceiveBars(
        unit_of_work=FailingUnitOfWork(desk.unit_of_work, fuse), clock=desk.clock, listeners=[desk.broker]
    )
    receiver.use_artifacts((await desk.loader().load()).loaded)
    await desk.broker.raise_epoch(ACCOUNT, epoch)
    trader = _Trader(desk, Floor(desk, artifact, epoch).engine(limits=_LIMITS), receiver, dies_at)
    await trader.execute_what_is_left()
    return trader


async def _follow(trader: _Trader, file: Path) -> None:
    """To the end of the week."""
    loaded = (await trader.desk.loader().load()).loaded
    feed = ReplayFeed(lambda: bars_in_file(file), SystemClock(), FeedPolicy(), speed=None)
    market = FollowMarket(
        feed=feed,
        unit_of_work=trader.desk.unit_of_work,
        receive=trader.receive,
        artifacts=lambda: loaded,
        limits=TickLimits(),
    )
    await market.prepare()
    async with feed.subscribe(_SYMBOLS) as stream:
        while not any(OVER in alarm for alarm in market.alarms()):
            await market.listen(stream)


async def _week_of(url: str, file: Path, *deaths: tuple[Fuse, int]) -> Left:
    """One trader for each of `deaths`, and one that sees the week to its end."""
    database = PostgresDatabase(url)
    try:
        async with open_desk(PostgresUnitOfWork(database)) as desk:
            plain = submission(last_end=_OPEN - timedelta(days=1))
            artifact = await active_artifact(
                desk,
                replace(
                    plain,
                    data=replace(plain.data, symbols=_SYMBOLS, timeframe=Timeframe.MINUTE),
                    risk=replace(plain.risk, auto_approve_confidence=Decimal("0.7")),
                ),
            )
            for fuse, dies_at in deaths:
                with pytest.raises(Crash):
                    await _follow(await _started(desk, artifact, fuse, dies_at), file)
            await _follow(await _started(desk, artifact, Fuse(), 0), file)
            return await _left(desk, artifact)
    finally:
        await database.close()


async def _left(desk: Desk, artifact: Artifact) -> Left:
    async with desk.unit_of_work.begin() as transaction:
        signals = await transaction.signals.list(limit=1000)
        entries = list(await transaction.audit.entries(limit=100_000))
        bars = [await transaction.bars.bars(symbol, Timeframe.MINUTE) for symbol in _SYMBOLS]
        traded = [await transaction.orders.trade_of_signal(one.signal_id) for one in signals]
    assert [len(series) for series in bars] == [_DAYS * _MINUTES] * len(_SYMBOLS)
    assert first_broken_entry(entries) is None
    events = [entry.event for entry in entries]
    decisions = [(one.kind, one.subject, one.data) for one in events if one.kind in _DECISIONS]
    trades = [found[0] for found in traded if found is not None]
    return Left(artifact, tuple(signals), tuple(decisions), tuple(trades))


def test_a_week_of_minutes_gives_the_same_signals_and_decisions_however_often_it_is_played(
    tmp_path: Path, postgres_server_url: str, migrated_template_url: str
) -> None:
    file = tmp_path / "week.jsonl"
    file.write_text("".join(map(line_of, _week())))

    def played(*deaths: tuple[Fuse, int]) -> Left:
        with fresh_database(postgres_server_url, template=migrated_template_url) as url:
            return asyncio.run(_week_of(url, file, *deaths))

    first = played()
    assert played() == first
    before_it_is_stored, after_it_is_stored = Fuse(700, Fault.CRASH_BEFORE), Fuse()
    assert played((before_it_is_stored, 0), (after_it_is_stored, 20)) == first

    assert {signal.signal_id for signal in first.signals} == {
        signal_id(
            strategy=first.artifact.name,
            artifact_hash=first.artifact.payload_sha256,
            symbol=signal.symbol,
            bar_end=signal.ts_event,
        )
        for signal in first.signals
    }
    kinds = Counter(kind for kind, _, _ in first.decisions)
    approved = [signal for signal in first.signals if signal.status is not SignalStatus.PENDING]
    assert len(first.signals) > len(approved) == sum(kinds.values()) > 40
    assert min(kinds[kind] for kind in _DECISIONS) > 10
    assert len(first.trades) == kinds["order.decided"]
