"""Prices over an interval."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from jax.domain import checks
from jax.domain.errors import InvalidValue


class Timeframe(StrEnum):
    """How long a bar lasts; DAY is one session of the exchange."""

    DAY = "1d"


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
