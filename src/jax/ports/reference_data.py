"""Instruments and the sessions of exchanges."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from jax.domain.instrument import Instrument
from jax.domain.session import ExchangeHoliday, ExchangeSession


class ReferenceData(Protocol):
    """What research writes and the trader reads."""

    async def put_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Adds instruments, or replaces those of the same symbol."""
        ...

    async def instrument(self, symbol: str) -> Instrument:
        """The instrument; NotFound."""
        ...

    async def instruments(self) -> Sequence[Instrument]:
        """All instruments by symbol."""
        ...

    async def put_sessions(
        self, sessions: Sequence[ExchangeSession], holidays: Sequence[ExchangeHoliday]
    ) -> None:
        """Adds sessions and holidays, or replaces those of the same exchange and date."""
        ...

    async def sessions(self, mic: str) -> Sequence[ExchangeSession]:
        """All sessions of an exchange, oldest first."""
        ...

    async def holidays(self, mic: str) -> Sequence[ExchangeHoliday]:
        """All holidays of an exchange, oldest first."""
        ...

    async def last_session_opened(self, mic: str, at: datetime) -> ExchangeSession:
        """The newest session with opens_at <= `at`; NotFound when the table does not reach that far."""
        ...
