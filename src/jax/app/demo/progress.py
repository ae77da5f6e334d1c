"""A progress bar for each step of the demo, and how long each took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Reached(Protocol):
    """Moves the bar of a step to `done`, of `total` when that is known."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


class StepProgress:
    """Draws on standard error: bars on a terminal, one line a step elsewhere."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> "StepProgress":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @contextmanager
    def step(self, name: str, description: str) -> Iterator[Reached]:
        """Times the block as `name`; it is handed a function that says how far it is, and of how much."""
        task = self._progress.add_task(description, total=None)

        def reached(done: int, total: int | None = None) -> None:
            self._progress.update(task, completed=done, total=total)

        started = time.monotonic()
        yield reached
        seconds = time.monotonic() - started
        self.seconds[name] = round(seconds, 3)
        done = max(int(self._progress.tasks[task].completed), 1)
        self._progress.update(task, completed=done, total=done)
        if not self._console.is_terminal:
            self._console.print(f"{description:<28} {seconds:6.2f} s", highlight=False)
