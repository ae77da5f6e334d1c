"""Dividing parameter sets, putting their rows together, and saying which is best."""

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.errors import InvalidValue
from jax.domain.strategies.sma_crossover_v1 import Params
from jax.modules.backtest.kernel.arrays import Floats
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.metrics_of_statistics import METRICS, rounded
from jax.modules.backtest.set_runner import SetStatistics
from jax.modules.backtest.sweep import (
    COMPARED,
    Annualisation,
    SweptSets,
    best_first,
    check_metric,
    figures_of_sets,
    named_figures,
    parts_of,
    together,
)

CALENDAR = Annualisation(initial_cash=100.0, bars_a_year=252, years=2.0)


class Three(NamedTuple):
    """Any three numbers."""

    a: int
    b: float
    c: int = 0


def statistics_row(number: int) -> list[float]:
    row = RunStatistics(
        100.0 + number, 504.0, 0.01 * number, 0.02, 0.01, 0.1, 5.0, 3, 2, 9.0, 4.0, 5.0, 4.0, 50, 6.0
    )
    return list(row)


def part(sets: Sequence[Params]) -> SetStatistics:
    """Statistics that can be told from others'."""
    return SetStatistics(
        np.array([statistics_row(params.fast) for params in sets]),
        np.array([[[1.0, params.fast, params.slow]] * 2 for params in sets]),
    )


@given(st.integers(1, 60), st.integers(1, 10_000_000), st.integers(1, 9), st.booleans())
def test_parts_are_the_sets_in_order_and_none_is_empty(
    count: int, bars: int, workers: int, share_memory: bool
) -> None:
    sets = [Params(number, number + 1) for number in range(count)]
    parts = parts_of(sets, bars=bars, workers=workers, share_memory=share_memory)
    assert [params for part in parts for params in part] == sets
    assert all(parts)
    # Every worker has something to do, as far as that goes.
    assert len(parts) >= min(count, workers)


def test_parts_are_large_enough_for_those_who_make_their_own_columns() -> None:
    sets = [Params(number, number + 1) for number in range(1_000)]
    threads = parts_of(sets, bars=100_000, workers=2, share_memory=True)
    processes = parts_of(sets, bars=100_000, workers=2, share_memory=False)
    assert {len(part) for part in threads} == {20}
    assert {len(part) for part in processes} == {125}


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_rows_stand_where_their_sets_do_whatever_came_first(sizes: list[int], chance: random.Random) -> None:
    numbers = iter(range(100))
    parts = [[Params(next(numbers), 200) for _ in range(size)] for size in sizes]
    answers = [(number, part(sets)) for number, sets in enumerate(parts)]
    chance.shuffle(answers)
    swept = together(parts, answers, bounds=np.array([0, 1, 2]))
    expected = part([params for sets in parts for params in sets])
    assert list(swept.sets) == [params for sets in parts for params in sets]
    assert swept.found.statistics.tobytes() == expected.statistics.tobytes()
    assert swept.found.blocks.tobytes() == expected.blocks.tobytes()


def test_figures_are_those_of_the_statistics_and_nan_where_there_is_none() -> None:
    sets = [Params(1, 9), Params(2, 9)]
    found = figures_of_sets(SweptSets(sets, part(sets), np.array([0, 1, 2])), CALENDAR)
    for number, row in enumerate(found, start=1):
        figures = CALENDAR.figures(statistics_row(number))
        assert named_figures(row) == {name: figures[name] for name in COMPARED}
        assert rounded({**named_figures(row), "alpha": None, "beta": None}) == rounded(figures)
    idle = SetStatistics(np.zeros((1, 15)), np.zeros((1, 2, 3)))
    idle.statistics[0, :2] = (100.0, 504.0)
    [row] = figures_of_sets(SweptSets(sets[:1], idle, np.array([0, 1, 2])), CALENDAR)
    assert np.isnan(row[COMPARED.index("sharpe")])
    assert named_figures(row)["sharpe"] is None
    assert row[COMPARED.index("total_return")] == 0.0


def test_refuses_a_set_whose_numbers_went_beyond_a_float_and_names_it() -> None:
    sets = [Params(1, 9), Params(2, 9)]
    broken = part(sets)
    broken.statistics[1, 3] = np.inf
    with pytest.raises(InvalidValue, match=r"parameter set \(2, 9\): statistics.return_square_sum"):
        figures_of_sets(SweptSets(sets, broken, np.array([0, 1, 2])), CALENDAR)


def figures_by(name: str, values: Sequence[float]) -> Floats:
    found = np.full((len(values), len(COMPARED)), 7.0)
    found[:, COMPARED.index(name)] = values
    return found


def test_the_best_has_the_most_of_what_is_good_and_the_least_of_what_is_not() -> None:
    sets = [Params(number, 9) for number in range(4)]
    values = [3.0, -1.0, np.nan, 8.0]
    assert best_first(sets, figures_by("sharpe", values), by="sharpe").tolist() == [3, 0, 1, 2]
    assert best_first(sets, figures_by("max_drawdown", values), by="max_drawdown").tolist() == [1, 0, 3, 2]


def test_of_equals_the_smaller_parameters_come_first_the_first_parameter_before_the_second() -> None:
    sets = [Three(2, 0.5), Three(1, 3.0, 1), Three(1, 3.0), Three(1, -2.0), Three(0, 9.0)]
    values = [4.0, 4.0, 4.0, 4.0, 1.0]
    assert best_first(sets, figures_by("calmar", values), by="calmar").tolist() == [3, 2, 1, 0, 4]
    undefined = [np.nan] * 5
    assert best_first(sets, figures_by("calmar", undefined), by="calmar").tolist() == [4, 3, 2, 1, 0]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, 1.0, np.nan])), min_size=1, max_size=20))
def test_the_order_does_not_depend_on_where_a_set_stood(drawn: list[tuple[int, float]]) -> None:
    sets: list[Any] = [Three(value, 0.0, number) for number, (value, _) in enumerate(drawn)]
    values = [value for _, value in drawn]
    order = best_first(sets, figures_by("sharpe", values), by="sharpe")
    backwards = best_first(sets[::-1], figures_by("sharpe", values[::-1]), by="sharpe")
    assert [sets[number] for number in order] == [sets[::-1][number] for number in backwards]


def test_every_metric_can_be_chosen_by_and_two_of_them_with_a_benchmark_only() -> None:
    assert {name: check_metric(name) for name in COMPARED} == {
        name: better for name, better in METRICS.items() if name not in {"alpha", "beta"}
    }
    assert {name: check_metric(name, has_benchmark=True) for name in METRICS} == METRICS
    for name in ("alpha", "beta"):
        with pytest.raises(InvalidValue, match=f"by: {name} compares with a benchmark"):
            check_metric(name)
    for has_benchmark in (False, True):
        with pytest.raises(InvalidValue, match="by: there is no metric 'luck' to choose by; there are tot"):
            check_metric("luck", has_benchmark=has_benchmark)
