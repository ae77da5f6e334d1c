"""Ticks of one symbol become bars of one minute.

What comes out depends on the ticks, on when they came, and on nothing else. A bar is closed when `lateness`
has passed since its end, so any order of the same ticks within that bound gives equal bars, and a duplicate
changes nothing.
"""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from jax.domain.bar import Bar, Timeframe
from jax.domain.checks import LARGEST
from jax.domain.marked_bar import BarMark, MarkedBar
from jax.domain.tick import Tick
from jax.domain.tick_limits import TickCounts, TickLimits
from jax.domain.trading_hours import Interval, TradingHours

_NEVER = datetime.max.replace(tzinfo=UTC)
# The ids of so many closed bars with ticks are kept, to tell a duplicate from a tick that is late.
_REMEMBERED = 2


class _Seen:
    """The ticks of one interval so far; begins with `first`, which is still to be taken."""

    __slots__ = ("first", "high", "ids", "interval", "last", "low", "volume")

    def __init__(self, interval: Interval, first: Tick) -> None:
        self.interval = interval
        self.first = self.last = first
        self.high = self.low = first.price
        self.volume = Decimal(0)
        self.ids: set[tuple[datetime, str]] = set()

    def take(self, tick: Tick) -> None:
        if tick.place < self.first.place:
            self.first = tick
        if tick.place > self.last.place:
            self.last = tick
        self.high = max(self.high, tick.price)
        self.low = min(self.low, tick.price)
        self.volume += tick.size
        self.ids.add((tick.ts_event, tick.tick_id))


class MinuteBars:
    """Hears ticks and the time, gives each minute of a session once, in order, from its first tick on.

    `back` says that from now on every tick comes, `lost` that some may be missing. Before the first `back`
    and after a `lost`, bars are STALE.
    """

    def __init__(self, symbol: str, hours: TradingHours, limits: TickLimits) -> None:
        self.counts = TickCounts()
        self._symbol = symbol
        self._hours = hours
        self._limits = limits
        self._whole_from = _NEVER
        self._open: dict[datetime, _Seen] = {}
        self._next: Interval | None = None
        self._closed_until: datetime | None = None
        self._remembered: deque[_Seen] = deque(maxlen=_REMEMBERED)
        self._last_close: Decimal | None = None
        # Of closed intervals only: the order in which later ticks come must not matter.
        self._heard_until: datetime | None = None

    def back(self, now: datetime) -> None:
        """From `now` on every tick comes."""
        self._whole_from = now

    def lost(self) -> None:
        """Ticks may be missing until `back`."""
        self._whole_from = _NEVER

    def resume(self, bar: Bar) -> None:
        """Goes on behind `bar`, which was given before a restart; only before the first tick."""
        self._last_close, self._closed_until, self._heard_until = bar.close, bar.end, bar.end
        self._next = self._hours.interval_from(bar.end, Timeframe.MINUTE)

    def hear(self, tick: Tick, now: datetime) -> list[MarkedBar]:
        """The bars that are closed now that it is `now`; takes the tick, unless it comes too late."""
        closed = self.pass_time(now)
        interval = self._interval_of(tick.ts_event)
        if tick.ts_event - now > self._limits.lead:
            self.counts.early += 1
            self._doubt(now)
        elif interval is None:
            self.counts.out_of_session += 1
        elif self._is_known(tick, interval):
            self.counts.duplicate += 1
        elif self._is_closed(interval, now):
            self.counts.late += 1
            self._doubt(now)
        else:
            self._take(tick, interval)
        return closed

    def pass_time(self, now: datetime) -> list[MarkedBar]:
        """The bars that are closed now that it is `now`, oldest first."""
        if self._next is None or self._next.end + self._limits.lateness > now:
            return []
        return list(self._closing(now))

    def _closing(self, now: datetime) -> Iterator[MarkedBar]:
        while self._next is not None and self._next.end + self._limits.lateness <= now:
            interval, seen = self._next, self._open.pop(self._next.start, None)
            marked = self._repeated(interval) if seen is None else self._built(seen)
            self._closed_until = interval.end
            if seen is not None:
                self._remembered.append(seen)
                self._heard_until = seen.last.ts_event
            self._next = self._hours.interval_from(interval.end, Timeframe.MINUTE)
            if marked is not None:
                self._last_close = marked.bar.close
                yield marked

    def _interval_of(self, at: datetime) -> Interval | None:
        # Most ticks belong to the interval that is closed next.
        if self._next is not None and self._next.start <= at < self._next.end:
            return self._next
        return self._hours.interval_at(at, Timeframe.MINUTE)

    def _is_known(self, tick: Tick, interval: Interval) -> bool:
        key, seen = (tick.ts_event, tick.tick_id), self._open.get(interval.start)
        if seen is not None:
            return key in seen.ids
        return any(key in closed.ids for closed in self._remembered)

    def _is_closed(self, interval: Interval, now: datetime) -> bool:
        if interval.end + self._limits.lateness <= now:
            return True
        return self._closed_until is not None and interval.start < self._closed_until

    def _take(self, tick: Tick, interval: Interval) -> None:
        seen = self._open.get(interval.start)
        if seen is None:
            seen = self._open[interval.start] = _Seen(interval, tick)
        seen.take(tick)
        self.counts.taken += 1
        if self._next is None or interval.start < self._next.start:
            self._next = interval

    def _is_silent(self, interval: Interval, *, until: datetime) -> bool:
        opening = self._hours.opening_of(interval)
        heard = opening if self._heard_until is None else max(opening, self._heard_until)
        return until - heard > self._limits.silence

    def _doubt(self, now: datetime) -> None:
        """What has begun by now is not whole any more."""
        if self._whole_from is not _NEVER:
            self._whole_from = max(self._whole_from, now)

    def _built(self, seen: _Seen) -> MarkedBar:
        # A volume that cannot be stored is none that can be believed.
        is_storable = seen.volume < LARGEST
        is_whole = (
            is_storable
            and seen.interval.start >= self._whole_from
            and not self._is_silent(seen.interval, until=seen.first.ts_event)
        )
        prices = (seen.first.price, seen.high, seen.low, seen.last.price)
        volume = seen.volume if is_storable else Decimal(0)
        bar = Bar(self._symbol, Timeframe.MINUTE, *seen.interval, *prices, volume)
        return MarkedBar(bar, BarMark.WHOLE if is_whole else BarMark.STALE)

    def _repeated(self, interval: Interval) -> MarkedBar | None:
        if self._last_close is None:
            return None
        is_gap = interval.start >= self._whole_from and not self._is_silent(interval, until=interval.end)
        prices = (self._last_close,) * 4
        bar = Bar(self._symbol, Timeframe.MINUTE, *interval, *prices, Decimal(0))
        return MarkedBar(bar, BarMark.GAP if is_gap else BarMark.STALE)
