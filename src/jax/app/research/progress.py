"""Progress bars on standard error, with rates; nothing is drawn where nobody watches."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text


class Advance:
    """Moves one bar; may be called from any thread."""

    def __init__(self, progress: Progress, description: str) -> None:
        self._progress = progress
        self._task = progress.add_task(description, total=None)

    def to(self, completed: int, total: int | None = None) -> None:
        """`completed` of `total`, or of an unknown number."""
        self._progress.update(self._task, completed=completed, total=total)


@contextmanager
def progress_bar(description: str, unit: str) -> Iterator[Advance]:
    """A bar that counts `unit` (a plural) for as long as the block lasts."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(unit),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield Advance(progress, description)


class _Rate(ProgressColumn):
    """Units per second."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{self._unit}" if speed is None else f"{speed:,.0f} {self._unit}/s")
