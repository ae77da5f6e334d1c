"""Walk-forward analysis: what comes of always going on with what was best until then.

R. Pardo, The Evaluation and Optimization of Trading Strategies (2nd ed., 2008), chapter 11.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from statistics import fmean
from typing import Any

import numpy as np

from jax.domain.backtest_result import BacktestMetrics
from jax.domain.backtest_settings import BacktestSettings
from jax.domain.errors import InvalidValue
from jax.modules.backtest.bar_panel import BarPanel
from jax.modules.backtest.kernel.arrays import Floats
from jax.modules.backtest.kernel.statistics import (
    Outcomes,
    RunStatistics,
    new_curve,
    observed,
    statistics_of,
)
from jax.modules.backtest.metrics_of_statistics import rounded, six_places
from jax.modules.backtest.run_account import AccountRun
from jax.modules.backtest.set_runner import account_over
from jax.modules.backtest.strategy_kernels import StrategyKernels
from jax.modules.backtest.sweep import (
    Annualisation,
    SweptSets,
    annualisation_of,
    best_first,
    figures_of_sets,
)

FOLDS = 5
_SMALLEST_MONEY = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class WalkWindow:
    """Numbers of bar ends, from and up to (without): parameters are chosen on `train` and run on `test`."""

    train: tuple[int, int]
    test: tuple[int, int]


@dataclass(frozen=True, slots=True)
class WalkStep:
    """What was chosen in a window, what it had come to in sample, and what it came to out of sample.

    `chosen` is the set's number; the account of a window begins with what the one before left.
    """

    window: WalkWindow
    chosen: int
    params: Any
    in_sample: BacktestMetrics
    out_of_sample: BacktestMetrics


@dataclass(frozen=True, slots=True, eq=False)
class WalkForward:
    """The steps, and the out-of-sample stretches as one run: its equity at every bar end and its metrics.

    `efficiency` is its rate of return a year over the mean of those in sample; None where that is not above
    zero.
    """

    steps: tuple[WalkStep, ...]
    equity: Floats
    metrics: BacktestMetrics
    efficiency: Decimal | None


def walk_windows(
    moments: int,
    *,
    train: int | None = None,
    test: int | None = None,
    folds: int | None = None,
    anchored: bool,
) -> tuple[WalkWindow, ...]:
    """The windows over `moments` bar ends: `train` to choose on, the next `test` to run on, and so on.

    `anchored` windows choose on everything before the test, rolling ones on the last `train`. The last test
    ends with the data and may be shorter. `folds` instead of `test` divides what follows the first training
    evenly; without either there are 5 folds, without `train` it is as long as a test of folds + 1 equal
    parts. InvalidValue: both, or less than one bar end for one of them.
    """
    if test is not None and folds is not None:
        raise InvalidValue("folds", "give the length of a test or the number of folds, not both")
    for name, value in {"train": train, "test": test, "folds": folds}.items():
        if value is not None and not (value >= 1):
            raise InvalidValue(name, f"must be at least 1, not {value}")
    count = FOLDS if folds is None else folds
    first = moments // (count + 1) if train is None else train
    rest = moments - first
    if not (first >= 1 and rest >= (count if test is None else 1)):
        raise InvalidValue(
            "train", f"{moments} bar ends are too few to train on {first} and test on the rest"
        )
    if test is None:
        bounds = [first + rest * number // count for number in range(count + 1)]
    else:
        bounds = [*range(first, moments, test), moments]
    return tuple(
        WalkWindow(train=(0 if anchored else start - first, start), test=(start, end))
        for start, end in pairwise(bounds)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """What is walked over: in each of `windows` the same parameter sets are tried."""

    kernels: StrategyKernels
    settings: BacktestSettings
    panel: BarPanel
    windows: tuple[WalkWindow, ...]


def walk_forward(walk: Walk, in_sample: Sequence[SweptSets], *, by: str) -> WalkForward:
    """The best of each window's `in_sample` sets by the metric `by`, run on the bars that follow.

    A run starts flat, with the equity that the one before left (to 8 places); one that leaves nothing is the
    last.
    InvalidValue as of best_first and figures_of_sets.
    """
    calendar = annualisation_of(walk.panel, walk.settings)
    equity = walk.settings.initial_cash
    steps: list[WalkStep] = []
    runs: list[AccountRun] = []
    for window, swept in zip(walk.windows, in_sample, strict=True):
        if not (equity > 0):
            break
        trained = calendar.over(window.train)
        figures = figures_of_sets(swept, trained)
        chosen = int(best_first(swept.sets, figures, by=by)[0])
        params = swept.sets[chosen]
        account = replace(walk.settings, initial_cash=equity)
        run = account_over(walk.kernels, account, walk.panel, moments=window.test, params=params)
        tested = replace(calendar.over(window.test), initial_cash=float(equity))
        steps.append(
            WalkStep(
                window=window,
                chosen=chosen,
                params=params,
                in_sample=rounded(trained.figures(swept.found.statistics[chosen])),
                out_of_sample=rounded(tested.figures(run.statistics)),
            )
        )
        runs.append(run)
        equity = Decimal(repr(run.statistics.final_equity)).quantize(_SMALLEST_MONEY)
    return _stitched(steps, runs, calendar)


def _stitched(steps: Sequence[WalkStep], runs: Sequence[AccountRun], calendar: Annualisation) -> WalkForward:
    equity: Floats = np.concatenate([run.ledger.cash + run.ledger.value for run in runs])
    whole = calendar.over((0, len(equity)))
    metrics = rounded(whole.figures(_statistics(equity, runs, calendar.initial_cash)))
    expected = fmean(float(step.in_sample.cagr) for step in steps)
    return WalkForward(
        steps=tuple(steps),
        equity=equity,
        metrics=metrics,
        efficiency=six_places(float(metrics.cagr) / expected) if expected > 0.0 else None,
    )


def _statistics(equity: Floats, runs: Sequence[AccountRun], cash: float) -> RunStatistics:
    curve = new_curve(cash)
    for moment, value in enumerate(equity.tolist()):
        curve = observed(curve, value, moment)
    parts = [run.statistics for run in runs]
    outcomes = Outcomes(
        trades=int(sum(part.trades for part in parts)),
        wins=int(sum(part.wins for part in parts)),
        won=sum(part.won for part in parts),
        lost=sum(part.lost for part in parts),
        largest_win=max(part.largest_win for part in parts),
        largest_loss=max(part.largest_loss for part in parts),
        traded_fraction=sum(part.traded_fraction for part in parts),
    )
    return statistics_of(curve, outcomes, len(equity), int(sum(part.exposed_bars for part in parts)))
