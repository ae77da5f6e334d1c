"""Time that stands still until it is moved."""

from datetime import datetime, timedelta

from jax.domain import checks
from jax.domain.errors import InvalidValue

_NS_PER_MICROSECOND = 1000


class SettableClock:
    """A Clock that shows `now` until somebody moves it; its monotonic time moves with `advance` only."""

    def __init__(self, now: datetime) -> None:
        self._now = checks.utc("now", now)
        self._elapsed_ns = 0

    def now(self) -> datetime:
        return self._now

    def monotonic_ns(self) -> int:
        return self._elapsed_ns

    def advance(self, by: timedelta) -> None:
        """Lets time pass, both wall and monotonic; `by` is zero or above."""
        if by < timedelta(0):
            raise InvalidValue("by", f"{by} would turn monotonic time back; use jump_to for the wall clock")
        self._now += by
        self._elapsed_ns += by // timedelta(microseconds=1) * _NS_PER_MICROSECOND

    def jump_to(self, now: datetime) -> None:
        """Sets the wall clock, forward or back, as an administrator does: no time passes."""
        self._now = checks.utc("now", now)
