"""The intervals into which an exchange's sessions are divided."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from jax.domain.bar import Timeframe
from jax.domain.errors import InvalidValue
from jax.domain.session import ExchangeSession


class Interval(NamedTuple):
    """[start, end)."""

    start: datetime
    end: datetime


class TradingHours:
    """Intervals begin at the opening and never reach over the close: the last one may be shorter.

    Sessions in any order, none of them overlapping another; InvalidValue otherwise.
    """

    def __init__(self, sessions: Sequence[ExchangeSession]) -> None:
        self._sessions = sorted(sessions, key=lambda session: session.opens_at)
        self._opens = [session.opens_at for session in self._sessions]
        for before, after in zip(self._sessions, self._sessions[1:], strict=False):
            if not (before.closes_at <= after.opens_at):
                raise InvalidValue(
                    "sessions", f"{after.session_date} opens before {before.session_date} closes"
                )

    @property
    def known_until(self) -> datetime | None:
        """The last close that is known; None without sessions."""
        return self._sessions[-1].closes_at if self._sessions else None

    def interval_at(self, at: datetime, timeframe: Timeframe) -> Interval | None:
        """The interval that holds `at`; None while the exchange is closed, or when that is not known."""
        position = bisect_right(self._opens, at) - 1
        if position < 0 or not (at < self._sessions[position].closes_at):
            return None
        return _within(self._sessions[position], at, timeframe)

    def interval_from(self, at: datetime, timeframe: Timeframe) -> Interval | None:
        """The first interval that begins at `at` or later; None when no session is known that has one."""
        found = self.interval_at(at, timeframe)
        if found is not None and found.start == at:
            return found
        if found is not None and (following := self.interval_at(found.end, timeframe)) is not None:
            return following
        position = bisect_right(self._opens, at)
        if position == len(self._sessions):
            return None
        return _within(self._sessions[position], self._opens[position], timeframe)

    def opening_of(self, interval: Interval) -> datetime:
        """When the session opened that `interval` is part of."""
        return self._opens[bisect_right(self._opens, interval.start) - 1]


def _within(session: ExchangeSession, at: datetime, timeframe: Timeframe) -> Interval:
    length = timeframe.length
    if length is None:
        return Interval(session.opens_at, session.closes_at)
    start = session.opens_at + (at - session.opens_at) // length * length
    return Interval(start, min(start + length, session.closes_at))
