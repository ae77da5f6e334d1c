"""Workers that are threads of this process: for loops that let others run, as compiled kernels do."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from jax.adapters.compute.answers import named
from jax.adapters.compute.worker_count import checked_count
from jax.ports.compute_workers import Result, Shared, Task, TaskFailed


class ThreadWorkers:
    """ComputeWorkers in `count` (>= 1) threads."""

    share_memory = True

    def __init__(self, count: int) -> None:
        self.count = checked_count("threads", count)

    def run(
        self, work: Callable[[Shared, Task], Result], shared: Shared, tasks: Sequence[Task]
    ) -> Generator[tuple[int, Result], None, None]:
        """See ComputeWorkers."""
        pool = ThreadPoolExecutor(self.count, thread_name_prefix="compute")
        try:
            numbers = {pool.submit(work, shared, task): number for number, task in enumerate(tasks)}
            for future in as_completed(numbers):
                number = numbers.pop(future)
                error = future.exception()
                if error is not None:
                    raise TaskFailed(number, named(error)) from error
                yield number, future.result()
        finally:
            pool.shutdown(cancel_futures=True)
