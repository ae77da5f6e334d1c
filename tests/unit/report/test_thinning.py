"""What is left out of a drawing is never its extremes, its ends, or what somebody asked for."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.adapters.backtest_report.thinning import kept_rows, steps, times_of, whole

START = datetime(2020, 1, 2, 21, tzinfo=UTC)


def test_few_rows_all_stay() -> None:
    assert kept_rows(([3.0, 1.0, 2.0],), most=3) == [0, 1, 2]


def test_of_each_stretch_the_largest_of_each_key_stays_with_the_first_and_the_last_of_all() -> None:
    up = [0.0, 9.0, 1.0, 1.0, 5.0, 6.0, 7.0, 1.0, 1.0, 1.0]
    down = [0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 1.0]
    # Two stretches of five rows.
    assert kept_rows((up, down), most=6) == [0, 1, 2, 6, 8, 9]


def test_rows_that_are_asked_for_stay() -> None:
    assert 7 in kept_rows(([0.0] * 100,), most=10, always={7})
    assert 7 not in kept_rows(([0.0] * 100,), most=10)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(4, 60), st.integers(1, 2))
def test_no_more_rows_than_allowed_and_none_of_the_extremes_lost(
    values: list[float], most: int, keys: int
) -> None:
    both = (values, [-value for value in values])[:keys]
    rows = kept_rows(both, most=most)
    assert rows == sorted(set(rows))
    assert len(rows) <= most
    assert {rows[0], rows[-1]} == {0, len(values) - 1}
    assert all(max(key) == max(key[row] for row in rows) for key in both)


@pytest.mark.parametrize("values", [[5, 3, 3, 10], [-2], []])
def test_steps_add_up_to_the_values(values: list[int]) -> None:
    assert list(accumulate(steps(values))) == values


def test_whole_numbers_are_rounded_to_their_places() -> None:
    assert whole([1.006, -2.0, 0.004], 2) == [101, -200, 0]
    assert whole([1.006], 0) == [1]


@pytest.mark.parametrize(("step", "unit"), [(timedelta(days=1), 10_800), (timedelta(minutes=1), 60)])
def test_times_are_counted_in_the_largest_unit_that_they_share(step: timedelta, unit: int) -> None:
    moments = [START + number * step for number in (0, 1, 4)]
    found = times_of(moments)
    assert found["unit"] == unit
    assert [at * unit for at in accumulate(found["time"])] == [at.timestamp() for at in moments]


def test_the_first_second_of_all_has_a_unit_too() -> None:
    assert times_of([datetime(1970, 1, 1, tzinfo=UTC)]) == {"unit": 1, "time": [0]}
