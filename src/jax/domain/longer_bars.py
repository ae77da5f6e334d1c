"""Bars of one minute become longer ones."""

from decimal import Decimal

from jax.domain.bar import Bar, Timeframe
from jax.domain.checks import LARGEST
from jax.domain.marked_bar import BarMark, MarkedBar
from jax.domain.trading_hours import Interval, TradingHours


class _Sum:
    """The minutes of one interval so far; the mark is GAP until something else came."""

    __slots__ = ("close", "high", "interval", "low", "mark", "open", "reached", "volume")

    def __init__(self, interval: Interval, close: Decimal) -> None:
        """`close` is what the first minute repeats, should nothing be traded in any."""
        self.interval = interval
        self.reached = interval.start
        self.open = self.high = self.low = self.close = close
        self.volume = Decimal(0)
        self.mark = BarMark.GAP

    def add(self, minute: MarkedBar) -> None:
        bar = minute.bar
        if minute.mark is not BarMark.GAP:
            self._add_prices(bar)
            self.mark = BarMark.STALE if BarMark.STALE in {self.mark, minute.mark} else BarMark.WHOLE
        if bar.start != self.reached:
            self.mark = BarMark.STALE
        self.reached = bar.end

    def _add_prices(self, bar: Bar) -> None:
        # What a GAP repeats is no price of this interval, as soon as there is one.
        if self.mark is BarMark.GAP:
            self.open, self.high, self.low = bar.open, bar.high, bar.low
        self.high, self.low, self.close = max(self.high, bar.high), min(self.low, bar.low), bar.close
        self.volume += bar.volume

    def bar(self, symbol: str, timeframe: Timeframe) -> MarkedBar:
        is_storable = self.volume < LARGEST
        prices = (self.open, self.high, self.low, self.close)
        bar = Bar(symbol, timeframe, *self.interval, *prices, self.volume if is_storable else Decimal(0))
        return MarkedBar(bar, self.mark if is_storable else BarMark.STALE)


class LongerBars:
    """Hears the minutes of one symbol in order, gives the longer bar with its last minute.

    It is WHOLE when every minute of its interval came and none was STALE, GAP when nothing was traded in any.
    """

    def __init__(self, timeframe: Timeframe, hours: TradingHours) -> None:
        self._timeframe = timeframe
        self._hours = hours
        self._sum: _Sum | None = None

    def hear(self, minute: MarkedBar) -> MarkedBar | None:
        """The bar that ends with `minute`; None as long as it goes on, and for a minute of no session."""
        bar = minute.bar
        if self._sum is None or not (bar.start < self._sum.interval.end):
            interval = self._hours.interval_at(bar.start, self._timeframe)
            if interval is None:
                return None
            self._sum = _Sum(interval, bar.close)
        self._sum.add(minute)
        if bar.end != self._sum.interval.end:
            return None
        done, self._sum = self._sum.bar(bar.symbol, self._timeframe), None
        return done
