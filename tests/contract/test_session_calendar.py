"""What a SessionCalendar does, against days that are known from the exchanges' own announcements."""

from datetime import UTC, date, datetime, time
from itertools import pairwise

import pytest

from jax.adapters.calendars.exchange_calendars_calendar import ExchangeCalendars
from jax.domain.errors import InvalidValue
from jax.domain.session import ExchangeSession
from jax.ports.errors import NotFound
from jax.ports.session_calendar import SessionCalendar


@pytest.fixture
def calendar() -> SessionCalendar:
    return ExchangeCalendars()


def test_sessions_and_holidays_together_are_the_weekdays(calendar: SessionCalendar) -> None:
    first, last = date(2000, 1, 1), date(2026, 12, 31)
    sessions, holidays = calendar.sessions("XNAS", first=first, last=last)
    days = sorted([s.session_date for s in sessions] + [h.holiday_date for h in holidays])
    weekdays = [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
    assert days == [day for day in weekdays if day.weekday() < 5]
    assert {s.mic for s in sessions} == {h.mic for h in holidays} == {"XNAS"}


def test_sessions_are_in_order_and_do_not_overlap(calendar: SessionCalendar) -> None:
    sessions, holidays = calendar.sessions("XNYS", first=date(2000, 1, 1), last=date(2026, 12, 31))
    assert all(earlier.closes_at < later.opens_at for earlier, later in pairwise(sessions))
    assert list(holidays) == sorted(holidays, key=lambda holiday: holiday.holiday_date)


@pytest.mark.parametrize(
    ("day", "opens", "closes", "half"),
    [
        (date(2012, 7, 2), time(13, 30), time(20, 0), False),  # summer time
        (date(2012, 7, 3), time(13, 30), time(17, 0), True),  # the day before Independence Day
        (date(2012, 12, 3), time(14, 30), time(21, 0), False),  # winter time
        (date(2012, 11, 23), time(14, 30), time(18, 0), True),  # the day after Thanksgiving
    ],
)
def test_a_session_opens_and_closes_in_utc(
    calendar: SessionCalendar, day: date, opens: time, closes: time, half: bool
) -> None:
    sessions, _ = calendar.sessions("XNYS", first=day, last=day)
    assert sessions == [
        ExchangeSession(
            "XNYS", day, datetime.combine(day, opens, UTC), datetime.combine(day, closes, UTC), half
        )
    ]


@pytest.mark.parametrize(
    "day",
    [
        date(2001, 9, 12),  # after the attacks
        date(2004, 6, 11),  # mourning for President Reagan
        date(2012, 10, 29),  # Hurricane Sandy
        date(2012, 12, 25),
        date(2013, 3, 29),  # Good Friday
    ],
)
def test_a_day_on_which_the_exchange_stayed_closed_is_a_holiday(calendar: SessionCalendar, day: date) -> None:
    sessions, holidays = calendar.sessions("XNYS", first=day, last=day)
    assert sessions == []
    assert [holiday.holiday_date for holiday in holidays] == [day]


def test_a_weekend_is_neither(calendar: SessionCalendar) -> None:
    assert calendar.sessions("XNYS", first=date(2012, 12, 1), last=date(2012, 12, 2)) == ([], [])


def test_years_before_the_packages_own_default_are_there(calendar: SessionCalendar) -> None:
    sessions, _ = calendar.sessions("XNYS", first=date(1962, 1, 2), last=date(1962, 1, 2))
    assert [session.session_date for session in sessions] == [date(1962, 1, 2)]


def test_another_exchange_has_days_of_its_own(calendar: SessionCalendar) -> None:
    day = date(2019, 7, 4)
    london, _ = calendar.sessions("XLON", first=day, last=day)
    assert [session.closes_at.time() for session in london] == [time(15, 30)]
    assert calendar.sessions("XNYS", first=day, last=day)[0] == []


def test_an_exchange_that_nobody_knows_is_not_found(calendar: SessionCalendar) -> None:
    with pytest.raises(NotFound, match="XXXX"):
        calendar.sessions("XXXX", first=date(2020, 1, 1), last=date(2020, 1, 31))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2020, 1, 2), date(2020, 1, 1)),
        (date(1800, 1, 1), date(2020, 1, 1)),
        (date(2020, 1, 1), date(2300, 1, 1)),
    ],
)
def test_a_range_that_is_none_is_refused(calendar: SessionCalendar, first: date, last: date) -> None:
    with pytest.raises(InvalidValue, match=str(first)):
        calendar.sessions("XNYS", first=first, last=last)
