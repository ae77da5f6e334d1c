"""Bars in `trading.bar`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ARRAY, Row, Text, and_, bindparam, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.rows import left_open
from jax.adapters.postgres.schema.trading_tables import bar
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.bar import Bar, Timeframe, last_by_symbol
from jax.ports.market_data import Series

_GIVEN = left_open(bar)
_APPEND = Statement(
    insert(bar).from_select([c.name for c in _GIVEN.c], select(_GIVEN)).on_conflict_do_nothing()
)
_OTHER_VALUES = Statement(
    select(bar.c.symbol, bar.c.timeframe, bar.c.bar_end)
    .join(_GIVEN, onclause=and_(*(_GIVEN.c[c.name] == c for c in bar.primary_key)))
    .where(or_(*(_GIVEN.c[c.name] != c for c in bar.columns if not c.primary_key)))
    .limit(1)
)
_NEWEST = Statement(
    select(bar)
    .where(bar.c.symbol == bindparam("of_symbol"), bar.c.timeframe == bindparam("of_timeframe"))
    .order_by(bar.c.bar_end.desc())
    .limit(1),
    only_looks=True,
)

_SYMBOLS = func.unnest(bindparam("of_symbols", type_=ARRAY(Text))).table_valued("symbol").render_derived()
_TIMEFRAMES = (
    func.unnest(bindparam("of_timeframes", type_=ARRAY(Text))).table_valued("timeframe").render_derived()
)
_LAST = (
    select(bar)
    .where(bar.c.symbol == _SYMBOLS.c.symbol, bar.c.timeframe == _TIMEFRAMES.c.timeframe)
    .order_by(bar.c.bar_end.desc())
    .limit(1)
    .lateral()
)
_NEWEST_OF = Statement(
    select(_LAST).select_from(_SYMBOLS.join(_TIMEFRAMES, true()).join(_LAST, true())), only_looks=True
)
_SERIES = (
    func.unnest(bindparam("of_symbols", type_=ARRAY(Text)), bindparam("of_timeframes", type_=ARRAY(Text)))
    .table_valued("symbol", "timeframe", name="series")
    .render_derived()
)
_END = (
    select(bar.c.bar_end)
    .where(bar.c.symbol == _SERIES.c.symbol, bar.c.timeframe == _SERIES.c.timeframe)
    .order_by(bar.c.bar_end.desc())
    .limit(1)
    .lateral()
)
_ENDS_OF = Statement(
    select(_SERIES.c.symbol, _SERIES.c.timeframe, _END.c.bar_end).select_from(_SERIES.join(_END, true())),
    only_looks=True,
)


class PostgresMarketData:
    """Bars within a transaction: appended at once, whatever their number."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def append(self, bars: Sequence[Bar]) -> int:
        if not bars:
            return 0
        given = _arrays(bars)
        added = await self._session.change(_APPEND, **given)
        if added < len(bars):
            # What was skipped is visible now even if another transaction has only just committed it.
            await self._refuse_other_values(given)
        return added

    async def bars(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        after: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Bar, ...]:
        query = (
            select(bar).where(bar.c.symbol == symbol, bar.c.timeframe == timeframe).order_by(bar.c.bar_end)
        )
        if after is not None:
            query = query.where(bar.c.bar_end > after)
        if until is not None:
            query = query.where(bar.c.bar_end <= until)
        return tuple(_bar(row) for row in await self._session.execute(query))

    async def newest(self, symbol: str, timeframe: Timeframe) -> Bar | None:
        found = await self._session.execute(_NEWEST, of_symbol=symbol, of_timeframe=timeframe)
        row = found.one_or_none()
        return None if row is None else _bar(row)

    async def newest_of(self, symbols: Collection[str]) -> Mapping[str, Bar]:
        found = await self._session.execute(
            _NEWEST_OF, of_symbols=sorted(symbols), of_timeframes=list(Timeframe)
        )
        return last_by_symbol(map(_bar, found))

    async def last_ends(self, timeframe: Timeframe) -> Mapping[str, datetime]:
        query = (
            select(bar.c.symbol, func.max(bar.c.bar_end).label("end"))
            .where(bar.c.timeframe == timeframe)
            .group_by(bar.c.symbol)
        )
        return {row.symbol: row.end for row in await self._session.execute(query)}

    async def ends_of(self, series: Collection[Series]) -> Mapping[Series, datetime]:
        symbols, timeframes = [symbol for symbol, _ in series], [timeframe for _, timeframe in series]
        rows = await self._session.rows(_ENDS_OF, of_symbols=symbols, of_timeframes=timeframes)
        return {(row["symbol"], Timeframe(row["timeframe"])): row["bar_end"] for row in rows}

    async def _refuse_other_values(self, given: Mapping[str, list[Any]]) -> None:
        found = (await self._session.execute(_OTHER_VALUES, **given)).one_or_none()
        if found is not None:
            raise self._session.conflict(
                f"The {found.timeframe} bar of {found.symbol} that ends {found.bar_end.isoformat()} "
                "is stored with other values: bars never change."
            )


def _arrays(bars: Sequence[Bar]) -> dict[str, list[Any]]:
    """As `arrays_of` rows, without making the rows: there are thousands at a time."""
    return {f"given_{c.name}": list(map(attrgetter(_field(c.name)), bars)) for c in bar.columns}


def _field(column: str) -> str:
    return column.removeprefix("bar_")


def _bar(row: Row[Any]) -> Bar:
    values = dict(row._mapping)
    return Bar(start=values.pop("bar_start"), end=values.pop("bar_end"), **values)
