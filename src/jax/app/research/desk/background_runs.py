"""Long work in tasks of their own, never too much at once: a client that hangs up changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

import structlog

from jax.app.research.run_errors import CANCELED, RunEnded
from jax.domain.approval_count import GateRefused
from jax.domain.errors import IllegalTransition, InvalidValue
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, PortError, Unavailable
from jax.ports.id_source import IdSource

MOST_WAITING = 16
MOST_KEPT = 200

Subject = TypeVar("Subject")
Result = TypeVar("Result")
RunProgress = Callable[[int, int], None]
Work = Callable[[RunProgress], Awaitable[Result]]
_log = structlog.get_logger()


class RunStatus(StrEnum):
    """WAITING > RUNNING > DONE or FAILED."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(slots=True)
class Run(Generic[Subject, Result]):
    """One piece of work on `subject` as it stands now: `done` of `total` (0 until it is known).

    `result` is there when it is DONE, `error` when it is FAILED.
    """

    run_id: str
    subject: Subject
    asked_at: datetime
    status: RunStatus = RunStatus.WAITING
    done: int = 0
    total: int = 0
    ended_at: datetime | None = None
    result: Result | None = None
    error: Exception | None = None

    @property
    def is_over(self) -> bool:
        """DONE or FAILED."""
        return self.ended_at is not None

    def reach(self, done: int, total: int) -> None:
        """Hears how far the work is."""
        self.done, self.total = done, total


class BackgroundRuns(Generic[Subject, Result]):
    """Runs of one kind; kinds that are given the same `seats` share how many work at once.

    A subject is hashable.
    """

    def __init__(self, *, clock: Clock, ids: IdSource, seats: asyncio.Semaphore) -> None:
        self._clock = clock
        self._ids = ids
        self._seats = seats
        self._runs: dict[str, Run[Subject, Result]] = {}
        self._under_way: dict[Subject, tuple[Run[Subject, Result], asyncio.Task[None]]] = {}

    def start(
        self, subject: Subject, work: Work[Result], *, run_id: str | None = None
    ) -> Run[Subject, Result]:
        """The run that was started for `work`, or the one on the same subject that is not over yet.

        A new one gets the id `run_id`, if it is given. Unavailable when too many are waiting.
        """
        found = self.under_way(subject)
        if found is not None:
            return found
        self.check_room()
        self._forget_oldest()
        run: Run[Subject, Result] = Run(run_id or self._ids.new_id(), subject, self._clock.now())
        self._runs[run.run_id] = run
        self._under_way[subject] = (run, asyncio.create_task(self._through(run, work)))
        return run

    def under_way(self, subject: Subject) -> Run[Subject, Result] | None:
        """The run on that subject that is not over yet."""
        return self._under_way[subject][0] if subject in self._under_way else None

    def check_room(self) -> None:
        """Unavailable when too many are waiting."""
        waiting = self.count(RunStatus.WAITING)
        if not (waiting < MOST_WAITING):
            raise Unavailable(f"{waiting} runs are waiting for their turn already: try again later")

    def get(self, run_id: str) -> Run[Subject, Result]:
        """The run; NotFound when it never was, or is so old that it was forgotten."""
        run = self._runs.get(run_id)
        if run is None:
            raise NotFound(
                f"There is no run {run_id}: runs are forgotten when the server stops; start it again"
            )
        return run

    def count(self, status: RunStatus) -> int:
        """How many are in `status`."""
        return sum(run.status is status for run in self._runs.values())

    async def cancel(self, run_id: str) -> None:
        """Ends the run, waiting or at work, and returns when its work has ended; one that is over stays."""
        run = self.get(run_id)
        found = self._under_way.get(run.subject)
        if found is not None and found[0] is run:
            await self._stop(*found)

    async def end(self) -> None:
        """Ends whatever is under way."""
        await asyncio.gather(*(self._stop(run, task) for run, task in tuple(self._under_way.values())))

    async def _stop(self, run: Run[Subject, Result], task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.wait([task])
        if not run.is_over:
            # It was ended before its first step.
            self._end(run, RunEnded("it was ended before it began", code=CANCELED))

    async def _through(self, run: Run[Subject, Result], work: Work[Result]) -> None:
        try:
            async with self._seats:
                run.status = RunStatus.RUNNING
                run.result = await work(run.reach)
        except (GateRefused, IllegalTransition, InvalidValue, PortError) as error:
            self._end(run, error)
        except asyncio.CancelledError:
            self._end(run, RunEnded("it was ended before it was done", code=CANCELED))
            raise
        except Exception as error:  # noqa: BLE001 - whoever asks for the run is told that it is our fault
            _log.exception("run.broken", run_id=run.run_id)
            self._end(run, error)
        else:
            self._end(run)

    def _end(self, run: Run[Subject, Result], error: Exception | None = None) -> None:
        run.error = error
        run.status = RunStatus.DONE if error is None else RunStatus.FAILED
        run.ended_at = self._clock.now()
        del self._under_way[run.subject]

    def _forget_oldest(self) -> None:
        over = [run_id for run_id, run in self._runs.items() if run.is_over]
        for run_id in over[: max(0, len(over) - MOST_KEPT + 1)]:
            del self._runs[run_id]
