"""Sessions, half days and holidays from exchange_calendars."""

import warnings
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.session import ExchangeHoliday, ExchangeSession
from jax.ports.errors import NotFound

# The package refuses a range without a session; none of its exchanges closes for so long.
_MARGIN = timedelta(days=31)
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 12, 31)
_DAY = timedelta(days=1)
_SATURDAY = 5


class ExchangeCalendars:
    """A SessionCalendar for every exchange that the package knows by its mic.

    The package imports pandas, which takes a second, so it is imported by the first call.
    """

    def sessions(
        self, mic: str, *, first: date, last: date
    ) -> tuple[Sequence[ExchangeSession], Sequence[ExchangeHoliday]]:
        """Sessions and holidays with 1900 <= first <= date <= last <= 2200, oldest first.

        A holiday is a day from Monday to Friday without a session. InvalidValue for other dates.
        """
        if not (_EARLIEST <= first <= last <= _LATEST):
            raise InvalidValue("first", f"{first} to {last} is not a range within {_EARLIEST} to {_LATEST}")
        checks.mic("mic", mic)
        with warnings.catch_warnings():
            # What the package asks of pandas is for the two of them to sort out.
            warnings.simplefilter("ignore", DeprecationWarning)
            calendar = _calendar(mic, first=first, last=last)
            schedule, half_days = _schedule(calendar), {stamp.date() for stamp in calendar.early_closes}
        sessions = [
            ExchangeSession(mic, day, opens_at, closes_at, day in half_days)
            for day, opens_at, closes_at in schedule
            if first <= day <= last
        ]
        open_days = {session.session_date for session in sessions}
        return sessions, [ExchangeHoliday(mic, day) for day in _weekdays(first, last) if day not in open_days]


def _calendar(mic: str, *, first: date, last: date) -> Any:
    import exchange_calendars  # type: ignore[import-untyped]  # the package has no types
    from exchange_calendars.errors import InvalidCalendarName  # type: ignore[import-untyped]  # as above

    # Without a start the package goes back 20 years from today only.
    start, end = (first - _MARGIN).isoformat(), (last + _MARGIN).isoformat()
    try:
        return exchange_calendars.get_calendar(mic, start=start, end=end)
    except InvalidCalendarName as error:
        raise NotFound(
            f"No trading calendar is known for {mic}: name an exchange by its ISO 10383 code"
        ) from error
    except ValueError as error:
        raise InvalidValue(
            "first", f"{first} to {last}: the calendar of {mic} does not reach so far"
        ) from error


def _schedule(calendar: Any) -> list[tuple[date, datetime, datetime]]:
    opens = calendar.opens.dt.to_pydatetime()
    closes = calendar.closes.dt.to_pydatetime()
    return [
        (day.date(), opens_at.astimezone(UTC), closes_at.astimezone(UTC))
        for day, opens_at, closes_at in zip(calendar.sessions, opens, closes, strict=True)
    ]


def _weekdays(first: date, last: date) -> list[date]:
    days = (first + number * _DAY for number in range((last - first).days + 1))
    return [day for day in days if day.weekday() < _SATURDAY]
