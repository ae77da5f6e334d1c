"""What is approved is executed by itself, once; what comes to nothing is not asked about all the time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from jax.app.trader.executions import Executions, Outcome
from jax.app.trader.run_loop import RunLoop
from jax.app.trader.sending_gate import SendingGate
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.signal import SignalStatus
from jax.ports.errors import Unavailable
from tests.desk import approved_signal
from tests.floor import Floor, open_floor


@dataclass
class Asked:
    """Executes, or says what it was told to say, and remembers what it was asked for."""

    floor: Floor
    answer: Denied | Unavailable | None = None
    ids: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, signal_id: str, *, approved_by: str, key: str | None = None) -> Outcome:
        self.ids.append((signal_id, approved_by))
        if isinstance(self.answer, Unavailable):
            raise self.answer
        return self.answer or await self.floor.engine().execute(signal_id, approved_by=approved_by)


@dataclass
class House:
    floor: Floor
    asked: Asked
    gate: SendingGate
    loaded: dict[str, str]
    loop: RunLoop

    async def audited(self, kind: str) -> int:
        async with self.floor.desk.unit_of_work.begin() as transaction:
            return len(await transaction.audit.entries(kind=kind))

    def another(self) -> RunLoop:
        """The loop of a trader that was started again."""
        desk = self.floor.desk
        return RunLoop(
            unit_of_work=desk.unit_of_work,
            clock=desk.clock,
            gate=self.gate,
            executions=Executions(self.asked),
            loaded=lambda: self.loaded,
        )


@asynccontextmanager
async def _house(*, enabled: bool = True) -> AsyncIterator[House]:
    async with open_floor() as floor:
        asked, gate = Asked(floor), SendingGate(execution_enabled=enabled)
        loaded = {floor.artifact.payload_sha256: floor.artifact.artifact_id}
        house = House(floor, asked, gate, loaded, loop=None)  # type: ignore[arg-type]
        house.loop = house.another()
        yield house


async def test_an_approved_signal_is_executed_in_the_name_of_who_approved_it() -> None:
    async with _house() as house:
        await house.loop.run_once()
        assert await house.floor.signal_status() is SignalStatus.EXECUTED
        await house.loop.run_once()
    assert house.asked.ids == [("sg1", "olivia")]


async def test_the_oldest_signal_goes_first() -> None:
    async with _house() as house:
        house.asked.answer = Denied(ReasonCode.MODE_OBSERVE, "not now")
        first = await approved_signal(house.floor.desk, house.floor.artifact, signal_id="sg2")
        async with house.floor.desk.unit_of_work.begin() as transaction:
            older = replace(first, signal_id="sg3", ts_event=first.ts_event - timedelta(days=1))
            await transaction.signals.add(older)
        await house.loop.run_once()
    assert [signal_id for signal_id, _ in house.asked.ids] == ["sg3", "sg2", "sg1"]


async def test_nothing_is_executed_while_execution_is_off_but_signals_expire() -> None:
    async with _house(enabled=False) as house:
        await house.loop.run_once()
        house.floor.desk.clock.advance(timedelta(days=6))
        await house.loop.run_once()
        assert await house.floor.signal_status() is SignalStatus.EXPIRED
    assert house.asked.ids == []


async def test_an_expired_signal_is_not_executed() -> None:
    async with _house() as house:
        house.floor.desk.clock.advance(timedelta(days=6))
        await house.loop.run_once()
    assert house.asked.ids == []


async def test_a_signal_whose_artifact_is_not_loaded_is_skipped_with_a_reason_once() -> None:
    async with _house() as house:
        artifact_hash, artifact_id = house.loaded.popitem()
        for loop in (house.loop, house.loop, house.another()):
            await loop.run_once()
        assert (house.asked.ids, await house.audited("signal.not_run")) == ([], 1)
        assert await house.floor.signal_status() is SignalStatus.APPROVED
        house.loaded[artifact_hash] = artifact_id
        await house.loop.run_once()
        assert await house.floor.signal_status() is SignalStatus.EXECUTED


async def test_the_same_bytes_under_another_artifacts_id_do_not_run_it() -> None:
    async with _house() as house:
        house.loaded[house.floor.artifact.payload_sha256] = "art-other"
        await house.loop.run_once()
    assert house.asked.ids == []


async def test_a_signal_that_was_denied_is_asked_about_less_and_less_often() -> None:
    async with _house() as house:
        house.asked.answer = Denied(ReasonCode.MODE_OBSERVE, "not now")
        times: list[int] = []
        for second in range(700):
            before = len(house.asked.ids)
            await house.loop.run_once()
            if len(house.asked.ids) > before:
                times.append(second)
            house.floor.desk.clock.advance(timedelta(seconds=1))
    assert times == [0, 5, 15, 35, 75, 155, 315, 615]


async def test_a_port_that_fails_for_one_signal_holds_up_no_other() -> None:
    async with _house() as house:
        house.asked.answer = Unavailable("the database is away")
        await approved_signal(house.floor.desk, house.floor.artifact, signal_id="sg2")
        await house.loop.run_once()
        assert len(house.asked.ids) == 2
        house.asked.answer = None
        house.floor.desk.clock.advance(timedelta(seconds=5))
        await house.loop.run_once()
        assert await house.floor.signal_status() is SignalStatus.EXECUTED
