"""Folds that divide time, trainings that keep their distance, and choices that see nothing else."""

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.backtest_settings import AllIn, BacktestSettings
from jax.domain.errors import InvalidValue
from jax.domain.strategies.sma_crossover_v1 import STRATEGY, Params
from jax.modules.backtest.bar_panel import BarPanel
from jax.modules.backtest.cross_validation import (
    Fold,
    blocks_between,
    bounds_with,
    choices_of,
    folds_of,
    run_choices,
)
from jax.modules.backtest.metrics_of_statistics import rounded
from jax.modules.backtest.panel_window import whole_window
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.modules.backtest.set_runner import (
    SetRunner,
    SetStatistics,
    account_over,
    even_bounds,
    returns_of_run,
)
from jax.modules.backtest.strategy_kernels import StrategyKernels
from jax.modules.backtest.sweep import SweptSets, annualisation_of
from tests.integration.backtest.wavy_bars import wavy_panel

KERNELS = StrategyKernels(STRATEGY, STRATEGY.name, PlainKernels())
ALL_IN = BacktestSettings(sizing=AllIn())
SETS = [Params(fast, slow) for fast in (2, 4) for slow in (6, 15)]


def swept_over(panel: BarPanel, folds: tuple[Fold, ...]) -> SweptSets:
    bounds = bounds_with(even_bounds(len(panel.moments)), folds)
    runner = SetRunner(KERNELS, ALL_IN, whole_window(panel), bounds=bounds)
    return SweptSets(SETS, runner.run(SETS), bounds)


@given(st.integers(2, 300), st.integers(2, 12), st.integers(0, 40), st.integers(0, 40))
def test_folds_divide_time_and_leave_out_what_is_near(
    moments: int, folds: int, purge: int, embargo: int
) -> None:
    try:
        found = folds_of(moments, folds=folds, purge=purge, embargo=embargo)
    except InvalidValue:
        widest = -(-moments // folds) + purge + embargo
        assert moments < folds or moments - widest < 2
        return
    assert [fold.test[0] for fold in found] == [0, *(fold.test[1] for fold in found[:-1])]
    assert found[-1].test[1] == moments
    assert len(found) == folds
    for fold in found:
        start, end = fold.test
        assert fold.left_out == (max(0, start - purge), min(moments, end + embargo))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"folds": 1}, "folds: must be at least 2, not 1"),
        ({"folds": 5, "purge": -1}, "purge: must not be below zero, not -1"),
        ({"folds": 5, "embargo": -1}, "embargo: must not be below zero, not -1"),
        ({"folds": 11}, "folds: 10 bar ends are too few for 11 folds"),
        ({"folds": 2, "embargo": 4}, "purge: with the embargo it leaves nothing to train on for fold 1"),
        ({"folds": 2, "purge": 4}, "purge: with the embargo it leaves nothing to train on for fold 2"),
    ],
)
def test_refuses_folds_that_cannot_be(arguments: dict[str, int], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        folds_of(10, **arguments)


def test_two_bar_ends_are_enough_to_train_on() -> None:
    assert folds_of(10, folds=2, purge=3, embargo=3)[0] == Fold(test=(0, 5), left_out=(0, 8))


def test_a_fold_may_be_one_bar_end() -> None:
    assert [fold.test for fold in folds_of(3, folds=3)] == [(0, 1), (1, 2), (2, 3)]


def test_bounds_hold_those_of_the_blocks_and_of_the_folds_each_once() -> None:
    folds = folds_of(100, folds=4, purge=2, embargo=5)
    bounds = bounds_with(even_bounds(100, blocks=10), folds)
    assert bounds.tolist() == [0, 10, 20, 23, 30, 40, 48, 50, 55, 60, 70, 73, 80, 90, 100]


def test_blocks_are_put_together_again() -> None:
    panel = wavy_panel(1, 150, seed=3)
    folds = folds_of(150, folds=5, purge=3, embargo=4)
    swept = swept_over(panel, folds)
    wanted = even_bounds(150)
    direct = SetRunner(KERNELS, ALL_IN, whole_window(panel), bounds=wanted).run(SETS).blocks
    np.testing.assert_allclose(blocks_between(swept, wanted), direct, rtol=1e-9, atol=1e-15)


def test_a_choice_is_the_best_over_the_returns_that_are_not_left_out() -> None:
    panel = wavy_panel(2, 220, seed=5)
    folds = folds_of(220, folds=4, purge=6, embargo=9)
    bounds = bounds_with(even_bounds(220), folds)
    runner = SetRunner(KERNELS, ALL_IN, whole_window(panel), bounds=bounds)
    swept = SweptSets(SETS, runner.run(SETS), bounds)
    returns = [returns_of_run(runner.account(params), initial=100_000.0) for params in SETS]
    for choice, fold in zip(choices_of(swept, folds), folds, strict=True):
        kept = np.r_[0 : fold.left_out[0], fold.left_out[1] : 220]
        sharpes = [one[kept].mean() / one[kept].std(ddof=1) for one in returns]
        assert choice.fold == fold
        assert choice.chosen == int(np.argmax(sharpes))
        assert choice.params == SETS[choice.chosen]
        assert float(choice.training_sharpe or 0) == pytest.approx(max(sharpes), abs=1e-6)


def test_what_happens_in_what_is_left_out_does_not_choose() -> None:
    folds = (Fold(test=(10, 20), left_out=(8, 25)),)
    bounds = np.array([0, 8, 10, 20, 25, 40])
    chance = np.random.Generator(np.random.PCG64(1))
    blocks = np.stack(
        [
            np.broadcast_to(np.diff(bounds), (4, 5)),
            chance.normal(0.0, 0.01, (4, 5)),
            chance.uniform(0.01, 0.02, (4, 5)),
        ],
        axis=2,
    ).astype(np.float64)
    before = choices_of(SweptSets(SETS, SetStatistics(np.zeros((4, 15)), blocks), bounds), folds)
    for spoiled in (1, 2, 3):
        changed = blocks.copy()
        changed[:, spoiled, 1] = chance.normal(0.0, 5.0, 4)
        assert choices_of(SweptSets(SETS, SetStatistics(np.zeros((4, 15)), changed), bounds), folds) == before
    for counted in (0, 4):
        changed = blocks.copy()
        changed[:, counted, 1] += [0.0, 0.0, 0.0, 5.0] if before[0].chosen != 3 else [5.0, 0.0, 0.0, 0.0]
        after = choices_of(SweptSets(SETS, SetStatistics(np.zeros((4, 15)), changed), bounds), folds)
        assert after[0].chosen != before[0].chosen


def test_of_equals_the_smaller_parameters_are_chosen_also_when_none_has_traded() -> None:
    folds = (Fold(test=(0, 2), left_out=(0, 2)),)
    bounds = np.array([0, 2, 4, 6])
    still = np.zeros((3, 3, 3))
    still[:, :, 0] = 2.0
    sets = [Params(9, 20), Params(3, 20), Params(3, 10)]
    [choice] = choices_of(SweptSets(sets, SetStatistics(np.zeros((3, 15)), still), bounds), folds)
    assert (choice.chosen, choice.training_sharpe) == (2, None)
    traded = still.copy()
    traded[:2, :, 1:] = (0.1, 0.02)
    [choice] = choices_of(SweptSets(sets, SetStatistics(np.zeros((3, 15)), traded), bounds), folds)
    assert choice.chosen == 1


def test_a_choice_is_tested_in_its_fold_with_an_account_of_its_own() -> None:
    panel = wavy_panel(1, 180, seed=5)
    folds = folds_of(180, folds=3, purge=5, embargo=5)
    choices = choices_of(swept_over(panel, folds), folds)
    calendar = annualisation_of(panel, ALL_IN)
    found = run_choices(KERNELS, ALL_IN, panel, choices)
    for test, choice in zip(found, choices, strict=True):
        moments = choice.fold.test
        run = account_over(KERNELS, ALL_IN, panel, moments=moments, params=choice.params)
        assert test.choice == choice
        assert test.metrics == rounded(calendar.over(moments).figures(run.statistics))
    assert sum(test.metrics.trades for test in found) > 0
    assert all(isinstance(test.metrics.total_return, Decimal) for test in found)


def test_folds_are_pairs_of_neighbours() -> None:
    assert all(earlier.test[1] == later.test[0] for earlier, later in pairwise(folds_of(101, folds=7)))
