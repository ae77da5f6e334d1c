"""Instruments and exchange sessions in schema `reference`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.rows import unnested, values_of
from jax.adapters.postgres.schema.reference_tables import exchange_holiday, exchange_session, instrument
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.domain.session import ExchangeHoliday, ExchangeSession
from jax.ports.errors import NotFound

_INSTRUMENT = Statement(
    select(instrument).where(instrument.c.symbol == bindparam("of_symbol")), only_looks=True
)


def last_opened(mic: ColumnElement[str], moment: ColumnElement[datetime]) -> Select[Any]:
    """The last session that has opened, none of an exchange whose calendar ends before that moment."""
    known = exchange_session.alias("known_session")
    known_until = select(func.max(known.c.closes_at)).where(known.c.mic == mic).scalar_subquery()
    return (
        select(exchange_session)
        .where(exchange_session.c.mic == mic, exchange_session.c.opens_at <= moment, moment <= known_until)
        .order_by(exchange_session.c.opens_at.desc())
        .limit(1)
    )


_LAST_OPENED = Statement(last_opened(bindparam("of_mic"), bindparam("moment")), only_looks=True)


class PostgresReferenceData:
    """A date of an exchange is a session or a holiday: putting one removes the other."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def put_instruments(self, instruments: Sequence[Instrument]) -> None:
        await self._put(instrument, {item.symbol: values_of(item) for item in instruments})

    async def instrument(self, symbol: str) -> Instrument:
        row = (await self._session.execute(_INSTRUMENT, of_symbol=symbol)).one_or_none()
        if row is None:
            raise NotFound(f"There is no instrument {symbol}: import its reference data first.")
        return Instrument(**row._mapping)

    async def instruments(self) -> Sequence[Instrument]:
        result = await self._session.execute(select(instrument).order_by(instrument.c.symbol.collate("C")))
        return [Instrument(**row._mapping) for row in result]

    async def put_sessions(
        self, sessions: Sequence[ExchangeSession], holidays: Sequence[ExchangeHoliday]
    ) -> None:
        opened = {(item.mic, item.session_date): values_of(item) for item in sessions}
        closed = {(item.mic, item.holiday_date): values_of(item) for item in holidays}
        for mic, day in opened.keys() & closed.keys():
            raise InvalidValue("holidays", f"{day} is given as a session and as a holiday of {mic}")
        await self._forget(exchange_session, "session_date", closed)
        await self._forget(exchange_holiday, "holiday_date", opened)
        await self._put(exchange_session, opened)
        await self._put(exchange_holiday, closed)

    async def sessions(self, mic: str) -> Sequence[ExchangeSession]:
        query = (
            select(exchange_session)
            .where(exchange_session.c.mic == mic)
            .order_by(exchange_session.c.session_date)
        )
        return [ExchangeSession(**row._mapping) for row in await self._session.execute(query)]

    async def holidays(self, mic: str) -> Sequence[ExchangeHoliday]:
        query = (
            select(exchange_holiday)
            .where(exchange_holiday.c.mic == mic)
            .order_by(exchange_holiday.c.holiday_date)
        )
        return [ExchangeHoliday(**row._mapping) for row in await self._session.execute(query)]

    async def last_session_opened(self, mic: str, at: datetime) -> ExchangeSession:
        row = (await self._session.execute(_LAST_OPENED, of_mic=mic, moment=at)).one_or_none()
        if row is None:
            raise NotFound(f"The sessions of {mic} are not known at {at.isoformat()}: import its calendar.")
        return ExchangeSession(**row._mapping)

    async def _put(self, table: Table, rows: dict[Any, dict[str, Any]]) -> None:
        if not rows:
            return
        given = unnested(table, list(rows.values()))
        adding = insert(table).from_select([c.name for c in given.c], select(given))
        keys = [c.name for c in table.primary_key]
        replaced = {c.name: adding.excluded[c.name] for c in table.columns if c.name not in keys}
        if replaced:
            await self._session.execute(adding.on_conflict_do_update(index_elements=keys, set_=replaced))
        else:
            await self._session.execute(adding.on_conflict_do_nothing())

    async def _forget(self, table: Table, day: str, dates: dict[tuple[str, date], Any]) -> None:
        if not dates:
            return
        rows = [{"mic": mic, day: date_} for mic, date_ in dates]
        given = unnested(table, rows)
        await self._session.execute(
            delete(table).where(tuple_(table.c.mic, table.c[day]).in_(select(given.c.mic, given.c[day])))
        )
