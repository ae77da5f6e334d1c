"""Prices over an interval."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from jax.domain import checks
from jax.domain.errors import InvalidValue


class Timeframe(StrEnum):
    """How long a bar lasts, shortest first; DAY is one session of the exchange."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    QUARTER_HOUR = "15m"
    HOUR = "1h"
    DAY = "1d"

    @property
    def length(self) -> timedelta | None:
        """How long a whole bar lasts; None for DAY, whose length is its session's."""
        return _LENGTHS.get(self)


_LENGTHS: Mapping[Timeframe, timedelta] = MappingProxyType(
    {
        Timeframe.MINUTE: timedelta(minutes=1),
        Timeframe.FIVE_MINUTES: timedelta(minutes=5),
        Timeframe.QUARTER_HOUR: timedelta(minutes=15),
        Timeframe.HOUR: timedelta(hours=1),
    }
)


@dataclass(frozen=True, slots=True)
class Bar:
    """Open, high, low, close and volume over [start, end), stamped by `end` (UTC).

    Prices are above zero with low <= open, close <= high; volume is in units, zero or above.
    Prices may be adjusted for splits and dividends, so they need not lie on the price increment.
    """

    symbol: str
    timeframe: Timeframe
    start: datetime
    end: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal

    def __post_init__(self) -> None:
        checks.symbol("symbol", self.symbol)
        if not (checks.utc("start", self.start) < checks.utc("end", self.end)):
            raise InvalidValue(
                "end", f"{self.end.isoformat()} is not after the start {self.start.isoformat()}"
            )
        for field in ("open", "high", "low", "close"):
            checks.positive(field, getattr(self, field))
        checks.not_negative("volume", self.volume)
        if not (self.low <= min(self.open, self.close) and max(self.open, self.close) <= self.high):
            raise InvalidValue(
                "bar",
                f"open {self.open} and close {self.close} lie outside low {self.low} to high {self.high}",
            )

    @property
    def only_repeats(self) -> bool:
        """Whether it stands for an interval without trades: one price, and no volume."""
        return self.volume == 0 and self.low == self.high


def last_by_symbol(bars: Iterable[Bar]) -> Mapping[str, Bar]:
    """Of each symbol's bars the one that ends last; of two that end together the one that comes first."""
    last: dict[str, Bar] = {}
    for bar in bars:
        if bar.symbol not in last or last[bar.symbol].end < bar.end:
            last[bar.symbol] = bar
    return last
