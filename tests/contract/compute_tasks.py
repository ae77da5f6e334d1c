"""Work for workers in threads, processes and clusters; all of it can be imported by its name."""

import os
import threading
import time
from pathlib import Path

from jax.domain.errors import InvalidValue


class Unsendable:
    """Cannot leave its process."""

    def __reduce__(self) -> str:
        raise TypeError("this stays here")


def scaled(shared: list[float], task: int) -> list[float]:
    return [number * task for number in shared]


def slow_first(shared: Path, task: int) -> int:
    """Task 0 waits for the end of task 2, which nobody begins before the answer of task 1 was heard."""
    while task == 0 and not (shared / "2").exists():
        time.sleep(0.01)
    (shared / str(task)).touch()
    return task


def failing_third(shared: None, task: int) -> int:
    if task == 3:
        raise InvalidValue("bars", "row 7 is wrong")
    return task


def dying_third(shared: None, task: int) -> int:
    if task == 3:
        os._exit(9)
    return task


def marking(shared: Path, task: int) -> int:
    """Leaves a file a task; all but the first take their time."""
    (shared / f"began {task}").touch()
    time.sleep(0.2 if task else 0.0)
    return task


def pid_and_thread(shared: None, task: int) -> tuple[int, int]:
    time.sleep(0.05)
    return os.getpid(), threading.get_ident()


def unsendable_result(shared: None, task: int) -> Unsendable:
    return Unsendable()


def identity_of(shared: object, task: object) -> int:
    return id(shared)
