"""Progress bars on standard error, with rates; nothing is drawn where nobody watches."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Advance(Protocol):
    """Moves one bar; may be called from any thread."""

    def to(self, completed: int, total: int | None = None) -> None:
        """`completed` of `total`, or of an unknown number."""
        ...


@contextmanager
def progress_bar(description: str, unit: str) -> Iterator[Advance]:
    """A bar that counts `unit` (a plural) for as long as the block lasts."""
    if not sys.stderr.isatty():
        yield _Unwatched()
        return
    # What draws takes its time to import.
    from jax.app.research.drawn_progress import drawn_bar

    with drawn_bar(description, unit) as bar:
        yield bar


class _Unwatched:
    """Moves nothing."""

    def to(self, completed: int, total: int | None = None) -> None:
        """Nobody hears."""
