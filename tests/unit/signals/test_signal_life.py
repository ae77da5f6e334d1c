"""What becomes of a signal: approved with its artifact, expired, found again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from jax.domain.audit import TRADER
from jax.domain.bar import Bar, Timeframe
from jax.domain.errors import InvalidValue
from jax.domain.order import Order
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.domain.signal_age import AGE_LIMITS
from jax.domain.signal_filter import SignalFilter
from jax.modules.execution.execute_signal import Executed
from jax.modules.signals.expire_signals import ExpireSignals
from jax.modules.signals.list_signals import ListSignals
from jax.modules.signals.receive_bars import Asked, ReceiveBars
from jax.ports.broker import OrderReport
from jax.ports.errors import OutcomeUnknown
from tests.desk import NOW, Desk, active_artifact, approved_signal, open_desk
from tests.failing_ports import PassingBroker
from tests.floor import open_floor
from tests.integration.trader import approved_strategy
from tests.integration.trader.approved_strategy import LAST_TESTED_DAY, Variant

_SECOND = timedelta(seconds=1)


class LostAnswers(PassingBroker):
    """Nobody knows what became of an order."""

    async def place(self, order: Order) -> OrderReport:
        raise OutcomeUnknown("the line was cut")


async def _receiver(desk: Desk, variant: Variant = approved_strategy.FIRST) -> ReceiveBars:
    """With a strategy that buys on every bar, with a confidence of 0.8."""
    await desk.gate.activate(
        await approved_strategy.draft(desk.unit_of_work, desk.objects, desk.clock, variant=variant)
    )
    receiver = ReceiveBars(unit_of_work=desk.unit_of_work, clock=desk.clock)
    receiver.use_artifacts((await desk.loader().load()).loaded)
    return receiver


def _bar(
    end: datetime, timeframe: Timeframe = Timeframe.DAY, *, close: str = "150", volume: str = "1000"
) -> Bar:
    price = Decimal(close)
    start = end - (timeframe.length or timedelta(hours=6.5))
    return Bar("AAPL", timeframe, start, end, price, price, price, price, Decimal(volume))


async def _stored(desk: Desk, signal_id: str) -> Signal:
    async with desk.unit_of_work.begin() as transaction:
        return await transaction.signals.get(signal_id)


async def _audited(desk: Desk, kind: str) -> list[str]:
    async with desk.unit_of_work.begin() as transaction:
        return [entry.event.subject for entry in await transaction.audit.entries(kind=kind)]


@pytest.mark.parametrize(
    ("confidence", "status"),
    [(None, SignalStatus.PENDING), ("0.81", SignalStatus.PENDING), ("0.8", SignalStatus.APPROVED)],
)
async def test_a_signal_is_approved_with_its_artifact_only_if_that_says_so(
    confidence: str | None, status: SignalStatus
) -> None:
    threshold = None if confidence is None else Decimal(confidence)
    async with open_desk() as desk:
        receiver = await _receiver(desk, Variant(auto_approve_confidence=threshold))
        (signal,) = (await receiver.receive([_bar(NOW)])).signals
        assert await _stored(desk, signal.signal_id) == signal
        approved = await _audited(desk, "signal.approved")
    assert signal.status is status
    is_approved = status is SignalStatus.APPROVED
    assert signal.decided_by == (TRADER if is_approved else None)
    assert approved == ([signal.signal_id] if is_approved else [])


async def test_an_artifact_decides_on_bars_of_its_own_timeframe_and_no_others() -> None:
    variant = Variant(timeframe=Timeframe.FIVE_MINUTES)
    async with open_desk() as desk:
        receiver = await _receiver(desk, variant)
        bars = [_bar(NOW, timeframe) for timeframe in Timeframe]
        (signal,) = (await receiver.receive(bars)).signals
        (loaded,) = (await desk.loader().load()).loaded
    assert loaded.payload.timeframe is Timeframe.FIVE_MINUTES
    assert signal.ts_event == NOW


async def test_no_signal_is_made_on_a_bar_that_only_repeats_the_one_before_it() -> None:
    async with open_desk() as desk:
        receiver = await _receiver(desk)
        received = await receiver.receive([_bar(NOW, volume="0")])
        assert (received.new_bars, received.signals) == (1, ())
        assert await receiver.generate(Asked()) == ()


async def test_no_signal_is_made_on_bars_that_come_too_late_to_act_on() -> None:
    async with open_desk() as desk:
        receiver = await _receiver(desk)
        bars = [_bar(NOW - timedelta(days=days)) for days in (2, 1, 0)]
        received = await receiver.receive(bars, may_signal=lambda bar: bar.end == NOW)
    assert received.new_bars == 3
    assert [signal.ts_event for signal in received.signals] == [NOW]


async def test_a_longer_bar_is_not_told_to_a_venue_that_hears_shorter_ones() -> None:
    heard: list[Bar] = []

    class Ear:
        async def on_bars(self, bars: Sequence[Bar]) -> None:
            heard.extend(bars)

    async with open_desk() as desk:
        receiver = ReceiveBars(unit_of_work=desk.unit_of_work, clock=desk.clock, listeners=[Ear()])
        before = NOW - timedelta(minutes=1)
        await receiver.receive([_bar(before, Timeframe.FIVE_MINUTES)])
        await receiver.receive([_bar(NOW, Timeframe.MINUTE), _bar(NOW, Timeframe.FIVE_MINUTES)])
    assert [(bar.timeframe, bar.end) for bar in heard] == [("5m", before), ("1m", NOW)]


async def test_signals_are_generated_for_an_artifact_that_came_after_the_bar_and_only_once() -> None:
    async with open_desk() as desk:
        before = ReceiveBars(unit_of_work=desk.unit_of_work, clock=desk.clock)
        await before.receive([_bar(NOW - timedelta(days=1)), _bar(NOW)])
        receiver = await _receiver(desk)
        (signal,) = await receiver.generate(Asked())
        assert await receiver.generate(Asked()) == ()
        assert (await receiver.receive([_bar(NOW)])).signals == ()
    assert signal.ts_event == NOW


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        (Asked(symbols=frozenset({"MSFT"})), 0),
        (Asked(symbols=frozenset({"AAPL", "MSFT"})), 1),
        (Asked(strategies=frozenset({"other"})), 0),
        (Asked(strategies=frozenset({"buys_every_bar"})), 1),
    ],
)
async def test_signals_are_generated_for_what_is_asked(asked: Asked, count: int) -> None:
    async with open_desk() as desk:
        await ReceiveBars(unit_of_work=desk.unit_of_work, clock=desk.clock).receive([_bar(NOW)])
        assert len(await (await _receiver(desk)).generate(asked)) == count


async def test_no_signal_is_generated_on_a_bar_that_is_too_old_unless_any_age_will_do() -> None:
    end = NOW - AGE_LIMITS[Timeframe.DAY]
    async with open_desk() as desk:
        await ReceiveBars(unit_of_work=desk.unit_of_work, clock=desk.clock).receive([_bar(end)])
        receiver = await _receiver(desk)
        desk.clock.advance(_SECOND)
        assert await receiver.generate(Asked()) == ()
        assert len(await receiver.generate(Asked(any_age=True))) == 1


async def test_nothing_is_generated_within_the_backtests_window() -> None:
    async with open_desk() as desk:
        await ReceiveBars(unit_of_work=desk.unit_of_work, clock=desk.clock).receive([_bar(LAST_TESTED_DAY)])
        assert await (await _receiver(desk)).generate(Asked(any_age=True)) == ()


@pytest.mark.parametrize("timeframe", Timeframe)
@pytest.mark.parametrize("status", [SignalStatus.PENDING, SignalStatus.APPROVED])
async def test_a_signal_expires_at_the_age_limit_of_its_timeframe(
    timeframe: Timeframe, status: SignalStatus
) -> None:
    threshold = None if status is SignalStatus.PENDING else Decimal("0.1")
    async with open_desk() as desk:
        receiver = await _receiver(desk, Variant(timeframe=timeframe, auto_approve_confidence=threshold))
        (signal,) = (await receiver.receive([_bar(NOW, timeframe)])).signals
        expire = ExpireSignals(unit_of_work=desk.unit_of_work, clock=desk.clock)
        desk.clock.advance(AGE_LIMITS[timeframe])
        assert await expire.run_once() == 0
        desk.clock.advance(_SECOND)
        assert await expire.run_once() == 1
        assert await expire.run_once() == 0
        expired = await _stored(desk, signal.signal_id)
        audited = await _audited(desk, "signal.expired")
    assert (signal.status, expired.status, expired.decided_by) == (status, SignalStatus.EXPIRED, TRADER)
    assert audited == [signal.signal_id]


@pytest.mark.parametrize("status", [SignalStatus.REJECTED, SignalStatus.EXECUTED])
async def test_what_is_over_does_not_expire(status: SignalStatus) -> None:
    async with open_desk() as desk:
        approved = await approved_signal(desk, await active_artifact(desk))
        async with desk.unit_of_work.begin() as transaction:
            await transaction.signals.save(approved.moved_to(status, by="olivia", at=NOW))
        desk.clock.advance(timedelta(days=30))
        assert await ExpireSignals(unit_of_work=desk.unit_of_work, clock=desk.clock).run_once() == 0


async def test_a_signal_with_an_order_does_not_expire() -> None:
    async with open_floor() as floor:
        engine = floor.engine(broker=LostAnswers(floor.desk.broker))
        assert isinstance(await engine.execute("sg1", approved_by="olivia"), Executed)
        status = await floor.signal_status()
        floor.desk.clock.advance(timedelta(days=30))
        expire = ExpireSignals(unit_of_work=floor.desk.unit_of_work, clock=floor.desk.clock)
        assert await expire.run_once() == 0
        assert await floor.signal_status() is status is SignalStatus.APPROVED


async def _three(desk: Desk) -> None:
    """sg1 and sg2 at one moment, sg3 a day before them, rejected, of another symbol."""
    artifact = await active_artifact(desk)
    first = await approved_signal(desk, artifact)
    async with desk.unit_of_work.begin() as transaction:
        await transaction.signals.add(replace(first, signal_id="sg2"))
        other = replace(
            first,
            signal_id="sg3",
            symbol="MSFT",
            side=Side.SELL,
            stop_loss=Decimal(155),
            take_profit=None,
            ts_event=NOW - timedelta(days=1),
            status=SignalStatus.REJECTED,
        )
        await transaction.signals.add(other)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (SignalFilter(), ["sg1", "sg2", "sg3"]),
        (SignalFilter(status=SignalStatus.REJECTED), ["sg3"]),
        (SignalFilter(symbol="AAPL"), ["sg1", "sg2"]),
        (SignalFilter(side=Side.SELL), ["sg3"]),
        (SignalFilter(strategy="other"), []),
        (SignalFilter(strategy="ma_crossover_v1", symbol="MSFT"), ["sg3"]),
        (SignalFilter(since=NOW), ["sg1", "sg2"]),
        (SignalFilter(until=NOW - timedelta(days=1)), ["sg3"]),
        (SignalFilter(since=NOW + _SECOND), []),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3])
async def test_pages_hold_what_is_asked_for_newest_first_and_each_once(
    wanted: SignalFilter, found: list[str], size: int
) -> None:
    async with open_desk() as desk:
        await _three(desk)
        listing = ListSignals(unit_of_work=desk.unit_of_work)
        ids: list[str] = []
        page = await listing.page(wanted, limit=size)
        ids.extend(signal.signal_id for signal in page.signals)
        while page.next_cursor is not None:
            page = await listing.page(wanted, limit=size, cursor=page.next_cursor)
            assert page.signals
            ids.extend(signal.signal_id for signal in page.signals)
    assert ids == found


async def test_what_comes_meanwhile_moves_no_page() -> None:
    async with open_desk() as desk:
        await _three(desk)
        listing = ListSignals(unit_of_work=desk.unit_of_work)
        first = await listing.page(SignalFilter(), limit=2)
        async with desk.unit_of_work.begin() as transaction:
            newer = replace(await transaction.signals.get("sg1"), signal_id="sg0", ts_event=NOW + _SECOND)
            await transaction.signals.add(newer)
        second = await listing.page(SignalFilter(), limit=2, cursor=first.next_cursor)
    assert [signal.signal_id for signal in second.signals] == ["sg3"]


@pytest.mark.parametrize("cursor", ["", "x", "1-", "-sg1", "1e3-sg1", "1-sg 1"])
async def test_a_cursor_that_is_none_is_named(cursor: str) -> None:
    async with open_desk() as desk:
        with pytest.raises(InvalidValue, match="cursor"):
            await ListSignals(unit_of_work=desk.unit_of_work).page(SignalFilter(), limit=1, cursor=cursor)


def test_every_timeframe_has_an_age_limit_and_the_longer_one_the_longer() -> None:
    limits = [AGE_LIMITS[timeframe] for timeframe in Timeframe]
    assert limits == sorted(limits)
    assert all(limit > (timeframe.length or timedelta(days=1)) for timeframe, limit in AGE_LIMITS.items())
