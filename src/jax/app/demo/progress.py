"""A progress bar for each step of the demo, and how long each took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class StepProgress:
    """Draws on standard error: bars on a terminal, one line a step elsewhere."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description:<34}"),
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
    def step(self, name: str, description: str, *, total: int = 1) -> Iterator[Callable[[int], None]]:
        """Times the block as `name`; it is handed a function that moves the bar on."""
        task = self._progress.add_task(description, total=total)
        started = time.monotonic()
        yield lambda amount: self._progress.update(task, advance=amount)
        seconds = time.monotonic() - started
        self.seconds[name] = round(seconds, 3)
        reached = self._progress.tasks[task].completed
        self._progress.update(task, total=max(reached, 1), completed=max(reached, 1))
        if not self._console.is_terminal:
            self._console.print(f"{description:<34} {seconds:6.2f} s", highlight=False)
