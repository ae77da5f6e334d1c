"""A progress bar as it is drawn on a terminal."""

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
    TimeRemainingColumn,
)
from rich.text import Text


class DrawnAdvance:
    """Moves one bar; may be called from any thread."""

    def __init__(self, progress: Progress, description: str) -> None:
        self._progress = progress
        self._task = progress.add_task(description, total=None)

    def to(self, completed: int, total: int | None = None) -> None:
        """`completed` of `total`, or of an unknown number."""
        self._progress.update(self._task, completed=completed, total=total)


@contextmanager
def drawn_bar(description: str, unit: str) -> Iterator[DrawnAdvance]:
    """The bar, with what it counts a second, the time that has passed and the time that is left."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield DrawnAdvance(progress, description)


class _Rate(ProgressColumn):
    """Units per second."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{self._unit}" if speed is None else f"{speed:,.0f} {self._unit}/s")
