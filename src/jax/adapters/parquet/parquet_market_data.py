"""Bars in one Parquet file for each timeframe and symbol."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from jax.adapters.parquet.bar_file import BarFile, staged
from jax.adapters.parquet.writer_lock import writer_lock
from jax.domain.bar import Bar, Timeframe, last_by_symbol
from jax.ports.errors import Conflict
from jax.ports.market_data import Series

_Key = tuple[Timeframe, str]


class ParquetMarketData:
    """A MarketData below the folder `root`, which is made when the first bar is stored.

    Readers see each file whole, before or after an append. An append stages all its files before the first
    takes its place, so that a full disk changes nothing; a loss of power between two of the renames can
    leave some symbols appended and others not, and the same append completes them.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def append(self, bars: Sequence[Bar]) -> int:
        """See MarketData; Unavailable when the folder cannot be written or another process keeps writing."""
        if not bars:
            return 0
        async with writer_lock(self._root):
            return await asyncio.to_thread(self._append, bars)

    async def bars(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        after: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Bar, ...]:
        """See MarketData; Unavailable when the symbol's file cannot be read."""
        file = self._file((timeframe, symbol))
        return await asyncio.to_thread(file.read, after=after, until=until)

    async def newest(self, symbol: str, timeframe: Timeframe) -> Bar | None:
        """See MarketData; Unavailable when the symbol's file cannot be read."""
        stored = await self.bars(symbol, timeframe)
        return stored[-1] if stored else None

    async def newest_of(self, symbols: Collection[str]) -> Mapping[str, Bar]:
        """See MarketData; Unavailable when a symbol's file cannot be read."""
        found = [await self.newest(symbol, timeframe) for symbol in symbols for timeframe in Timeframe]
        return last_by_symbol(bar for bar in found if bar is not None)

    async def last_ends(self, timeframe: Timeframe) -> Mapping[str, datetime]:
        """See MarketData."""
        return await asyncio.to_thread(self._last_ends, timeframe)

    async def ends_of(self, series: Collection[Series]) -> Mapping[Series, datetime]:
        """See MarketData."""
        return await asyncio.to_thread(self._ends_of, series)

    def _append(self, bars: Sequence[Bar]) -> int:
        changed: list[tuple[BarFile, list[Bar]]] = []
        added = 0
        for key, fresh in _by_file(bars).items():
            file = self._file(key)
            merged = {bar.end: bar for bar in file.read()}
            before = len(merged)
            _merge(merged, fresh)
            if len(merged) > before:
                added += len(merged) - before
                changed.append((file, sorted(merged.values(), key=lambda bar: bar.end)))
        with staged(changed) as files:
            for file in files:
                file.commit()
        return added

    def _last_ends(self, timeframe: Timeframe) -> Mapping[str, datetime]:
        found = ((file.symbol, file.last_end()) for file in BarFile.all_in(self._root, timeframe))
        return {symbol: end for symbol, end in found if end is not None}

    def _ends_of(self, series: Collection[Series]) -> Mapping[Series, datetime]:
        found = ((key, BarFile(self._root, key[1], key[0]).last_end()) for key in series)
        return {key: end for key, end in found if end is not None}

    def _file(self, key: _Key) -> BarFile:
        timeframe, symbol = key
        return BarFile(self._root, timeframe, symbol)


def _by_file(bars: Sequence[Bar]) -> Mapping[_Key, list[Bar]]:
    found: dict[_Key, list[Bar]] = defaultdict(list)
    for bar in bars:
        found[bar.timeframe, bar.symbol].append(bar)
    return found


def _merge(stored: dict[datetime, Bar], fresh: Sequence[Bar]) -> None:
    for bar in fresh:
        if stored.setdefault(bar.end, bar) != bar:
            raise Conflict(
                f"The bar of {bar.symbol} that ends {bar.end.isoformat()} is stored with other values: "
                f"{_prices(stored[bar.end])} there, {_prices(bar)} here"
            )


def _prices(bar: Bar) -> str:
    return f"{bar.open} {bar.high} {bar.low} {bar.close} volume {bar.volume}"
