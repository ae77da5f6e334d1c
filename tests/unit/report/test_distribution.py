"""Every return is in the bin that holds it, or in the one next to it at the open end."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.adapters.backtest_report.distribution import (
    BASIS_POINTS,
    PERCENT,
    Distribution,
    distribution,
    unit_of,
)

NORMAL = [math.sin(number) * math.cos(number * 1.7) / 50 for number in range(1, 1001)]


def edges(found: Distribution) -> list[float]:
    return [found.width * (found.first + number) for number in range(len(found.counts) + 1)]


def test_bins_count_the_returns_between_their_edges() -> None:
    found = distribution([-0.011, -0.009, -0.001, 0.001, 0.004, 0.011, 0.019, 0.021])
    assert found.width == 0.02
    assert found.first == -1
    assert found.counts == (3, 4, 1)
    assert (found.open_below, found.open_above, found.unchanged) == (False, False, 0)


def test_returns_of_zero_are_counted_apart() -> None:
    found = distribution([0.0, 0.01, 0.0, -0.01, -0.0])
    assert found.unchanged == 3
    assert sum(found.counts) == 2


def test_no_bin_holds_both_gains_and_losses() -> None:
    found = distribution(NORMAL)
    losses = sum(count for number, count in enumerate(found.counts) if found.first + number < 0)
    assert losses == sum(value < 0 for value in NORMAL)
    assert 5 < len(found.counts) < 60


def test_far_out_returns_are_in_the_outermost_bins_which_say_so() -> None:
    found = distribution([*NORMAL, -0.9, 1.5])
    assert (found.open_below, found.open_above) == (True, True)
    assert len(found.counts) < 60
    assert sum(found.counts) == len(NORMAL) + 2
    assert edges(found)[0] > -0.05
    found = distribution([*NORMAL, 1.5])
    assert (found.open_below, found.open_above) == (False, True)


def test_nothing_to_distribute_has_no_bins() -> None:
    assert distribution([]).counts == distribution([0.0]).counts == ()
    assert distribution([0.0]).unchanged == 1


@pytest.mark.parametrize("value", [0.003, -0.003, 12.5, -1.0, 1e-9])
def test_one_return_has_one_bin(value: float) -> None:
    found = distribution([value, value])
    assert found.counts == (2,)
    low, high = edges(found)
    assert low <= value < high or math.isclose(low, value)


@given(st.lists(st.floats(-1, 100).filter(lambda value: value == 0 or abs(value) > 1e-9), max_size=300))
def test_every_return_is_counted_once_in_few_bins_of_a_round_width(returns: list[float]) -> None:
    found = distribution(returns)
    assert sum(found.counts) + found.unchanged == len(returns)
    assert len(found.counts) <= 62
    if found.counts:
        digits = f"{found.width:.12e}".split("e", maxsplit=1)[0]
        assert float(digits) in {1.0, 2.0, 5.0}
        assert found.open_below == (min(filter(None, returns)) < edges(found)[0])
        assert found.open_above == (max(filter(None, returns)) >= edges(found)[-1])


def test_wide_bins_are_told_in_per_cent_and_narrow_ones_in_basis_points() -> None:
    assert unit_of(distribution([value / 10 for value in NORMAL])) is PERCENT
    assert unit_of(distribution([value / 20 for value in NORMAL])) is BASIS_POINTS
    assert (PERCENT.parts, BASIS_POINTS.parts) == (100, 10_000)
