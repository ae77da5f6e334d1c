"""Whatever makes a signal asks for advice on it, if it is confident enough, in the same transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from jax.adapters.memory.advice_store import MemoryAdviceStore
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.domain.advice_request import HAND_OVER_CONFIDENCE, SignalFacts
from jax.domain.bar import Bar, Timeframe
from jax.domain.signal import Signal, SignalStatus
from jax.modules.signals.receive_bars import ReceiveBars
from jax.ports.unit_of_work import UnitOfWork
from tests.desk import Desk, active_artifact, open_desk, submission
from tests.failing_ports import FailingUnitOfWork, Fault, Fuse
from tests.replay.record_histories import random_walk

_FIRST_END = datetime(2020, 1, 1, 21, tzinfo=UTC)
_HISTORY = 400


def _bars() -> list[Bar]:
    def bar(number: int, values: Sequence[float]) -> Bar:
        end = _FIRST_END + timedelta(days=number)
        prices = [Decimal(str(value)) for value in values[:5]]
        return Bar("AAPL", Timeframe.DAY, end - timedelta(hours=6), end, *prices)

    return [bar(number, values) for number, values in enumerate(random_walk(1)[:700])]


async def _receiver(desk: Desk, unit_of_work: UnitOfWork) -> ReceiveBars:
    window = submission()
    history = replace(window.data, first_end=_FIRST_END, last_end=_FIRST_END + timedelta(days=_HISTORY - 1))
    await active_artifact(desk, replace(window, data=history))
    receiver = ReceiveBars(unit_of_work=unit_of_work, clock=desk.clock)
    receiver.use_artifacts((await desk.loader().load()).loaded)
    return receiver


def _advice(desk: Desk) -> MemoryAdviceStore:
    assert isinstance(desk.unit_of_work, MemoryUnitOfWork)
    return MemoryAdviceStore(desk.unit_of_work._database)


def _sure(signals: Sequence[Signal]) -> set[str]:
    return {signal.signal_id for signal in signals if signal.confidence >= HAND_OVER_CONFIDENCE}


async def test_exactly_the_confident_signals_are_handed_over_as_they_are() -> None:
    async with open_desk() as desk:
        receiver = await _receiver(desk, desk.unit_of_work)
        signals = (await receiver.receive(_bars())).signals
        asked = await _advice(desk).page(limit=1000)
        async with desk.unit_of_work.begin() as transaction:
            stored = await transaction.signals.list(limit=1000)
    facts = {one.request.signal_id: one.request.signal for one in asked}
    assert facts.keys() == _sure(signals)
    assert 0 < len(facts) < len(signals), "some are confident enough and some are not"
    assert facts == {
        signal.signal_id: SignalFacts.of(signal) for signal in signals if signal.signal_id in facts
    }
    assert {signal.status for signal in stored} == {SignalStatus.PENDING}


async def test_a_commit_that_fails_hands_nothing_over_and_the_next_one_each_signal_once() -> None:
    async with open_desk() as desk:
        fuse = Fuse()
        receiver = await _receiver(desk, FailingUnitOfWork(desk.unit_of_work, fuse))
        fuse.at, fuse.fault = fuse.calls + 1, Fault.LOST_BEFORE
        with pytest.raises(Exception, match="commit"):
            await receiver.receive(_bars())
        assert await _advice(desk).page() == []
        signals = (await receiver.receive(_bars())).signals
        asked = await _advice(desk).page(limit=1000)
    assert sorted(str(one.request.signal_id) for one in asked) == sorted(_sure(signals))
