"""What an import found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that cannot be a bar; `symbol` and `session_date` are None when the row does not tell them."""

    line: int
    symbol: str | None
    session_date: date | None
    what: str

    def __str__(self) -> str:
        """One line for a person."""
        where = [f"line {self.line}", self.symbol, self.session_date and self.session_date.isoformat()]
        return f"{', '.join(part for part in where if part)}: {self.what}"


@dataclass(frozen=True, slots=True)
class Gap:
    """Consecutive sessions, `first` to `last`, for which a symbol has no row between its first and last."""

    symbol: str
    first: date
    last: date
    sessions: int

    def __str__(self) -> str:
        """One line for a person."""
        if self.sessions == 1:
            return f"{self.symbol}: no row for the session of {self.first}"
        return f"{self.symbol}: no row for the {self.sessions} sessions from {self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`rows` were read; `imported` bars were new in the store, `already_there` were in it.

    Unless the caller asked for bad rows to be skipped, one rejected row keeps everything out of the store.
    `bars` counts the accepted rows by symbol.
    """

    vendor: str
    rows: int
    imported: int
    already_there: int
    rejected: tuple[Problem, ...]
    gaps: tuple[Gap, ...]
    bars: Mapping[str, int]

    @property
    def stored(self) -> bool:
        """Whether the accepted rows are in the store now."""
        return self.imported + self.already_there > 0
