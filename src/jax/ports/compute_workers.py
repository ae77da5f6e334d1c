"""Runs the parts of a large piece of work, wherever there is room: threads, processes, other machines."""

from collections.abc import Callable, Generator, Sequence
from typing import Protocol, TypeVar

from jax.ports.errors import PortError, Unavailable

Shared = TypeVar("Shared")
Task = TypeVar("Task")
Result = TypeVar("Result")


class TaskFailed(PortError):
    """The work raised on task number `task` (from 0) and would do so again; `reason` is what it raised."""

    def __init__(self, task: int, reason: str) -> None:
        super().__init__(f"task {task} failed: {reason}")
        self.task = task
        self.reason = reason


class WorkerLost(Unavailable):
    """The worker that had task number `task` (from 0) is gone, or nobody is left to take it."""

    def __init__(self, task: int, reason: str) -> None:
        super().__init__(f"task {task} was lost: {reason}")
        self.task = task
        self.reason = reason


class ComputeWorkers(Protocol):
    """A number of workers that take tasks in their order, each the next one as soon as it is free."""

    @property
    def count(self) -> int:
        """How many tasks run at once, >= 1; Unavailable when the workers cannot be asked."""
        ...

    @property
    def share_memory(self) -> bool:
        """Whether all workers are handed the very same `shared`, and not a copy each."""
        ...

    def run(
        self, work: Callable[[Shared, Task], Result], shared: Shared, tasks: Sequence[Task]
    ) -> Generator[tuple[int, Result], None, None]:
        """Each task's number (from 0) and `work(shared, task)`, as they are finished.

        `work` is a function that can be imported by its name, `shared` (sent once to each worker), tasks and
        results are values that can be pickled. TaskFailed and WorkerLost end the run, and so does closing the
        generator: then no further task begins, and nothing is left running but what a thread is at.
        Unavailable: there are no workers.
        """
        ...
