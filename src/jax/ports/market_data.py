"""Bars, stored."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from jax.domain.bar import Bar, Timeframe

# All bars of one length of one symbol.
Series = tuple[str, Timeframe]


class MarketData(Protocol):
    """Bars by symbol and timeframe, unique by `end`, given back exactly as they were put in."""

    async def append(self, bars: Sequence[Bar]) -> int:
        """Adds bars and returns how many were new, all or none.

        A bar that is stored already with the same values is skipped; with other values, Conflict.
        """
        ...

    async def bars(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        after: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Bar, ...]:
        """Bars with after < end <= until, oldest first."""
        ...

    async def newest(self, symbol: str, timeframe: Timeframe) -> Bar | None:
        """The symbol's bar with the latest end, or None."""
        ...

    async def newest_of(self, symbols: Collection[str]) -> Mapping[str, Bar]:
        """The bar with the latest end of each of these symbols that has one, whatever its timeframe."""
        ...

    async def last_ends(self, timeframe: Timeframe) -> Mapping[str, datetime]:
        """The end of the newest bar of each symbol that has one."""
        ...

    async def ends_of(self, series: Collection[Series]) -> Mapping[Series, datetime]:
        """The end of the newest bar of each of these series that has one."""
        ...
