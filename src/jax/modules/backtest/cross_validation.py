"""Cross-validation in time: chosen on what lies around a fold, with gaps, and tested in it.

M. Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 7.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from jax.domain.backtest_result import BacktestMetrics
from jax.domain.backtest_settings import BacktestSettings
from jax.domain.errors import InvalidValue
from jax.domain.overfitting import sharpe_of_sums
from jax.modules.backtest.bar_panel import BarPanel
from jax.modules.backtest.kernel.arrays import Floats, Ints
from jax.modules.backtest.metrics_of_statistics import rounded, six_places
from jax.modules.backtest.set_runner import account_over
from jax.modules.backtest.strategy_kernels import StrategyKernels
from jax.modules.backtest.sweep import SweptSets, annualisation_of


@dataclass(frozen=True, slots=True)
class Fold:
    """Numbers of bar ends, from and up to (without): the test, and what is left out around it with it."""

    test: tuple[int, int]
    left_out: tuple[int, int]


@dataclass(frozen=True, slots=True)
class FoldChoice:
    """The best set outside of a fold: its number, and its Sharpe ratio there for one bar end.

    None when no set has returns that vary there: then it is the one with the smallest parameters.
    """

    fold: Fold
    chosen: int
    params: Any
    training_sharpe: Decimal | None


@dataclass(frozen=True, slots=True)
class FoldTest:
    """What a fold's choice came to in the fold, with an account of its own."""

    choice: FoldChoice
    metrics: BacktestMetrics


def folds_of(moments: int, *, folds: int, purge: int = 0, embargo: int = 0) -> tuple[Fold, ...]:
    """`folds` (>= 2) tests that divide `moments` bar ends evenly.

    Left out of a training are the test, `purge` (>= 0) bar ends before it, whose trades may reach into it,
    and `embargo` (>= 0) after it, which still remember it. InvalidValue: fewer than one bar end a test, or a
    fold that leaves fewer than two to train on.
    """
    if not (folds >= 2):
        raise InvalidValue("folds", f"must be at least 2, not {folds}")
    for name, value in {"purge": purge, "embargo": embargo}.items():
        if not (value >= 0):
            raise InvalidValue(name, f"must not be below zero, not {value}")
    if not (moments >= folds):
        raise InvalidValue("folds", f"{moments} bar ends are too few for {folds} folds")
    edges = [moments * number // folds for number in range(folds + 1)]
    found = tuple(
        Fold(test=(start, end), left_out=(max(0, start - purge), min(moments, end + embargo)))
        for start, end in pairwise(edges)
    )
    for number, fold in enumerate(found, start=1):
        if not (moments - (fold.left_out[1] - fold.left_out[0]) >= 2):
            raise InvalidValue("purge", f"with the embargo it leaves nothing to train on for fold {number}")
    return found


def bounds_with(bounds: Ints, folds: Sequence[Fold]) -> Ints:
    """`bounds` and those that the folds ask for: a run with these blocks can be cross-validated."""
    edges = [edge for fold in folds for edge in fold.left_out]
    return np.unique(np.concatenate([bounds, np.array(edges, dtype=np.int64)]))


def blocks_between(swept: SweptSets, wanted: Ints) -> Floats:
    """The sets' sums, [sets, blocks, 3], between the bounds `wanted`, which are among those of `swept`."""
    places = np.searchsorted(swept.bounds, wanted[:-1])
    found: Floats = np.add.reduceat(swept.found.blocks, places, axis=1)
    return found


def choices_of(swept: SweptSets, folds: Sequence[Fold]) -> tuple[FoldChoice, ...]:
    """For each fold the set with the highest Sharpe ratio outside of it; of equals the smaller parameters.

    The blocks of `swept` are those of bounds_with.
    """
    order = sorted(range(len(swept.sets)), key=lambda number: tuple(swept.sets[number]))
    return tuple(_choice(swept, fold, order) for fold in folds)


def run_choices(
    kernels: StrategyKernels, settings: BacktestSettings, panel: BarPanel, choices: Sequence[FoldChoice]
) -> tuple[FoldTest, ...]:
    """The runs of the choices, each over the bars of its fold."""
    calendar = annualisation_of(panel, settings)
    found = []
    for choice in choices:
        moments = choice.fold.test
        run = account_over(kernels, settings, panel, moments=moments, params=choice.params)
        found.append(FoldTest(choice, rounded(calendar.over(moments).figures(run.statistics))))
    return tuple(found)


def _choice(swept: SweptSets, fold: Fold, order: Sequence[int]) -> FoldChoice:
    starts, ends = swept.bounds[:-1], swept.bounds[1:]
    training = (ends <= fold.left_out[0]) | (starts >= fold.left_out[1])
    sums = swept.found.blocks[:, training].sum(axis=1)
    best, highest = order[0], -math.inf
    for number in order:
        count, total, squares = sums[number].tolist()
        sharpe = sharpe_of_sums((count, total, squares)) if squares > 0.0 else -math.inf
        if sharpe > highest:
            best, highest = number, sharpe
    known = six_places(highest) if math.isfinite(highest) else None
    return FoldChoice(fold, best, swept.sets[best], known)
