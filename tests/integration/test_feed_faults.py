"""Feeds that lie, stop and come back: bars are right or STALE, and nothing is signaled on what is stale."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from jax.adapters.memory.clock import SettableClock
from jax.domain.bar import Bar, Timeframe
from jax.domain.session import ExchangeSession
from jax.domain.signal import Signal
from jax.domain.tick import Tick
from jax.domain.tick_limits import TickLimits
from jax.modules.signals.follow_market import FollowMarket
from jax.modules.signals.receive_bars import BarsReceived, ReceiveBars
from jax.ports.market_feed import FeedBack, FeedItem, FeedLost, FeedStream
from tests.desk import NOW, Desk, open_desk
from tests.failing_ports import FailingUnitOfWork, Fault, Fuse
from tests.integration.trader import approved_strategy
from tests.integration.trader.approved_strategy import Variant

_MINUTE = timedelta(minutes=1)
_OPEN = NOW + timedelta(minutes=2)


@dataclass
class Said:
    """A feed that says what it is told, at the time that it is told."""

    clock: SettableClock
    name: str = "said"
    items: list[FeedItem] = field(default_factory=list)

    def now(self) -> datetime:
        return self.clock.now()

    async def heard(self, within_seconds: float) -> Sequence[FeedItem]:
        await asyncio.sleep(0)
        items, self.items = self.items[:1000], self.items[1000:]
        return items

    @asynccontextmanager
    async def subscribe(self, symbols: object) -> AsyncIterator[FeedStream]:
        yield self


@dataclass
class House:
    """A strategy that buys on every bar of a minute, and the feed that it follows."""

    desk: Desk
    said: Said
    market: FollowMarket
    signals: list[Signal]
    fuse: Fuse

    async def at(self, seconds: float, *items: FeedItem) -> None:
        """So long after the opening the feed says this."""
        ahead = _OPEN + timedelta(seconds=seconds) - self.desk.clock.now()
        self.desk.clock.advance(ahead)
        self.said.items.extend(items)
        await self.market.listen(self.said)

    async def stored(self) -> Sequence[Bar]:
        async with self.desk.unit_of_work.begin() as transaction:
            return await transaction.bars.bars("AAPL", Timeframe.MINUTE)

    @property
    def signaled(self) -> list[float]:
        """The ends of the bars that were signaled on, in minutes after the opening."""
        return [(signal.ts_event - _OPEN) / _MINUTE for signal in self.signals]


def _tick(seconds: float, price: str = "100", name: str | None = None) -> Tick:
    moment = _OPEN + timedelta(seconds=seconds)
    return Tick("AAPL", Decimal(price), Decimal(1), moment, name or moment.isoformat())


@asynccontextmanager
async def _house() -> AsyncIterator[House]:
    async with open_desk() as desk:
        desk.clock.advance(_MINUTE)
        async with desk.unit_of_work.begin() as transaction:
            session = ExchangeSession("XNAS", _OPEN.date(), _OPEN, _OPEN + timedelta(hours=6.5), False)
            await transaction.reference.put_sessions([session], [])
        variant = Variant(timeframe=Timeframe.MINUTE)
        draft = await approved_strategy.draft(desk.unit_of_work, desk.objects, desk.clock, variant=variant)
        await desk.gate.activate(draft)
        loaded = (await desk.loader().load()).loaded
        fuse = Fuse()
        receiver = ReceiveBars(unit_of_work=FailingUnitOfWork(desk.unit_of_work, fuse), clock=desk.clock)
        receiver.use_artifacts(loaded)
        signals: list[Signal] = []

        async def receive(bars: Sequence[Bar], *, may_signal: Callable[[Bar], bool]) -> BarsReceived:
            received = await receiver.receive(bars, may_signal=may_signal)
            signals.extend(received.signals)
            return received

        said = Said(desk.clock)
        market = FollowMarket(
            feed=said,
            unit_of_work=desk.unit_of_work,
            receive=receive,
            artifacts=lambda: loaded,
            limits=TickLimits(),
        )
        await market.prepare()
        said.items.append(FeedBack())
        await market.listen(said)
        yield House(desk, said, market, signals, fuse)


async def test_ticks_become_bars_and_bars_signals() -> None:
    async with _house() as house:
        await house.at(1, _tick(1))
        await house.at(30, _tick(30, "101"))
        await house.at(62, _tick(61, "102"))
        await house.at(122)
        stored = await house.stored()
    assert house.signaled == [1, 2]
    assert [(bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in stored] == [
        tuple(map(Decimal, (100, 101, 100, 101, 2))),
        tuple(map(Decimal, (102, 102, 102, 102, 1))),
    ]


async def test_duplicate_ticks_change_no_bar_and_no_signal() -> None:
    async with _house() as house:
        await house.at(1, _tick(1), _tick(1))
        await house.at(30, _tick(30), _tick(1))
        await house.at(62, _tick(30), _tick(61))
        await house.at(122, _tick(61))
        stored = await house.stored()
    assert house.signaled == [1, 2]
    assert [bar.volume for bar in stored] == [2, 1]


async def test_out_of_order_ticks_give_the_bars_of_their_order() -> None:
    async with _house() as house:
        await house.at(31, _tick(30, "101"), _tick(29.5, "99"), _tick(31, "103"))
        await house.at(61.5, _tick(60.5, "110"), _tick(59.9, "104"))
        await house.at(122)
        first, second = await house.stored()
    assert (first.open, first.high, first.low, first.close) == tuple(map(Decimal, (99, 104, 99, 104)))
    assert second.open == 110
    assert house.signaled == [1, 2]


async def test_a_late_tick_makes_the_bar_that_has_begun_stale_and_nothing_is_signaled_on_it() -> None:
    async with _house() as house:
        await house.at(1, _tick(1))
        await house.at(62, _tick(61))
        await house.at(70, _tick(59, "500", "late"))
        await house.at(125, _tick(124))
        await house.at(182)
        stored = await house.stored()
    assert house.signaled == [1, 3]
    assert [(bar.end - _OPEN) / _MINUTE for bar in stored] == [1, 3]
    assert all(bar.high == 100 for bar in stored)


async def test_in_ten_minutes_of_silence_and_in_the_bar_that_ends_them_nothing_is_signaled() -> None:
    async with _house() as house:
        await house.at(1, _tick(1))
        for second in range(62, 660, 10):
            await house.at(second)
        await house.at(661, _tick(661, "90"))
        await house.at(725, _tick(724))
        await house.at(782)
        stored = await house.stored()
    assert house.signaled == [1, 13]
    # One interval is a gap, which is stored as what it is: a price that is repeated, and no volume.
    assert [((bar.end - _OPEN) / _MINUTE, bar.only_repeats) for bar in stored] == [
        (1, False),
        (2, True),
        (13, False),
    ]


async def test_in_a_storm_of_reconnects_no_bar_is_believed_that_may_lack_a_tick() -> None:
    async with _house() as house:
        await house.at(1, _tick(1))
        await house.at(59, _tick(59))
        await house.at(62)
        for second in range(63, 180, 3):
            await house.at(second, FeedLost("gone"), FeedBack(), _tick(second - 0.5))
        await house.at(182, _tick(181))
        await house.at(242)
        alarms = house.market.alarms()
    assert house.signaled == [1, 4]
    assert alarms == ()


async def test_nothing_is_signaled_while_the_feed_is_away_and_people_are_told() -> None:
    async with _house() as house:
        await house.at(1, _tick(1))
        await house.at(30, FeedLost("the line was cut"))
        await house.at(62)
        (alarm,) = house.market.alarms()
        await house.at(122)
        stored = await house.stored()
    assert "the line was cut" in alarm
    assert (house.signaled, stored) == ([], ())


async def test_nothing_is_signaled_on_bars_that_waited_too_long_for_us() -> None:
    async with _house() as house:
        await house.at(1, _tick(1))
        # The process stood still for two minutes; the tick that shows it is one of now.
        await house.at(185, _tick(184))
        await house.at(242)
        stored = await house.stored()
    assert 1 in [(bar.end - _OPEN) / _MINUTE for bar in stored]
    assert 1 not in house.signaled


@pytest.mark.parametrize("fault", [Fault.REFUSED_BEFORE, Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_a_database_that_is_away_for_a_moment_loses_no_bar_and_repeats_no_signal(fault: Fault) -> None:
    async with _house() as house:
        await house.at(1, _tick(1))
        house.fuse.at, house.fuse.fault = house.fuse.calls + 1, fault
        await house.at(62, _tick(61))
        await house.at(122)
        async with house.desk.unit_of_work.begin() as transaction:
            signals = await transaction.signals.list(limit=100)
        stored = await house.stored()
    assert len(stored) == 2
    assert sorted((signal.ts_event - _OPEN) / _MINUTE for signal in signals) == [1, 2]


async def test_a_bar_that_cannot_be_stored_keeps_no_other_out_and_is_told() -> None:
    async with _house() as house:
        async with house.desk.unit_of_work.begin() as transaction:
            start = _OPEN + 4 * _MINUTE
            prices = (Decimal(7),) * 4
            await transaction.bars.append(
                [Bar("AAPL", Timeframe.MINUTE, start, start + _MINUTE, *prices, Decimal(1))]
            )
        for second in (1, 61, 121, 181, 241, 301):
            await house.at(second, _tick(second))
        await house.at(362)
        alarms = house.market.alarms()
        stored = await house.stored()
    assert len(stored) == 2
    assert any("was refused" in alarm for alarm in alarms)


async def test_bars_that_the_feed_has_itself_are_taken_instead_of_those_of_ticks() -> None:
    own = Bar("AAPL", Timeframe.MINUTE, _OPEN, _OPEN + _MINUTE, *(Decimal(77),) * 4, Decimal(5))
    async with _house() as house:
        await house.at(1, _tick(1))
        await house.at(60.5, own)
        await house.at(62, own)
        await house.at(122)
        stored = await house.stored()
    assert list(stored) == [own]
    assert house.signaled == [1]
