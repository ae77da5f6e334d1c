"""Bars become signals once, exactly as one uninterrupted run would have made them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from jax.domain.bar import Bar, Timeframe
from jax.domain.errors import InvalidValue
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.domain.strategies.ma_crossover_v1 import REASONS, STRATEGY
from jax.domain.strategy import BUY, NO_DECISION, NOTHING, SELL, BarValues, Decision, Strategy
from jax.domain.strategy_runner import StrategyRunner, bar_values
from jax.modules.signals.build_signal import build_signal
from jax.modules.signals.decide_signal import DecideSignal
from jax.modules.signals.receive_bars import ReceiveBars
from jax.ports.errors import Conflict, OutcomeUnknown, Unavailable
from tests.desk import APPLE, NOW, Desk, active_artifact, open_desk, submission
from tests.failing_ports import FailingUnitOfWork, Fault, Fuse
from tests.replay.record_histories import random_walk

_FIRST_END = datetime(2020, 1, 1, 21, tzinfo=UTC)
_HISTORY = 400
_DATA_TO = _FIRST_END + timedelta(days=_HISTORY - 1)


def _bars(count: int = 700, symbol: str = "AAPL") -> list[Bar]:
    def bar(number: int, values: Sequence[float]) -> Bar:
        end = _FIRST_END + timedelta(days=number)
        prices = [Decimal(str(value)) for value in values[:5]]
        return Bar(symbol, Timeframe.DAY, end - timedelta(hours=6), end, *prices)

    return [bar(number, values) for number, values in enumerate(random_walk(1)[:count])]


def _expected(bars: Sequence[Bar]) -> list[tuple[datetime, int]]:
    """What one run over everything decides after the history."""
    runner = StrategyRunner(STRATEGY, STRATEGY.params)
    decided = [(bar.end, runner.on_bar(bar_values(bar)).action) for bar in bars]
    return [(end, action) for end, action in decided if action != NOTHING and end > _DATA_TO]


def _seen(signals: Sequence[Signal]) -> list[tuple[datetime, int]]:
    return [(signal.ts_event, signal.side.sign) for signal in signals]


class Ear:
    """A BarListener that remembers, unless it is deaf."""

    def __init__(self) -> None:
        self.heard: list[Bar] = []
        self.deaf = False

    async def on_bars(self, bars: Sequence[Bar]) -> None:
        if self.deaf:
            raise Unavailable("the listener cannot write")
        self.heard.extend(bars)


async def _receiver(desk: Desk, ear: Ear | None = None, fuse: Fuse | None = None) -> ReceiveBars:
    receiver = ReceiveBars(
        unit_of_work=desk.unit_of_work if fuse is None else FailingUnitOfWork(desk.unit_of_work, fuse),
        clock=desk.clock,
        listeners=[ear] if ear else [],
    )
    receiver.use_artifacts(await _loaded(desk))
    return receiver


async def _loaded(desk: Desk) -> tuple[LoadedArtifact, ...]:
    found = await desk.loader().load()
    if not found.loaded:
        window = submission()
        data = replace(window.data, first_end=_FIRST_END, last_end=_DATA_TO)
        await active_artifact(desk, replace(window, data=data))
        found = await desk.loader().load()
    return found.loaded


async def test_signals_are_those_of_one_run_over_everything_whatever_the_batches() -> None:
    bars = _bars()
    expected = _expected(bars)
    assert len(expected) >= 8
    for size in (1, 7, len(bars)):
        async with open_desk() as desk:
            receiver = await _receiver(desk)
            await receiver.receive(bars[:_HISTORY])
            signals: list[Signal] = []
            for start in range(_HISTORY, len(bars), size):
                signals.extend((await receiver.receive(bars[start : start + size])).signals)
        assert _seen(signals) == expected


async def test_bars_within_the_backtests_window_make_no_signal() -> None:
    async with open_desk() as desk:
        receiver = await _receiver(desk)
        outcome = await receiver.receive(_bars(_HISTORY))
        assert (outcome.new_bars, outcome.signals) == (_HISTORY, ())


async def test_a_restart_in_between_changes_nothing_and_repeats_nothing() -> None:
    bars = _bars()
    async with open_desk() as desk:
        signals: list[Signal] = []
        for start in range(0, len(bars), 50):
            receiver = await _receiver(desk)
            signals.extend((await receiver.receive(bars[start : start + 50])).signals)
            again = await receiver.receive(bars[start : start + 50])
            assert (again.new_bars, again.signals) == (0, ())
        async with desk.unit_of_work.begin() as transaction:
            stored = await transaction.signals.list(limit=1000)
            entries = await transaction.audit.entries(kind="signal.generated")
    assert _seen(signals) == _expected(bars)
    assert len(stored) == len(entries) == len(signals)


@pytest.mark.parametrize("fault", [Fault.REFUSED_BEFORE, Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_a_commit_that_fails_leaves_the_strategy_where_the_store_is(fault: Fault) -> None:
    bars = _bars()
    async with open_desk() as desk:
        fuse = Fuse()
        receiver = await _receiver(desk, fuse=fuse)
        await receiver.receive(bars[:_HISTORY])
        for start in range(_HISTORY, len(bars), 20):
            fuse.at, fuse.fault = fuse.calls + 1, fault
            with pytest.raises(Exception, match="commit"):
                await receiver.receive(bars[start : start + 20])
            await receiver.receive(bars[start : start + 20])
        async with desk.unit_of_work.begin() as transaction:
            stored = list(await transaction.signals.list(limit=1000))
    assert sorted(_seen(stored)) == _expected(bars)


async def test_listeners_hear_new_bars_once_they_are_stored_and_only_those() -> None:
    bars, ear, fuse = _bars(6), Ear(), Fuse()
    async with open_desk() as desk:
        receiver = await _receiver(desk, ear, fuse)
        await receiver.receive(list(reversed(bars[:4])))
        await receiver.receive(bars[2:5])
        assert ear.heard == bars[:5]
        fuse.at, fuse.fault = fuse.calls + 1, Fault.REFUSED_BEFORE
        with pytest.raises(Exception, match="commit"):
            await receiver.receive(bars[5:])
        assert ear.heard == bars[:5]


async def test_a_listener_that_failed_hears_the_bars_when_the_caller_tries_again() -> None:
    bars, ear = _bars(3), Ear()
    async with open_desk() as desk:
        receiver = await _receiver(desk, ear)
        ear.deaf = True
        with pytest.raises(Unavailable):
            await receiver.receive(bars)
        ear.deaf = False
        assert (await receiver.receive(bars)).new_bars == 0
    assert ear.heard == bars


async def test_listeners_that_missed_bars_in_a_crash_are_told_the_newest_again() -> None:
    bars, ear = _bars(5), Ear()
    async with open_desk() as desk:
        await (await _receiver(desk)).receive(bars)
        receiver = await _receiver(desk, ear)
        await receiver.tell_newest()
    assert ear.heard == [bars[-1]]


async def test_a_bar_that_strategies_have_passed_is_refused_whole() -> None:
    bars = _bars(6)
    async with open_desk() as desk:
        receiver = await _receiver(desk)
        await receiver.receive([*bars[:2], *bars[3:5]])
        with pytest.raises(InvalidValue, match="send them in order"):
            await receiver.receive([bars[2], bars[5]])
        async with desk.unit_of_work.begin() as transaction:
            assert len(await transaction.bars.bars("AAPL", Timeframe.DAY)) == 4


async def test_a_bar_that_is_not_over_is_refused_so_that_it_cannot_shut_out_those_before_it() -> None:
    bars = _bars(3)
    async with open_desk() as desk:
        receiver = await _receiver(desk)
        ahead = NOW + timedelta(seconds=1)
        with pytest.raises(InvalidValue, match="in the future"):
            await receiver.receive([*bars[:2], replace(bars[2], end=ahead)])
        assert (await receiver.receive([*bars[:2], replace(bars[2], end=NOW)])).new_bars == 3


async def test_a_stored_bar_with_other_values_conflicts() -> None:
    bars = _bars(3)
    async with open_desk() as desk:
        receiver = await _receiver(desk)
        await receiver.receive(bars)
        with pytest.raises(Conflict):
            await receiver.receive([replace(bars[1], volume=bars[1].volume + 1)])


async def test_an_artifact_that_is_no_longer_used_decides_nothing() -> None:
    bars = _bars()
    async with open_desk() as desk:
        receiver = await _receiver(desk)
        await receiver.receive(bars[:_HISTORY])
        receiver.use_artifacts([])
        assert (await receiver.receive(bars[_HISTORY:500])).signals == ()
        receiver.use_artifacts(await _loaded(desk))
        rest = (await receiver.receive(bars[500:])).signals
    assert _seen(rest) == [found for found in _expected(bars) if found[0] > bars[499].end]


async def test_symbols_of_other_instruments_are_stored_and_make_no_signal() -> None:
    bars = _bars(700, symbol="MSFT")
    async with open_desk() as desk:
        receiver = await _receiver(desk)
        outcome = await receiver.receive(bars)
    assert (outcome.new_bars, outcome.signals) == (700, ())


async def test_a_signal_that_cannot_be_built_is_in_the_audit_log_with_its_reason() -> None:
    bars = [replace(bar, symbol="NEWCO") for bar in _bars()]
    async with open_desk() as desk:
        window = submission()
        data = replace(window.data, first_end=_FIRST_END, last_end=_DATA_TO, symbols=("NEWCO",))
        await active_artifact(desk, replace(window, data=data))
        receiver = await _receiver(desk)
        outcome = await receiver.receive(bars)
        async with desk.unit_of_work.begin() as transaction:
            skipped = await transaction.audit.entries(kind="signal.skipped")
    assert outcome.signals == ()
    assert len(skipped) == len(_expected(bars))
    assert "NEWCO" in str(skipped[0].event.data)


async def _one_loaded() -> LoadedArtifact:
    async with open_desk() as desk:
        (loaded,) = await _loaded(desk)
        return loaded


async def test_a_signals_prices_lie_on_the_increment_and_name_the_artifact() -> None:
    loaded, bar = await _one_loaded(), _bars(1)[0]
    close = float(bar.close)
    decision = Decision(BUY, 0.73, close, close - 1.2345, close + 2.3456, close + 3.0, 1)
    signal = build_signal(decision, artifact=loaded, bar=bar, instrument=APPLE, now=NOW)
    assert signal.side is Side.BUY
    assert signal.entry_price == bar.close
    assert signal.take_profit is not None
    assert all(APPLE.is_on_increment(price) for price in (signal.stop_loss, signal.take_profit))
    assert abs(signal.stop_loss - (bar.close - Decimal("1.2345"))) <= Decimal("0.005")
    assert abs(signal.take_profit - (bar.close + Decimal("2.3456"))) <= Decimal("0.005")
    assert (signal.confidence, signal.reason) == (Decimal("0.73"), REASONS[1])
    assert (signal.artifact_id, signal.artifact_hash) == (loaded.artifact_id, loaded.payload_sha256)


@pytest.mark.parametrize("stop", [float("nan"), float("inf"), 0.0, -5.0, 1e9])
async def test_a_stop_that_cannot_be_is_no_signal(stop: float) -> None:
    loaded, bar = await _one_loaded(), _bars(1)[0]
    decision = Decision(BUY, 0.73, float(bar.close), stop, float(bar.close) + 2.0, float(bar.close) + 3.0, 1)
    with pytest.raises(InvalidValue):
        build_signal(decision, artifact=loaded, bar=bar, instrument=APPLE, now=NOW)


@pytest.mark.parametrize("change", [0.01, -0.01, float("nan"), float("inf")])
async def test_an_entry_at_another_price_than_the_close_is_no_signal(change: float) -> None:
    loaded, bar = await _one_loaded(), _bars(1)[0]
    close = float(bar.close)
    decision = Decision(BUY, 0.73, close + change, close - 1.0, close + 2.0, close + 3.0, 1)
    said = f"not the bar's close of {bar.close}: jax-trader sends orders at the market only"
    with pytest.raises(InvalidValue, match=re.escape(said)) as refused:
        build_signal(decision, artifact=loaded, bar=bar, instrument=APPLE, now=NOW)
    assert refused.value.field == "entry"


async def test_a_decision_without_a_first_target_is_a_signal_without_one() -> None:
    loaded, bar = await _one_loaded(), _bars(1)[0]
    close = float(bar.close)
    decision = Decision(BUY, 0.73, close, close - 1.0, 0.0, 0.0, 1)
    signal = build_signal(decision, artifact=loaded, bar=bar, instrument=APPLE, now=NOW)
    assert signal.take_profit is None
    assert signal.stop_loss == bar.close - 1


@pytest.mark.parametrize("target", [float("nan"), float("inf"), -5.0, 1.0])
async def test_a_target_that_cannot_be_is_no_signal(target: float) -> None:
    loaded, bar = await _one_loaded(), _bars(1)[0]
    close = float(bar.close)
    decision = Decision(BUY, 0.73, close, close - 1.0, target, 0.0, 1)
    with pytest.raises(InvalidValue):
        build_signal(decision, artifact=loaded, bar=bar, instrument=APPLE, now=NOW)


@pytest.mark.parametrize("confidence", [float("nan"), float("inf"), 0.0, -0.5, 1.5, 1e30])
async def test_a_confidence_that_is_no_fraction_is_no_signal(confidence: float) -> None:
    loaded, bar = await _one_loaded(), _bars(1)[0]
    close = float(bar.close)
    decision = Decision(BUY, confidence, close, close - 1.0, close + 2.0, close + 3.0, 1)
    with pytest.raises(InvalidValue):
        build_signal(decision, artifact=loaded, bar=bar, instrument=APPLE, now=NOW)


@pytest.mark.parametrize(
    ("action", "reason", "field"),
    [(2, 1, "action"), (NOTHING, 1, "action"), (SELL, -1, "reason"), (SELL, 4, "reason")],
)
async def test_a_side_or_a_reason_that_the_strategy_does_not_have_is_no_signal(
    action: int, reason: int, field: str
) -> None:
    loaded, bar = await _one_loaded(), _bars(1)[0]
    close = float(bar.close)
    decision = Decision(action, 0.73, close, close + 1.0, close - 2.0, close - 3.0, reason)
    with pytest.raises(InvalidValue) as refused:
        build_signal(decision, artifact=loaded, bar=bar, instrument=APPLE, now=NOW)
    assert refused.value.field == field
    sold = build_signal(
        decision._replace(action=SELL, reason=3), artifact=loaded, bar=bar, instrument=APPLE, now=NOW
    )
    assert (sold.side, sold.reason) == (Side.SELL, REASONS[3])


def _counting(loaded: LoadedArtifact, *, buy_on: int) -> LoadedArtifact:
    """The same artifact with a strategy that counts bars and buys on one of them."""

    def decide(count: int, bar: BarValues, inputs: object, params: object) -> tuple[int, Decision]:
        if count + 1 != buy_on:
            return count + 1, NO_DECISION
        return count + 1, Decision(BUY, 0.5, bar.close, bar.close - 1.0, bar.close + 1.0, bar.close + 2.0, 0)

    return replace(
        loaded,
        strategy=Strategy("counting_v1", (), lambda: (), lambda _: (), 0, decide, ("counted",), lambda _: ""),
        params=(),
    )


async def test_warming_up_begins_with_the_backtests_first_bar_and_signals_after_its_last() -> None:
    bars = _bars(_HISTORY + 5)
    earlier = [
        replace(bar, end=bar.end - timedelta(days=9), start=bar.start - timedelta(days=9)) for bar in bars[:9]
    ]
    for buy_on, expected in ((_HISTORY, []), (_HISTORY + 1, [bars[_HISTORY].end])):
        async with open_desk() as desk:
            (loaded,) = await _loaded(desk)
            receiver = await _receiver(desk)
            await receiver.receive(earlier + bars[:_HISTORY])
            receiver.use_artifacts([])
            await receiver.receive([])
            receiver.use_artifacts([_counting(loaded, buy_on=buy_on)])
            outcome = await receiver.receive(bars[_HISTORY:])
        assert [signal.ts_event for signal in outcome.signals] == expected


async def test_a_decision_on_the_last_bar_of_the_backtest_is_history() -> None:
    bars = _bars(_HISTORY)
    async with open_desk() as desk:
        (loaded,) = await _loaded(desk)
        receiver = await _receiver(desk)
        receiver.use_artifacts([_counting(loaded, buy_on=_HISTORY)])
        assert bars[-1].end == loaded.payload.data_to
        assert (await receiver.receive(bars)).signals == ()


async def test_a_person_decides_once_and_a_repeat_changes_nothing() -> None:
    bars = _bars()
    async with open_desk() as desk:
        receiver = await _receiver(desk)
        await receiver.receive(bars[:_HISTORY])
        signal = (await receiver.receive(bars[_HISTORY:])).signals[0]
        decide = DecideSignal(unit_of_work=desk.unit_of_work, clock=desk.clock)
        approved = await decide.decide(signal.signal_id, SignalStatus.APPROVED, by="olivia")
        assert (approved.status, approved.decided_by) == (SignalStatus.APPROVED, "olivia")
        assert await decide.decide(signal.signal_id, SignalStatus.APPROVED, by="otto") == approved
        async with desk.unit_of_work.begin() as transaction:
            assert len(await transaction.audit.entries(kind="signal.approved")) == 1


def test_lost_after_is_what_the_port_calls_outcome_unknown() -> None:
    """The faults above rest on it."""
    fuse = Fuse(at=1, fault=Fault.LOST_AFTER)
    with pytest.raises(OutcomeUnknown):
        fuse.after("commit", failing=fuse.before("commit"))
