"""How many bars a year has, of series as they come from exchanges that differ."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.data_calendar import bars_a_year
from jax.domain.errors import InvalidValue

MONDAY = datetime(2024, 3, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def weekdays(count: int) -> Iterator[datetime]:
    """Midnights at which `count` weekdays begin, from a Monday on."""
    return (MONDAY + DAY * (number // 5 * 7 + number % 5) for number in range(count))


def test_daily_bars_of_an_exchange_that_rests_on_weekends_are_252_a_year() -> None:
    assert bars_a_year([day + 21 * HOUR for day in weekdays(20)]) == 252


def test_daily_bars_of_every_day_are_365_a_year() -> None:
    assert bars_a_year([MONDAY + DAY * number + 21 * HOUR for number in range(9)]) == 365


@pytest.mark.parametrize("days_after_monday", [5, 6])
def test_one_bar_on_a_saturday_or_a_sunday_makes_it_a_year_of_365(days_after_monday: int) -> None:
    ends = [day + 21 * HOUR for day in weekdays(5)]
    assert bars_a_year([*ends, MONDAY + DAY * days_after_monday + HOUR]) == 365


def test_a_bar_that_ends_at_midnight_is_the_day_befores() -> None:
    assert bars_a_year([day + DAY for day in weekdays(10)]) == 252


def test_a_bar_that_ends_just_after_midnight_on_saturday_is_a_saturdays() -> None:
    assert bars_a_year([MONDAY + 5 * DAY + timedelta(microseconds=1)]) == 365


def test_bars_within_a_session_count_by_the_median_session() -> None:
    full = [day + (14 + number) * HOUR for day in weekdays(6) for number in range(7)]
    short = [MONDAY + 14 * DAY + (14 + number) * HOUR for number in range(3)]
    assert bars_a_year([*full, *short]) == 252 * 7


def test_of_two_sessions_the_fuller_one_tells_how_many_bars_there_are() -> None:
    ends = [MONDAY + 20 * HOUR, *(MONDAY + DAY + number * HOUR for number in (18, 19, 20))]
    assert bars_a_year(ends) == 252 * 3


def test_bars_around_the_clock_are_24_for_each_of_365_days() -> None:
    assert bars_a_year([MONDAY + HOUR * number for number in range(1, 24 * 14 + 1)]) == 365 * 24


def test_bars_of_several_symbols_that_end_together_are_one() -> None:
    assert bars_a_year([day + 21 * HOUR for day in weekdays(5) for _ in range(3)]) == 252


@given(st.permutations([day + number * HOUR for day in weekdays(4) for number in (15, 16, 17)]))
def test_their_order_is_of_no_account(ends: list[datetime]) -> None:
    assert bars_a_year(ends) == 252 * 3


def test_refuses_a_series_without_bars() -> None:
    with pytest.raises(InvalidValue, match="ends: there is no bar"):
        bars_a_year([])


@pytest.mark.parametrize("zone", [None, timezone(HOUR)])
def test_refuses_an_end_that_is_not_in_utc_and_names_its_row(zone: timezone | None) -> None:
    with pytest.raises(InvalidValue, match=r"bar 2: 2024-03-05T21:00:00.* is not a timezone-aware UTC time"):
        bars_a_year([MONDAY, datetime(2024, 3, 5, 21, tzinfo=zone)])
