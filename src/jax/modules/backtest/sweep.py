"""Many parameter sets over the same bars: how they are divided, put together again and compared."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from jax.domain.backtest_settings import BacktestSettings
from jax.domain.data_calendar import bars_a_year
from jax.domain.errors import InvalidValue
from jax.modules.backtest.bar_panel import BarPanel, moments_at
from jax.modules.backtest.kernel.arrays import Floats, Ints
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.metrics_of_rows import figures_of_rows, first_wrong
from jax.modules.backtest.metrics_of_statistics import METRICS, Figures, figures_of
from jax.modules.backtest.set_runner import SetStatistics

# So many bars times parameter sets are one part: a hundredth of a second for threads, that are told of it at
# no cost; more for workers elsewhere, that make the indicators of each part anew.
_ROWS_OF_THREADS = 2_000_000
_ROWS_ELSEWHERE = 20_000_000
_PARTS_A_WORKER = 4

# What a set comes to by itself, and what it comes to against a benchmark.
AGAINST_BENCHMARK = ("alpha", "beta")
COMPARED = tuple(name for name in METRICS if name not in AGAINST_BENCHMARK)

# Told of (parameter sets done, all of them).
Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True, eq=False)
class SweptSets:
    """Parameter tuples, and what each came to in their order; the blocks lie between `bounds`."""

    sets: Sequence[Any]
    found: SetStatistics
    bounds: Ints


@dataclass(frozen=True, slots=True)
class Annualisation:
    """How statistics over some bars become metrics: what the account began with, and the bars' calendar."""

    initial_cash: float
    bars_a_year: int
    years: float

    def over(self, moments: tuple[int, int]) -> "Annualisation":
        """The same for a run over the bar ends from the first number up to (without) the second."""
        return replace(self, years=(moments[1] - moments[0]) / self.bars_a_year)

    def figures(self, statistics: Iterable[float]) -> Figures:
        """The metrics before they are rounded; InvalidValue as of figures_of."""
        return figures_of(
            RunStatistics(*map(float, statistics)),
            initial_cash=self.initial_cash,
            bars_a_year=self.bars_a_year,
            years=self.years,
        )


def annualisation_of(panel: BarPanel, settings: BacktestSettings) -> Annualisation:
    """That of a run under `settings` over all of `panel`."""
    a_year = bars_a_year(moments_at(panel.moments))
    return Annualisation(float(settings.initial_cash), a_year, len(panel.moments) / a_year)


def parts_of(sets: Sequence[Any], *, bars: int, workers: int, share_memory: bool) -> list[Sequence[Any]]:
    """`sets` in parts for so many `workers` (>= 1), each of which goes over `bars` bars a set."""
    rows = _ROWS_OF_THREADS if share_memory else _ROWS_ELSEWHERE
    fair = -(-len(sets) // (_PARTS_A_WORKER * workers))
    size = max(1, min(rows // bars, fair))
    return [sets[start : start + size] for start in range(0, len(sets), size)]


def together(
    parts: Sequence[Sequence[Any]], answers: Iterable[tuple[int, SetStatistics]], *, bounds: Ints
) -> SweptSets:
    """What the `parts` came to, of which `answers` tell by their number, in any order."""
    sets = [params for part in parts for params in part]
    first = np.cumsum([0, *map(len, parts)])
    statistics = np.full((len(sets), len(RunStatistics._fields)), np.nan)
    blocks = np.full((len(sets), len(bounds) - 1, 3), np.nan)
    for number, found in answers:
        rows = slice(first[number], first[number + 1])
        statistics[rows], blocks[rows] = found.statistics, found.blocks
    return SweptSets(sets, SetStatistics(statistics, blocks), bounds)


def figures_of_sets(swept: SweptSets, annualisation: Annualisation) -> Floats:
    """The metrics of each set before they are rounded, [sets, COMPARED]; NaN where one is not defined.

    InvalidValue names a set whose numbers went beyond a float.
    """
    rows = swept.found.statistics
    wrong = first_wrong(rows)
    if wrong is not None:
        try:
            annualisation.figures(rows[wrong])
        except InvalidValue as error:
            raise InvalidValue(f"parameter set {tuple(swept.sets[wrong])}", str(error)) from error
    found = figures_of_rows(
        rows,
        initial_cash=annualisation.initial_cash,
        bars_a_year=annualisation.bars_a_year,
        years=annualisation.years,
    )
    return np.stack([found[name] for name in COMPARED], axis=1)


def named_figures(row: Floats) -> Figures:
    """One row of figures_of_sets by the metrics' names."""
    return {
        name: None if math.isnan(value) else value for name, value in zip(COMPARED, row.tolist(), strict=True)
    }


def best_first(sets: Sequence[Any], figures: Floats, *, by: str) -> Ints:
    """The sets' numbers, the best by the metric `by` first; of equals the one with the smaller parameters.

    Sets of which the metric is not defined come last. InvalidValue for a metric that there is not.
    """
    more_is_better = check_metric(by)
    return ranked(sets, figures[:, COMPARED.index(by)], more_is_better=more_is_better)


def ranked(sets: Sequence[Any], values: Floats, *, more_is_better: bool) -> Ints:
    """The numbers of sets with these values of a metric, [sets], as best_first orders them."""
    missing = np.isnan(values)
    cost = np.where(missing, 0.0, -values if more_is_better else values)
    params = np.array([tuple(params) for params in sets], dtype=np.float64)
    # The last key counts most.
    found: Ints = np.lexsort((*params.T[::-1], cost, missing)).astype(np.int64)
    return found


def check_metric(by: str, *, has_benchmark: bool = False) -> bool:
    """Whether more of the metric `by` is better; InvalidValue when sets cannot be compared by it."""
    if by in AGAINST_BENCHMARK and not has_benchmark:
        raise InvalidValue("by", f"{by} compares with a benchmark, which nothing names here")
    if by not in METRICS:
        raise InvalidValue("by", f"there is no metric {by!r} to choose by; there are {', '.join(METRICS)}")
    return METRICS[by]
