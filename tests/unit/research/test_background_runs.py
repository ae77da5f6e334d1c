"""Long work in the background: its turns, its ends, and what is remembered of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from jax.adapters.memory.clock import SettableClock
from jax.adapters.memory.id_source import SequentialIdSource
from jax.app.research.desk import background_runs
from jax.app.research.desk.background_runs import BackgroundRuns, Run, RunProgress, RunStatus
from jax.app.research.run_errors import RunEnded
from jax.domain.approval_count import GateRefused
from jax.ports.errors import NotFound, Unavailable

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Bench:
    """Runs whose work ends when it is told to."""

    def __init__(self, seats: int = 2) -> None:
        self.clock = SettableClock(NOW)
        self.seats = asyncio.Semaphore(seats)
        self.runs: BackgroundRuns[str, str] = self.more_runs()
        self.may_end: dict[str, asyncio.Event] = {}
        self.working: set[str] = set()
        self.canceled: set[str] = set()

    def more_runs(self) -> BackgroundRuns[str, str]:
        return BackgroundRuns(clock=self.clock, ids=SequentialIdSource("rn"), seats=self.seats)

    def start(self, subject: str, runs: BackgroundRuns[str, str] | None = None) -> Run[str, str]:
        self.may_end.setdefault(subject, asyncio.Event())

        async def work(progress: RunProgress) -> str:
            self.working.add(subject)
            progress(1, 2)
            try:
                await self.may_end[subject].wait()
            except asyncio.CancelledError:
                self.canceled.add(subject)
                raise
            finally:
                self.working.discard(subject)
            return f"made of {subject}"

        return (runs or self.runs).start(subject, work)

    async def finish(self, *runs: Run[str, str]) -> None:
        for run in runs:
            self.may_end[run.subject].set()
        while not all(run.is_over for run in runs):  # noqa: ASYNC110 - nothing but turns of the loop
            await asyncio.sleep(0)


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    await made.runs.end()


async def test_a_run_waits_works_and_is_done(bench: Bench) -> None:
    run = bench.start("a")
    assert (run.status, run.done, run.total, run.asked_at) == (RunStatus.WAITING, 0, 0, NOW)
    await turns()
    assert (run.status, run.done, run.total, run.is_over) == (RunStatus.RUNNING, 1, 2, False)
    bench.clock.advance(timedelta(minutes=1))
    await bench.finish(run)
    assert (run.status, run.result, run.error) == (RunStatus.DONE, "made of a", None)
    assert run.ended_at == NOW + timedelta(minutes=1)
    assert bench.runs.get(run.run_id) is run


async def test_no_more_work_than_there_are_seats_whatever_the_kind(bench: Bench) -> None:
    others = bench.more_runs()
    first, second, third = bench.start("a"), bench.start("b", others), bench.start("c")
    await turns()
    assert (bench.working, third.status) == ({"a", "b"}, RunStatus.WAITING)
    await bench.finish(first)
    await turns()
    assert (bench.working, third.status) == ({"b", "c"}, RunStatus.RUNNING)
    await bench.finish(second, third)


async def test_a_subject_has_one_run_at_a_time(bench: Bench) -> None:
    first = bench.start("a")
    assert bench.start("a") is first
    await turns()
    assert bench.start("a") is first
    await bench.finish(first)
    again = bench.start("a")
    assert again is not first
    await bench.finish(again)
    assert again.result == "made of a"


async def test_not_more_than_a_few_wait(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_runs, "MOST_WAITING", 3)
    working = [bench.start(name) for name in "ab"]
    await turns()
    waiting = [bench.start(name) for name in "cde"]
    await turns()
    with pytest.raises(Unavailable, match="3 runs are waiting for their turn already: try again later"):
        bench.start("f")
    assert bench.start("e") is waiting[-1]
    await bench.finish(*working)
    await turns()
    assert bench.start("f").status is RunStatus.WAITING


@pytest.mark.parametrize("error", [GateRefused("no"), NotFound("none"), RuntimeError("broken")])
async def test_what_fails_is_told_and_gives_its_seat_back(bench: Bench, error: Exception) -> None:
    async def fail(_progress: RunProgress) -> str:
        raise error

    failed = [bench.runs.start(name, fail) for name in "abcd"]
    await turns(30)
    assert [(run.status, run.error, run.result) for run in failed] == [(RunStatus.FAILED, error, None)] * 4
    assert all(run.ended_at == NOW for run in failed)
    after = bench.start("a")
    await bench.finish(after)
    assert after.status is RunStatus.DONE


async def test_the_oldest_that_are_over_are_forgotten(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_runs, "MOST_KEPT", 2)
    endless = bench.start("endless")
    over = []
    for name in "abcd":
        run = bench.start(name)
        await bench.finish(run)
        over.append(run)
    for gone in over[:2]:
        with pytest.raises(NotFound, match=f"There is no run {gone.run_id}: runs are forgotten"):
            bench.runs.get(gone.run_id)
    assert [bench.runs.get(run.run_id) for run in (endless, *over[2:])] == [endless, *over[2:]]


async def test_at_the_end_what_works_and_what_waits_is_ended(bench: Bench) -> None:
    runs = [bench.start(name) for name in "abc"]
    await turns()
    await bench.runs.end()
    assert bench.canceled == {"a", "b"}
    assert bench.working == set()
    assert all(run.is_over and run.result is None for run in runs)
    await bench.runs.end()


async def test_a_canceled_run_ends_and_gives_its_seat_to_the_next(bench: Bench) -> None:
    working, also, waiting = (bench.start(name) for name in "abc")
    await turns()
    bench.clock.advance(timedelta(minutes=1))
    await bench.runs.cancel(working.run_id)
    assert (working.status, working.result, working.ended_at) == (
        RunStatus.FAILED,
        None,
        NOW + timedelta(minutes=1),
    )
    assert isinstance(working.error, RunEnded)
    assert working.error.code == "CANCELED"
    assert bench.canceled == {"a"}
    await turns()
    assert (also.status, waiting.status) == (RunStatus.RUNNING, RunStatus.RUNNING)
    assert bench.working == {"b", "c"}


async def test_a_run_can_be_canceled_while_it_waits_and_before_its_first_step(bench: Bench) -> None:
    runs = [bench.start(name) for name in "abc"]
    await turns()
    at_once = bench.start("d")
    for run in (at_once, runs[2]):
        await bench.runs.cancel(run.run_id)
        assert (run.status, run.is_over, isinstance(run.error, RunEnded)) == (RunStatus.FAILED, True, True)
    assert bench.working == {"a", "b"}
    assert bench.runs.under_way("d") is None
    again = bench.start("d")
    assert again is not at_once
    await bench.finish(runs[0], runs[1], again)
    assert again.status is RunStatus.DONE


async def test_to_cancel_a_run_that_is_over_changes_nothing(bench: Bench) -> None:
    first = bench.start("a")
    await bench.finish(first)
    bench.may_end["a"].clear()
    second = bench.start("a")
    await turns()
    await bench.runs.cancel(first.run_id)
    assert (first.status, first.error) == (RunStatus.DONE, None)
    assert (second.status, bench.runs.under_way("a")) == (RunStatus.RUNNING, second)
    with pytest.raises(NotFound):
        await bench.runs.cancel("nobody")


async def test_a_run_may_have_an_id_of_the_callers(bench: Bench) -> None:
    async def work(_progress: RunProgress) -> str:
        return "made"

    run = bench.runs.start("a", work, run_id="named")
    assert run.run_id == "named"
    assert bench.runs.get("named") is run
    await turns()
    assert run.status is RunStatus.DONE


async def test_cancel_returns_when_the_work_has_cleared_up(bench: Bench) -> None:
    cleared = []

    async def work(_progress: RunProgress) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            await turns(5)
            cleared.append("away")
        return "never"

    run = bench.runs.start("a", work)
    await turns()
    await bench.runs.cancel(run.run_id)
    assert (cleared, run.is_over) == (["away"], True)
