"""Where raw bars come from before they are checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from jax.domain.instrument import Instrument


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
        """All rows in the source's order; InvalidValue for a row that cannot be read at all."""
        ...
