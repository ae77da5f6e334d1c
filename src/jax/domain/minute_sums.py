"""Amounts added up by the minute in which they fell."""

from datetime import datetime, timedelta
from decimal import Decimal

_NOTHING = Decimal(0)


class MinuteSums:
    """Grows with the minutes that had something, and not with the number of amounts."""

    def __init__(self, *, kept_for: timedelta) -> None:
        """What is older than `kept_for`, beside the newest minute, is forgotten."""
        self._kept_for = kept_for
        self._sums: dict[datetime, Decimal] = {}

    def add(self, at: datetime, amount: Decimal) -> None:
        """Counts `amount` (either sign) for the minute of `at`."""
        minute = at.replace(second=0, microsecond=0)
        is_new = minute not in self._sums
        self._sums[minute] = self._sums.get(minute, _NOTHING) + amount
        if is_new:
            oldest = max(self._sums) - self._kept_for
            self._sums = {kept: total for kept, total in self._sums.items() if kept >= oldest}

    def since(self, moment: datetime) -> Decimal:
        """The sum since `moment`; of the minute in which it lies all counts."""
        first = moment.replace(second=0, microsecond=0)
        return sum((total for minute, total in self._sums.items() if minute >= first), _NOTHING)
