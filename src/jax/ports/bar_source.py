"""Where raw bars come from before they are checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument


class UnreadableRow(InvalidValue):
    """The row at `line` cannot be read as a bar at all; the rows after it may be."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}", problem)
        self.line = line


@dataclass(frozen=True, slots=True)
class RawDailyBar:
    """One row as its vendor wrote it: nothing is checked yet. `line` is the row's number in the source."""

    line: int
    symbol: str
    session_date: date
    open: str
    high: str
    low: str
    close: str
    adjusted_close: str
    volume: str


class BarSource(Protocol):
    """A vendor's daily bars."""

    @property
    def vendor(self) -> str:
        """The source's name and version, for the evidence."""
        ...

    def instruments(self) -> Sequence[Instrument]:
        """What it has bars of."""
        ...

    def rows(self) -> Iterator[RawDailyBar]:
        """All rows in the source's order.

        `next` raises UnreadableRow for a row that cannot be read, and goes on with the row after it when it
        is asked again. Unavailable when the source itself cannot be read; InvalidValue when it holds
        something else than daily bars.
        """
        ...
