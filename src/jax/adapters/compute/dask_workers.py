"""Workers of a dask.distributed cluster. Needs the extra `[cluster]`, here and where the workers are."""

import queue
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import distributed

from jax.adapters.compute.answers import answer_of, named, result_of
from jax.ports.compute_workers import Result, Shared, Task, WorkerLost
from jax.ports.errors import Unavailable

# Its annotations cover too little of it to check anything against.
_dask: Any = distributed
_CONNECTING_SECONDS = 10
_LOOKING_SECONDS = 5.0


class DaskWorkers:
    """ComputeWorkers of the cluster of `client` (a distributed.Client), all with the same Jax installed.

    A cluster tries a task again when its worker dies, as often as `distributed.scheduler.allowed-failures`
    says, before WorkerLost.
    """

    share_memory = False

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def count(self) -> int:
        """See ComputeWorkers."""
        found: int = sum(self._client.nthreads().values())
        if not found:
            raise Unavailable("The cluster has no workers: start some with `dask worker`")
        return found

    def run(
        self, work: Callable[[Shared, Task], Result], shared: Shared, tasks: Sequence[Task]
    ) -> Generator[tuple[int, Result], None, None]:
        """See ComputeWorkers."""
        coming = enumerate(tasks)
        # No more than there are workers: one that dies takes no other task with it.
        first = list(islice(coming, self.count))
        [everywhere] = self._client.scatter([shared], broadcast=True, hash=False)
        finished: queue.SimpleQueue[Any] = queue.SimpleQueue()
        waiting: dict[Any, int] = {}

        def begin(number: int, task: Task) -> None:
            future = self._client.submit(answer_of, work, everywhere, task, pure=False, retries=0)
            waiting[future] = number
            future.add_done_callback(finished.put)

        try:
            for number, task in first:
                begin(number, task)
            while waiting:
                future = self._next(finished, waiting)
                number = waiting.pop(future)
                result = result_of(number, _answer(number, future))
                for following, task in islice(coming, 1):
                    begin(following, task)
                yield number, result
        finally:
            self._client.cancel([*waiting, everywhere], force=True)

    def _next(self, finished: queue.SimpleQueue[Any], waiting: dict[Any, int]) -> Any:
        while True:
            try:
                return finished.get(timeout=_LOOKING_SECONDS)
            except queue.Empty:
                if not self._client.nthreads():
                    first = min(waiting.values())
                    raise WorkerLost(first, "the cluster has no workers any more") from None


@contextmanager
def dask_workers(address: str) -> Iterator[DaskWorkers]:
    """The cluster whose scheduler is at `address`, such as tcp://10.0.0.5:8786; Unavailable."""
    try:
        client = _dask.Client(address, timeout=_CONNECTING_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise Unavailable(f"The cluster at {address} cannot be reached ({named(error)})") from error
    with client:
        yield DaskWorkers(client)


def _answer(number: int, future: Any) -> Any:
    if future.status == "finished":
        return future.result()
    error = future.exception() if future.status == "error" else None
    if isinstance(error, _dask.KilledWorker):
        raise WorkerLost(number, f"its worker {error.last_worker.address} ended") from error
    raise WorkerLost(number, f"the cluster gave it up ({error or future.status})") from error
