"""Ticks of one symbol become bars of every timeframe that is wanted."""

from collections.abc import Sequence, Set
from datetime import datetime

from jax.domain.bar import Bar, Timeframe
from jax.domain.longer_bars import LongerBars
from jax.domain.marked_bar import BarMark, MarkedBar
from jax.domain.minute_bars import MinuteBars
from jax.domain.tick import Tick
from jax.domain.tick_limits import TickCounts, TickLimits
from jax.domain.trading_hours import TradingHours


class SymbolBars:
    """As MinuteBars, with the longer bars of `timeframes` behind the minute that ends them."""

    def __init__(
        self, symbol: str, hours: TradingHours, limits: TickLimits, timeframes: Set[Timeframe] = frozenset()
    ) -> None:
        self._minutes = MinuteBars(symbol, hours, limits)
        wanted = [timeframe for timeframe in Timeframe if timeframe in timeframes]
        self._longer = [
            LongerBars(timeframe, hours) for timeframe in wanted if timeframe is not Timeframe.MINUTE
        ]

    @property
    def counts(self) -> TickCounts:
        """Of the ticks heard so far."""
        return self._minutes.counts

    def back(self, now: datetime) -> None:
        """From `now` on every tick comes."""
        self._minutes.back(now)

    def lost(self) -> None:
        """Ticks may be missing until `back`."""
        self._minutes.lost()

    def resume(self, minutes: Sequence[Bar]) -> None:
        """Goes on behind `minutes`, oldest first, which were given before a restart and were not STALE."""
        for bar in minutes:
            mark = BarMark.GAP if bar.only_repeats else BarMark.WHOLE
            for longer in self._longer:
                longer.hear(MarkedBar(bar, mark))
        if minutes:
            self._minutes.resume(minutes[-1])

    def hear(self, tick: Tick, now: datetime) -> list[MarkedBar]:
        """The bars that are closed now that it is `now`; takes the tick, unless it comes too late."""
        return self._with_longer(self._minutes.hear(tick, now))

    def pass_time(self, now: datetime) -> list[MarkedBar]:
        """The bars that are closed now that it is `now`, oldest first."""
        return self._with_longer(self._minutes.pass_time(now))

    def _with_longer(self, minutes: list[MarkedBar]) -> list[MarkedBar]:
        if not minutes or not self._longer:
            return minutes
        bars: list[MarkedBar] = []
        for minute in minutes:
            bars.append(minute)
            ended = (longer.hear(minute) for longer in self._longer)
            bars.extend(bar for bar in ended if bar is not None)
        return bars
