"""What each month and each year of a curve returned."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

# Ends of bars, oldest first, with what something was worth then.
Curve = Iterable[tuple[datetime, Decimal]]
# None where nothing was left to grow.
Return = Decimal | None

_PeriodT = TypeVar("_PeriodT")
_INSTANT = timedelta(microseconds=1)


def monthly_returns(curve: Curve, initial: Decimal) -> dict[tuple[int, int], Return]:
    """By year and month (UTC), oldest first; see yearly_returns. Months without a bar end are not there."""
    return _returns(curve, initial, lambda day: (day.year, day.month))


def yearly_returns(curve: Curve, initial: Decimal) -> dict[int, Return]:
    """Simple returns by year (UTC), oldest first, each from the last bar end of the year before.

    The first is from `initial`, so that the first and the last may be of a part of their year; together they
    compound to the return of the whole. A bar that ends at midnight belongs to the day before.
    """
    return _returns(curve, initial, lambda day: day.year)


def _returns(curve: Curve, initial: Decimal, period: Callable[[date], _PeriodT]) -> dict[_PeriodT, Return]:
    last = {period((end - _INSTANT).date()): worth for end, worth in curve}
    found: dict[_PeriodT, Return] = {}
    before = initial
    for key, worth in last.items():
        found[key] = worth / before - 1 if before > 0 else None
        before = worth
    return found
