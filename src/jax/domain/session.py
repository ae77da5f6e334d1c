"""When an exchange is open."""

from dataclasses import dataclass
from datetime import date, datetime

from jax.domain import checks
from jax.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class ExchangeSession:
    """One trading day of `mic`: `session_date` is the exchange's own date, open and close are UTC."""

    mic: str
    session_date: date
    opens_at: datetime
    closes_at: datetime
    is_half_day: bool

    def __post_init__(self) -> None:
        checks.mic("mic", self.mic)
        if not (checks.utc("opens_at", self.opens_at) < checks.utc("closes_at", self.closes_at)):
            raise InvalidValue(
                "closes_at", f"the session of {self.session_date} does not close after it opens"
            )


@dataclass(frozen=True, slots=True)
class ExchangeHoliday:
    """A weekday on which `mic` does not open."""

    mic: str
    holiday_date: date

    def __post_init__(self) -> None:
        checks.mic("mic", self.mic)
