"""Instruments and exchange sessions, in memory."""

from collections.abc import Sequence
from datetime import datetime

from jax.adapters.memory.session import Session
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.domain.session import ExchangeHoliday, ExchangeSession
from jax.ports.errors import NotFound


class MemoryReferenceData:
    """A date of an exchange is a session or a holiday: putting one removes the other."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def put_instruments(self, instruments: Sequence[Instrument]) -> None:
        state = await self._session.write()
        state.instruments.update({instrument.symbol: instrument for instrument in instruments})

    async def instrument(self, symbol: str) -> Instrument:
        instrument = self._session.read().instruments.get(symbol)
        if instrument is None:
            raise NotFound(f"There is no instrument {symbol}: import its reference data first.")
        return instrument

    async def instruments(self) -> Sequence[Instrument]:
        return [instrument for _, instrument in sorted(self._session.read().instruments.items())]

    async def put_sessions(
        self, sessions: Sequence[ExchangeSession], holidays: Sequence[ExchangeHoliday]
    ) -> None:
        opened = {(item.mic, item.session_date): item for item in sessions}
        closed = {(item.mic, item.holiday_date): item for item in holidays}
        for mic, day in opened.keys() & closed.keys():
            raise InvalidValue("holidays", f"{day} is given as a session and as a holiday of {mic}")
        state = await self._session.write()
        kept_open = {key: item for key, item in state.sessions.items() if key not in closed}
        kept_closed = {key: item for key, item in state.holidays.items() if key not in opened}
        state.sessions, state.holidays = kept_open | opened, kept_closed | closed

    async def sessions(self, mic: str) -> Sequence[ExchangeSession]:
        stored = self._session.read().sessions.values()
        return sorted((item for item in stored if item.mic == mic), key=lambda item: item.session_date)

    async def holidays(self, mic: str) -> Sequence[ExchangeHoliday]:
        stored = self._session.read().holidays.values()
        return sorted((item for item in stored if item.mic == mic), key=lambda item: item.holiday_date)

    async def last_session_opened(self, mic: str, at: datetime) -> ExchangeSession:
        sessions = await self.sessions(mic)
        opened = [item for item in sessions if item.opens_at <= at]
        if not opened or not (at <= max(item.closes_at for item in sessions)):
            raise NotFound(f"The sessions of {mic} are not known at {at.isoformat()}: import its calendar.")
        return max(opened, key=lambda item: item.opens_at)
