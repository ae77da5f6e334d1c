"""The jobs of the engine, and when they close the gate."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.event_bus import MemoryEventBus
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.app.trader.engine import Engine
from jax.app.trader.periodic_job import PeriodicJob
from jax.app.trader.running_artifacts import RunningArtifacts
from jax.app.trader.running_report import RunningReport
from jax.app.trader.sending_gate import SendingGate
from jax.domain.order import OrderType
from jax.domain.order_status import OrderStatus
from jax.domain.reason_code import ReasonCode
from jax.modules.artifacts.load_artifacts import LoadArtifacts, LoaderParts, Look
from jax.modules.execution.cancel_entries import CancelEntries
from jax.modules.execution.record_order import TradingAccount
from jax.modules.signals.receive_bars import ReceiveBars
from jax.ports.errors import Conflict, NotFound, Unavailable
from jax.ports.event_bus import EventBus
from tests.cancel_walk import working
from tests.desk import ACCOUNT, LIMITS
from tests.floor import Floor, open_floor

_AN_HOUR = 3600.0


class Work:
    """Fails as told, and counts its turns."""

    def __init__(self) -> None:
        self.turns = 0
        self.done = asyncio.Event()
        self.failure: Exception | None = None

    async def __call__(self) -> None:
        self.turns += 1
        self.done.set()
        if self.failure is not None:
            raise self.failure


def job(work: Work, gate: SendingGate, *, interval_seconds: float = _AN_HOUR) -> PeriodicJob:
    return PeriodicJob("reconciliation", work, interval_seconds=interval_seconds, gate=gate)


async def test_a_hint_brings_the_next_turn_at_once() -> None:
    work, gate = Work(), SendingGate(execution_enabled=True)
    waiting = job(work, gate)
    running = asyncio.create_task(waiting.run())
    for turn in (1, 2):
        work.done.clear()
        waiting.hint()
        await asyncio.wait_for(work.done.wait(), 10)
        assert work.turns == turn
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("turns_between", [0, 1, 2, 3])
async def test_a_hint_at_the_moment_of_its_end_does_not_keep_it_going(turns_between: int) -> None:
    waiting = job(Work(), SendingGate(execution_enabled=True))
    running = asyncio.create_task(waiting.run())
    await asyncio.sleep(0.01)
    waiting.hint()
    for _ in range(turns_between):
        await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=10)
    running.cancel()
    assert running in done


async def test_without_hints_it_comes_again_after_its_interval() -> None:
    work, gate = Work(), SendingGate(execution_enabled=True)
    running = asyncio.create_task(job(work, gate, interval_seconds=0.001).run())
    for _ in range(3):
        work.done.clear()
        await asyncio.wait_for(work.done.wait(), 10)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_port_that_is_away_is_no_reason_to_stop_sending() -> None:
    work, gate = Work(), SendingGate(execution_enabled=True)
    work.failure = Unavailable("the database is away")
    await job(work, gate).run_once()
    assert gate.refusal() is None
    assert gate.alarms() == ()


async def test_an_unexpected_error_closes_the_gate_until_the_job_runs_through() -> None:
    work, gate = Work(), SendingGate(execution_enabled=True)
    broken = job(work, gate)
    work.failure = ValueError("more was filled than was ordered")
    await broken.run_once()
    refusal = gate.refusal()
    assert refusal is not None
    assert refusal.reason_code is ReasonCode.EXECUTION_DISABLED
    assert gate.alarms() == ("reconciliation fails: ValueError: more was filled than was ordered",)
    work.failure = Unavailable("the database is away")
    await broken.run_once()
    assert gate.refusal() == refusal
    work.failure = None
    await broken.run_once()
    assert (gate.refusal(), gate.alarms()) == (None, ())


@pytest.mark.parametrize("error", [Conflict("no such step"), NotFound("no such order")])
async def test_a_port_that_says_no_closes_the_gate_as_well(error: Exception) -> None:
    work, gate = Work(), SendingGate(execution_enabled=True)
    work.failure = error
    await job(work, gate).run_once()
    assert gate.alarms() == (f"reconciliation fails: {type(error).__name__}: {error}",)
    assert gate.refusal() is not None


class DeafBus:
    """An event bus with a bug."""

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[str]]:
        raise RuntimeError(f"nobody hears of {topic}")
        yield


class HeldLock:
    async def held(self) -> bool:
        return True


class FailingLoader(LoadArtifacts):
    """Cannot reach the database."""

    async def look(self) -> Look:
        raise Unavailable("the database is away")


class CountingLoader(LoadArtifacts):
    """Says how often it has looked."""

    looks = 0

    async def look(self) -> Look:
        self.looks += 1
        return await super().look()


def an_engine(
    floor: Floor, gate: SendingGate, event_bus: EventBus, *, loader: LoadArtifacts | None = None
) -> Engine:
    desk = floor.desk
    receive_bars = ReceiveBars(unit_of_work=desk.unit_of_work, clock=desk.clock)
    artifacts = RunningArtifacts(
        load_artifacts=loader or desk.loader(), receive_bars=receive_bars, clock=desk.clock
    )
    canceling = CancelEntries(
        unit_of_work=desk.unit_of_work,
        broker=desk.broker,
        clock=desk.clock,
        trading=TradingAccount(ACCOUNT, floor.epoch, LIMITS, OrderType.LIMIT),
        loaded=artifacts.ids_by_hash,
    )
    report = RunningReport(
        unit_of_work=desk.unit_of_work,
        clock=desk.clock,
        boot_id="boot-1",
        account=ACCOUNT,
        artifacts=artifacts,
    )
    return Engine(gate, artifacts, canceling, floor.reconciler(), report, event_bus, HeldLock())


async def _revoke(floor: Floor) -> None:
    await floor.desk.gate.revoke(floor.artifact)


async def _status(floor: Floor) -> OrderStatus:
    order = await floor.order()
    assert order is not None
    return order.status


async def test_a_revocation_cancels_working_entries_without_waiting_for_the_next_poll(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("_EVERY_SECONDS", "_LOAD_EVERY_SECONDS"):
        monkeypatch.setattr(f"jax.app.trader.engine.{name}", _AN_HOUR)
    database = MemoryDatabase()
    async with open_floor(MemoryUnitOfWork(database)) as floor:
        await working(floor)
        engine = an_engine(floor, SendingGate(execution_enabled=True), MemoryEventBus(database))
        async with engine.running(), asyncio.timeout(10):
            while not database.subscribers.get("artifact"):  # noqa: ASYNC110 - it subscribes by itself
                await asyncio.sleep(0.01)
            assert await _status(floor) is OrderStatus.NEW
            await _revoke(floor)
            while await _status(floor) is not OrderStatus.CANCELED:  # noqa: ASYNC110 - it calls nobody
                await asyncio.sleep(0.01)


async def test_a_revocation_that_nobody_tells_of_is_found_by_looking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jax.app.trader.engine._EVERY_SECONDS", _AN_HOUR)
    monkeypatch.setattr("jax.app.trader.engine._LOAD_EVERY_SECONDS", 0.01)
    async with open_floor() as floor:
        desk = floor.desk
        loader = CountingLoader(
            LoaderParts(desk.unit_of_work, desk.objects, desk.clock, desk.gate.trust, desk.memory)
        )
        # A bus that knows another database hears nothing of this one.
        bus = MemoryEventBus(MemoryDatabase())
        engine = an_engine(floor, SendingGate(execution_enabled=True), bus, loader=loader)
        async with engine.running(), asyncio.timeout(10):
            # The first looks come of starting and of subscribing.
            while loader.looks < 4:  # noqa: ASYNC110 - it calls nobody
                await asyncio.sleep(0.01)
            assert engine.artifacts.that_may_enter()
            await _revoke(floor)
            while engine.artifacts.that_may_enter():  # noqa: ASYNC110 - it calls nobody
                await asyncio.sleep(0.01)


async def test_working_entries_are_canceled_when_the_snapshot_expires(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jax.app.trader.engine._EVERY_SECONDS", 0.01)
    monkeypatch.setattr("jax.app.trader.engine._LOAD_EVERY_SECONDS", _AN_HOUR)
    async with open_floor() as floor:
        await working(floor)
        engine = an_engine(floor, SendingGate(execution_enabled=True), MemoryEventBus(MemoryDatabase()))
        async with engine.running(), asyncio.timeout(10):
            expires_at = engine.artifacts.now.expires_at
            assert expires_at is not None
            assert await _status(floor) is OrderStatus.NEW
            floor.desk.clock.jump_to(expires_at)
            while await _status(floor) is not OrderStatus.CANCELED:  # noqa: ASYNC110 - it calls nobody
                await asyncio.sleep(0.01)


async def _said_to_run(floor: Floor) -> list[tuple[str, ...]]:
    async with floor.desk.unit_of_work.begin() as transaction:
        heard = await transaction.running.reported_after(floor.desk.clock.now() - timedelta(days=1))
    return [trader.artifact_hashes for trader in heard]


async def test_what_runs_is_told_before_the_trader_is_ready_and_as_soon_as_it_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("_EVERY_SECONDS", "_LOAD_EVERY_SECONDS", "_REPORT_EVERY_SECONDS"):
        monkeypatch.setattr(f"jax.app.trader.engine.{name}", _AN_HOUR)
    database = MemoryDatabase()
    async with open_floor(MemoryUnitOfWork(database)) as floor:
        engine = an_engine(floor, SendingGate(execution_enabled=True), MemoryEventBus(database))
        async with engine.running(), asyncio.timeout(10):
            assert await _said_to_run(floor) == [(floor.artifact.payload_sha256,)]
            while not database.subscribers.get("artifact"):  # noqa: ASYNC110 - it subscribes by itself
                await asyncio.sleep(0.01)
            await _revoke(floor)
            while await _said_to_run(floor) != [()]:  # noqa: ASYNC110 - it calls nobody
                await asyncio.sleep(0.01)


async def test_what_was_revoked_while_no_trader_ran_is_canceled_before_the_trader_is_ready() -> None:
    database = MemoryDatabase()
    async with open_floor(MemoryUnitOfWork(database)) as floor:
        await working(floor)
        await _revoke(floor)
        engine = an_engine(floor, SendingGate(execution_enabled=True), MemoryEventBus(database))
        async with engine.running():
            assert await _status(floor) is OrderStatus.CANCELED


async def test_a_trader_that_could_not_load_anything_yet_takes_nothing_back() -> None:
    database = MemoryDatabase()
    async with open_floor(MemoryUnitOfWork(database)) as floor:
        await working(floor)
        desk = floor.desk
        away = FailingLoader(
            LoaderParts(desk.unit_of_work, desk.objects, desk.clock, desk.gate.trust, desk.memory)
        )
        bus = MemoryEventBus(database)
        engine = an_engine(floor, SendingGate(execution_enabled=True), bus, loader=away)
        async with engine.running():
            assert await _status(floor) is OrderStatus.NEW
        assert not engine.artifacts.are_known


async def test_background_work_that_has_died_is_told_and_closes_the_gate() -> None:
    gate = SendingGate(execution_enabled=True)
    async with open_floor() as floor:
        engine = an_engine(floor, gate, DeafBus())
        async with engine.running(), asyncio.timeout(10):
            while not gate.alarms():  # noqa: ASYNC110 - the gate is looked at, it calls nobody
                await asyncio.sleep(0.01)
            refusal = gate.refusal()
            alarms = gate.alarms()
    assert alarms == (
        "hearing of artifacts fails: it has stopped (RuntimeError('nobody hears of artifact')); "
        "restart jax-trader",
    )
    assert refusal is not None
    assert refusal.reason_code is ReasonCode.EXECUTION_DISABLED
    assert gate.alarms() == alarms, "work that is ended with the trader is no alarm"


def test_a_fenced_gate_stays_closed_and_keeps_its_first_reason() -> None:
    gate = SendingGate(execution_enabled=True)
    gate.fence("the lock is lost")
    gate.fence("lost again")
    refusal = gate.refusal()
    assert refusal is not None
    assert (refusal.reason_code, refusal.detail) == (ReasonCode.FENCED, "the lock is lost")


def test_execution_that_is_off_is_told_first() -> None:
    gate = SendingGate(execution_enabled=False)
    gate.fence("the lock is lost")
    refusal = gate.refusal()
    assert refusal is not None
    assert refusal.reason_code is ReasonCode.EXECUTION_DISABLED
