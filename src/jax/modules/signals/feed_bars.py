"""What a feed says, as bars that are worth storing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from jax.domain.bar import Bar
from jax.domain.marked_bar import BarMark, MarkedBar
from jax.domain.symbol_bars import SymbolBars
from jax.domain.tick import Tick
from jax.ports.market_data import Series
from jax.ports.market_feed import FeedBack, FeedItem, FeedLost

# A symbol's own ticks close its bar; only those that are quiet wait for a look at the clock.
_LOOK_EVERY = timedelta(milliseconds=100)


class FeedBars:
    """Builds bars of ticks, takes those that the feed has itself, and leaves out what is STALE or not new.

    A series of which the feed has bars of its own is not built from ticks.
    """

    def __init__(self, builders: Mapping[str, SymbolBars], ends: Mapping[Series, datetime]) -> None:
        """`ends` are those of the newest stored bars: nothing older is given."""
        self.problem: str | None = "nothing was heard yet"
        self.marks: Counter[BarMark] = Counter()
        self._builders = builders
        self._ends = dict(ends)
        self._of_the_feed: set[Series] = set()
        self._looked_at: datetime | None = None

    def hear(self, items: Sequence[FeedItem], now: datetime) -> list[Bar]:
        """The new bars that follow from `items` and from its being `now`, each series oldest first."""
        bars: list[Bar] = []
        for item in items:
            if isinstance(item, Tick):
                builder = self._builders.get(item.symbol)
                if builder is not None:
                    bars.extend(self._built(builder.hear(item, now)))
            elif isinstance(item, Bar):
                self._of_the_feed.add((item.symbol, item.timeframe))
                bars.extend(self._new([MarkedBar(item, BarMark.WHOLE)]))
            else:
                self._connection(item, now)
        if not items or self._looked_at is None or now - self._looked_at >= _LOOK_EVERY:
            self._looked_at = now
            for builder in self._builders.values():
                bars.extend(self._built(builder.pass_time(now)))
        return bars

    def count(self, name: str) -> int:
        """The sum of a field of TickCounts over all symbols."""
        return sum(getattr(builder.counts, name) for builder in self._builders.values())

    def _connection(self, item: FeedLost | FeedBack, now: datetime) -> None:
        self.problem = item.reason if isinstance(item, FeedLost) else None
        for builder in self._builders.values():
            if isinstance(item, FeedLost):
                builder.lost()
            else:
                builder.back(now)

    def _built(self, marked: Sequence[MarkedBar]) -> Iterable[Bar]:
        if not marked:
            return ()
        return self._new(
            one for one in marked if (one.bar.symbol, one.bar.timeframe) not in self._of_the_feed
        )

    def _new(self, marked: Iterable[MarkedBar]) -> Iterable[Bar]:
        for one in marked:
            series = (one.bar.symbol, one.bar.timeframe)
            before = self._ends.get(series)
            if before is not None and not (one.bar.end > before):
                continue
            self.marks[one.mark] += 1
            # What was not seen is not stored: the truth about it may still come, as a bar of the feed's own.
            if one.mark is not BarMark.STALE:
                self._ends[series] = one.bar.end
                yield one.bar
