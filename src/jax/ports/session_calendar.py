"""Where the sessions of exchanges come from."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from jax.domain.session import ExchangeHoliday, ExchangeSession


class SessionCalendar(Protocol):
    """Knows the trading days of exchanges."""

    def sessions(
        self, mic: str, *, first: date, last: date
    ) -> tuple[Sequence[ExchangeSession], Sequence[ExchangeHoliday]]:
        """Sessions and holidays with first <= date <= last, oldest first; NotFound for an unknown mic."""
        ...
