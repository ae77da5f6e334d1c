"""Each value is the Sharpe ratio of its own window alone."""

import math
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.adapters.backtest_report.rolling_sharpe import rolling_sharpe, sharpe_window

RETURNS = [((number * 7919) % 101 - 48) / 4000 for number in range(120)]


@pytest.mark.parametrize("window", [2, 7, 119, 120])
def test_each_value_is_mean_over_deviation_of_the_last_so_many_returns(window: int) -> None:
    found = rolling_sharpe(RETURNS, window=window, a_year=252)
    assert len(found) == len(RETURNS)
    assert found[: window - 1] == [None] * (window - 1)
    for row in range(window - 1, len(RETURNS)):
        own = RETURNS[row + 1 - window : row + 1]
        assert found[row] == pytest.approx(fmean(own) / stdev(own) * math.sqrt(252), rel=1e-6), row


def test_fewer_returns_than_the_window_have_no_ratio() -> None:
    assert rolling_sharpe(RETURNS[:19], window=20, a_year=252) == [None] * 19


@pytest.mark.parametrize("steady", [0.0, 0.001, -0.25])
def test_returns_that_do_not_vary_have_no_ratio_whatever_came_before(steady: float) -> None:
    found = rolling_sharpe([*RETURNS, *[steady] * 10], window=10, a_year=252)
    assert found[-1] is None
    assert found[-2] is not None


def test_a_deviation_of_less_than_a_millionth_of_the_returns_is_none() -> None:
    assert rolling_sharpe([0.5, 0.5 + 9.9e-7], window=2, a_year=1) == [None, None]
    assert rolling_sharpe([0.5, 0.5 + 1.01e-6], window=2, a_year=1)[1] is not None


@given(st.lists(st.floats(-1, 1e6), min_size=3, max_size=40))
def test_what_left_the_window_leaves_no_trace(returns: list[float]) -> None:
    window = 3
    assert (
        rolling_sharpe(returns, window=window, a_year=9)[-1]
        == rolling_sharpe(returns[-window:], window=window, a_year=9)[-1]
    )


@pytest.mark.parametrize(
    ("returns", "a_year", "window"),
    [
        (1, 252, 20),
        (79, 252, 20),
        (80, 252, 20),
        (84, 252, 21),
        (1008, 252, 252),
        (3270, 252, 252),
        (50, 12, 12),
    ],
)
def test_the_window_is_a_year_or_a_quarter_of_the_run_but_twenty_bars_at_least(
    returns: int, a_year: int, window: int
) -> None:
    assert sharpe_window(returns=returns, a_year=a_year) == window
