"""Workers that are processes of this machine, each with an interpreter of its own."""

import multiprocessing
import pickle
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from jax.adapters.compute.answers import answer_of, failure, named, result_of
from jax.adapters.compute.worker_count import checked_count
from jax.ports.compute_workers import Result, Shared, Task, TaskFailed, WorkerLost

_SPAWN = multiprocessing.get_context("spawn")
_ENDING_SECONDS = 5.0


class ProcessWorkers:
    """ComputeWorkers in `count` (>= 1) processes, which live as long as a run.

    Not concurrent.futures': that one does not say whose worker died.
    """

    share_memory = False

    def __init__(self, count: int) -> None:
        self.count = checked_count("processes", count)

    def run(
        self, work: Callable[[Shared, Task], Result], shared: Shared, tasks: Sequence[Task]
    ) -> Generator[tuple[int, Result], None, None]:
        """See ComputeWorkers."""
        waiting = deque(enumerate(tasks))
        workers: list[_Worker] = []
        try:
            for _ in range(min(self.count, len(tasks))):
                workers.append(_Worker())  # noqa: PERF401 - those that have begun must be ended
            job = pickle.dumps((work, shared), pickle.HIGHEST_PROTOCOL)
            for worker in workers:
                worker.begin(job, *waiting.popleft())
            busy = {worker.channel: worker for worker in workers}
            while busy:
                for channel in wait(list(busy)):
                    worker = busy[channel]  # type: ignore[index]  # of those given, all are connections
                    number, result = worker.answer()
                    if waiting:
                        worker.give(*waiting.popleft())
                    else:
                        del busy[worker.channel]
                    yield number, result
        finally:
            _end(workers)


class _Worker:
    """A process, and the number of the task that it has."""

    def __init__(self) -> None:
        self.channel, far_end = _SPAWN.Pipe()
        self.process: SpawnProcess = _SPAWN.Process(target=_serve, args=(far_end,), daemon=True)
        with _deaf_to_ctrl_c():
            self.process.start()
        # The worker's own end closes with it, which is how its death is heard.
        far_end.close()
        self._task = -1

    def begin(self, job: bytes, number: int, task: Any) -> None:
        self._task = number
        try:
            self.channel.send_bytes(job)
        except OSError as error:
            raise self._lost() from error
        self.give(number, task)

    def give(self, number: int, task: Any) -> None:
        self._task = number
        try:
            spelled = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            raise TaskFailed(number, f"it cannot be sent ({named(error)})") from error
        try:
            self.channel.send_bytes(spelled)
        except OSError as error:
            raise self._lost() from error

    def answer(self) -> tuple[int, Any]:
        try:
            spelled = self.channel.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._lost() from error
        return self._task, result_of(self._task, pickle.loads(spelled))  # noqa: S301 - from our own process

    def _lost(self) -> WorkerLost:
        self.process.join(_ENDING_SECONDS)
        return WorkerLost(self._task, f"its process ended with exit code {self.process.exitcode}")


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """What is started in the block never hears Ctrl-C: the run that started it does, and ends it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        worker.process.join(_ENDING_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.process.close()
        worker.channel.close()


def _serve(channel: Connection) -> None:
    """The worker, which ends when the process that started it is gone."""
    with suppress(EOFError, BrokenPipeError):
        work, shared = _job(channel.recv_bytes())
        while True:
            channel.send_bytes(_spelled_answer(work, shared, channel.recv_bytes()))


def _job(spelled: bytes) -> tuple[Callable[[Any, Any], Any], Any]:
    try:
        work, shared = pickle.loads(spelled)  # noqa: S301 - from our own process
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent is told
        return _refuse, f"the work cannot be read in another process ({named(error)})"
    return work, shared


def _refuse(reason: str, task: Any) -> Any:
    del task
    raise RuntimeError(reason)


def _spelled_answer(work: Callable[[Any, Any], Any], shared: Any, spelled: bytes) -> bytes:
    try:
        answer = answer_of(work, shared, pickle.loads(spelled))  # noqa: S301 - from our own process
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - what cannot be read or sent is told too
        return pickle.dumps(failure(named(error)), pickle.HIGHEST_PROTOCOL)
