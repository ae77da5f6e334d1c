"""The newest entries of an account, counted and added up as they come: a look does not walk through them."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

from jax.domain.risk.rule import EXACT
from jax.domain.side import Side

A_MINUTE = timedelta(seconds=60)
_MICROSECOND = timedelta(microseconds=1)
# What one order takes out of the bucket, in parts of which a microsecond brings back a whole number.
TOKEN = A_MINUTE // _MICROSECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RecentOrder:
    """An entry that was recorded at `at`, whatever became of it; its artifact, and its value in currency."""

    at: datetime
    symbol: str
    side: Side
    artifact_hash: str
    notional: Decimal


@dataclass(frozen=True, slots=True)
class OrderRun:
    """The `count` (>= 1) newest orders, the oldest of which was recorded at `since`."""

    count: int
    since: datetime

    def taken(self, now: datetime, *, per_minute: int) -> int:
        """What they have taken and `per_minute` has not brought back, in parts of which TOKEN are one order.

        An order that is later than now has taken its token, and the time until then brings back nothing.
        """
        return self.count * TOKEN - (now - min(self.since, now)) // _MICROSECOND * per_minute


class RecentOrders:
    """The entries of at least the last `kept_for`.

    What is asked for `after` a moment counts those that are later than now, too.
    """

    def __init__(self, *, kept_for: timedelta) -> None:
        self._kept_for = kept_for
        self._newest: dict[tuple[str, Side], datetime] = {}
        self._runs = _Runs(1, ())
        self._add_all(())

    def add(self, order: RecentOrder) -> None:
        """One more, recorded after the others unless the clock was set back."""
        if self._orders and order.at < self._orders[-1].at:
            # Rare enough to add up everything again.
            self._add_all(sorted((*self._orders, order), key=_recorded_at))
        else:
            self._append(order)
        self._forget(order.at - self._kept_for)

    def count(self, after: datetime) -> int:
        """How many there are."""
        return len(self._orders) - self._place(after)

    def notional(self, after: datetime) -> Decimal:
        """What they were worth together."""
        with localcontext(EXACT):
            return self._totals[-1] - self._totals[self._place(after)]

    def of_artifact(self, artifact_hash: str, *, after: datetime) -> int:
        """How many there are of one artifact."""
        times = self._of_artifact.get(artifact_hash, [])
        return len(times) - bisect_right(times, after)

    def newest(self, symbol: str, side: Side) -> datetime | None:
        """When the newest of them with this symbol and side was recorded; None when it is forgotten."""
        return self._newest.get((symbol, side))

    def run(self, now: datetime, *, per_minute: int) -> OrderRun | None:
        """The run within the last minute that has `taken` most; None without an order in it."""
        first = self._place(now - A_MINUTE)
        if first == len(self._orders):
            return None
        if self._orders[-1].at > now:
            kept = self._orders[first:]
            runs = (OrderRun(len(kept) - place, order.at) for place, order in enumerate(kept))
            return max(runs, key=lambda run: run.taken(now, per_minute=per_minute))
        if self._runs.per_minute != per_minute:
            self._runs = _Runs(per_minute, map(_recorded_at, self._orders))
        return self._runs.longest(after=now - A_MINUTE)

    def _add_all(self, orders: Iterable[RecentOrder]) -> None:
        self._orders: list[RecentOrder] = []
        # One more than there are orders: each is the sum of those before.
        self._totals = [Decimal(0)]
        self._of_artifact: dict[str, list[datetime]] = defaultdict(list)
        self._runs = _Runs(self._runs.per_minute, ())
        for order in orders:
            self._append(order)

    def _append(self, order: RecentOrder) -> None:
        self._orders.append(order)
        with localcontext(EXACT):
            self._totals.append(self._totals[-1] + order.notional)
        self._of_artifact[order.artifact_hash].append(order.at)
        self._newest[order.symbol, order.side] = order.at
        self._runs.append(order.at)

    def _place(self, after: datetime) -> int:
        return bisect_right(self._orders, after, key=_recorded_at)

    def _forget(self, before: datetime) -> None:
        """Half of them at once: to move what is left costs as much for one as for many."""
        gone = bisect_left(self._orders, before, key=_recorded_at)
        if 2 * gone <= len(self._orders):
            return
        del self._orders[:gone], self._totals[:gone]
        for artifact_hash, times in list(self._of_artifact.items()):
            del times[: bisect_left(times, before)]
            if not times:
                del self._of_artifact[artifact_hash]
        self._runs.forget(before)


@dataclass(frozen=True, slots=True)
class _Start:
    """The order of that number; `weight` grows with what was taken before it and not brought back."""

    number: int
    at: datetime
    weight: int


class _Runs:
    """Where the runs begin that have taken more than every one that begins later.

    What a run has taken now is what every order has taken so far, less the weight of its start. So in any
    span that ends now, the run from the first of these starts on has taken most.
    """

    def __init__(self, per_minute: int, times: Iterable[datetime]) -> None:
        self.per_minute = per_minute
        self._count = 0
        self._starts: list[_Start] = []
        for at in times:
            self.append(at)

    def append(self, at: datetime) -> None:
        """One more order, not before the others."""
        weight = self._count * TOKEN - (at - _EPOCH) // _MICROSECOND * self.per_minute
        while self._starts and self._starts[-1].weight >= weight:
            self._starts.pop()
        self._starts.append(_Start(self._count, at, weight))
        self._count += 1

    def longest(self, *, after: datetime) -> OrderRun:
        """The one that has taken most of those that begin after `after`; one does."""
        start = self._starts[bisect_right(self._starts, after, key=lambda start: start.at)]
        return OrderRun(self._count - start.number, start.at)

    def forget(self, before: datetime) -> None:
        """No run that begins before will be asked for."""
        del self._starts[: bisect_left(self._starts, before, key=lambda start: start.at)]


def _recorded_at(order: RecentOrder) -> datetime:
    return order.at
