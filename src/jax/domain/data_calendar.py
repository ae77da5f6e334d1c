"""How many bars a year has, told from the bars themselves."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median_high

from jax.domain.errors import InvalidValue

_SESSIONS_WITHOUT_WEEKENDS = 252
_SESSIONS_WITH_WEEKENDS = 365
_SATURDAY = 5
_UTC = timedelta(0)
_INSTANT = timedelta(microseconds=1)


def bars_a_year(ends: Sequence[datetime]) -> int:
    """How many bars such as those that end at `ends` (UTC, in any order, at least one) a year has.

    Sessions a year times the median number of bars a session. A session is a date in UTC on which bars end;
    a bar that ends at midnight belongs to the day before, since it reaches up to its end and does not hold
    it. A year has 252 sessions when none is a Saturday or a Sunday, else 365. Of two numbers in the middle
    the larger is the median: a session that is cut short has fewer bars, and none has more. Bars that
    end together, of several symbols, are one. InvalidValue: no end, or one that is not in UTC.
    """
    if not ends:
        raise InvalidValue("ends", "there is no bar whose calendar could be told")
    for row, end in enumerate(ends, start=1):
        if end.utcoffset() != _UTC:  # None when naive
            raise InvalidValue("ends", f"bar {row}: {end.isoformat()} is not a timezone-aware UTC time")
    sessions = Counter((end - _INSTANT).date() for end in set(ends))
    on_weekends = any(date.weekday() >= _SATURDAY for date in sessions)
    a_year = _SESSIONS_WITH_WEEKENDS if on_weekends else _SESSIONS_WITHOUT_WEEKENDS
    return a_year * median_high(sessions.values())
