"""Bars, in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from jax.adapters.memory.session import Session
from jax.adapters.memory.state import Series
from jax.domain.bar import Bar, Timeframe, last_by_symbol
from jax.ports.errors import Conflict
from jax.ports.market_data import Series as SeriesKey


class MemoryMarketData:
    """Bars without a transaction: each append stands by itself."""

    def __init__(self) -> None:
        self._series: Series = {}

    async def append(self, bars: Sequence[Bar]) -> int:
        changed = _appended(self._series, bars)
        added = _count(changed) - _count(self._series)
        self._series = changed
        return added

    async def bars(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        after: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Bar, ...]:
        return _within(self._series.get((symbol, timeframe), {}).values(), after, until)

    async def newest(self, symbol: str, timeframe: Timeframe) -> Bar | None:
        return _newest(self._series, symbol, timeframe)

    async def newest_of(self, symbols: Collection[str]) -> Mapping[str, Bar]:
        return _newest_of(self._series, symbols)

    async def last_ends(self, timeframe: Timeframe) -> Mapping[str, datetime]:
        return _last_ends(self._series, timeframe)

    async def ends_of(self, series: Collection[SeriesKey]) -> Mapping[SeriesKey, datetime]:
        return _ends_of(self._series, series)


class TransactionMarketData:
    """Bars within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def append(self, bars: Sequence[Bar]) -> int:
        state = await self._session.write()
        try:
            changed = _appended(state.bars, bars)
        except Conflict as error:
            raise self._session.conflict(str(error)) from error
        added = _count(changed) - _count(state.bars)
        state.bars = changed
        return added

    async def bars(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        after: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Bar, ...]:
        return _within(self._session.read().bars.get((symbol, timeframe), {}).values(), after, until)

    async def newest(self, symbol: str, timeframe: Timeframe) -> Bar | None:
        return _newest(self._session.read().bars, symbol, timeframe)

    async def newest_of(self, symbols: Collection[str]) -> Mapping[str, Bar]:
        return _newest_of(self._session.read().bars, symbols)

    async def last_ends(self, timeframe: Timeframe) -> Mapping[str, datetime]:
        return _last_ends(self._session.read().bars, timeframe)

    async def ends_of(self, series: Collection[SeriesKey]) -> Mapping[SeriesKey, datetime]:
        return _ends_of(self._session.read().bars, series)


def _appended(series: Series, bars: Sequence[Bar]) -> Series:
    changed = {key: dict(series.get(key, {})) for key in {(bar.symbol, bar.timeframe) for bar in bars}}
    for bar in bars:
        stored = changed[bar.symbol, bar.timeframe].setdefault(bar.end, bar)
        if stored != bar:
            raise Conflict(
                f"The {bar.timeframe} bar of {bar.symbol} that ends {bar.end.isoformat()} is stored with "
                "other values: bars never change."
            )
    return {**series, **changed}


def _count(series: Series) -> int:
    return sum(len(bars) for bars in series.values())


def _within(bars: Iterable[Bar], after: datetime | None, until: datetime | None) -> tuple[Bar, ...]:
    chosen = (
        bar for bar in bars if (after is None or bar.end > after) and (until is None or bar.end <= until)
    )
    return tuple(sorted(chosen, key=lambda bar: bar.end))


def _newest(series: Series, symbol: str, timeframe: Timeframe) -> Bar | None:
    bars = series.get((symbol, timeframe), {})
    return bars[max(bars)] if bars else None


def _newest_of(series: Series, symbols: Collection[str]) -> Mapping[str, Bar]:
    return last_by_symbol(
        bar for symbol in symbols for timeframe in Timeframe if (bar := _newest(series, symbol, timeframe))
    )


def _ends_of(stored: Series, wanted: Collection[SeriesKey]) -> Mapping[SeriesKey, datetime]:
    return {key: max(bars) for key in wanted if (bars := stored.get(key))}


def _last_ends(series: Series, timeframe: Timeframe) -> Mapping[str, datetime]:
    return {symbol: max(bars) for (symbol, length), bars in series.items() if length is timeframe and bars}
