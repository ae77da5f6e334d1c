"""Runs sweeps and walks over whatever workers there are."""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from jax.app.research.sweep_request import PreparedSweep, SweepRequest, prepared_sweep
from jax.app.research.sweep_work import Compiling, SweepJob, SweepPart, SweepWindow, SweepWork
from jax.domain.backtest_result import BacktestMetrics
from jax.modules.backtest.cross_validation import (
    Fold,
    FoldTest,
    blocks_between,
    bounds_with,
    choices_of,
    folds_of,
    run_choices,
)
from jax.modules.backtest.kernel.arrays import Floats, Ints
from jax.modules.backtest.measure import alpha_and_beta
from jax.modules.backtest.metrics_of_statistics import Figures, rounded
from jax.modules.backtest.panel_window import whole_window
from jax.modules.backtest.reference_series import benchmark_returns
from jax.modules.backtest.set_runner import (
    DEFAULT_BUDGET,
    ColumnBudget,
    SetStatistics,
    even_bounds,
    returns_of_set,
)
from jax.modules.backtest.strategy_kernels import StrategyKernels
from jax.modules.backtest.sweep import (
    AGAINST_BENCHMARK,
    COMPARED,
    Annualisation,
    Progress,
    SweptSets,
    annualisation_of,
    best_first,
    check_metric,
    figures_of_sets,
    named_figures,
    parts_of,
    ranked,
    together,
)
from jax.modules.backtest.sweep_evidence import SweepEvidence, evidence_of_sweep
from jax.modules.backtest.walk_forward import Walk, WalkForward, WalkWindow, walk_forward
from jax.ports.clock import Clock
from jax.ports.compute_workers import ComputeWorkers
from jax.ports.market_data import MarketData
from jax.ports.series_register import SeriesRegister
from jax.ports.strategy_catalog import StrategyCatalog
from jax.ports.sweep_store import KeptSweep, SweepStore

# From so many bars times sets on, compiling pays for itself.
COMPILED_FROM_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class SweepPorts:
    """What sweeps need from the world.

    `run_part` is the work that workers are given, a function that can be imported by its name; `compiling` is
    how this process compiles, `kernel_folder` where the workers of this machine keep it.
    """

    strategies: StrategyCatalog
    bars: MarketData
    register: SeriesRegister
    sweeps: SweepStore
    clock: Clock
    run_part: Callable[[SweepWork, SweepPart], SetStatistics]
    compiling: Compiling
    kernel_folder: Path


@dataclass(frozen=True, slots=True)
class FoldTerms:
    """Cross-validation in `folds` with `purge` bar ends left out before a fold and `embargo` after it."""

    folds: int
    purge: int = 0
    embargo: int = 0


@dataclass(frozen=True, slots=True)
class Crew:
    """Who does the work; `share_home` says that they keep their files where this process does."""

    workers: ComputeWorkers
    share_home: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class SweepOutcome:
    """A sweep's rows, its metrics before they are rounded [sets, COMPARED], and its sets' numbers, the best
    first; `best` are that set's metrics, with alpha and beta where there is a benchmark. `against` has
    alpha and beta of every set, [sets, 2], where one of them says which set is best."""

    prepared: PreparedSweep
    swept: SweptSets
    figures: Floats
    against: Floats | None
    order: Ints
    best: BacktestMetrics
    evidence: SweepEvidence
    folds: tuple[FoldTest, ...]

    @property
    def has_traded(self) -> bool:
        """Whether any set bought or sold."""
        return bool(self.figures[:, COMPARED.index("turnover")].any())


class Sweeps:
    """The use cases; what runs long is not async, so that Ctrl-C reaches it."""

    def __init__(self, ports: SweepPorts) -> None:
        self._ports = ports

    async def prepare(self, request: SweepRequest) -> PreparedSweep:
        """Everything that `request` names; errors as of prepared_sweep."""
        ports = self._ports
        return await prepared_sweep(
            request, strategies=ports.strategies, bars=ports.bars, register=ports.register
        )

    def sweep(
        self,
        prepared: PreparedSweep,
        crew: Crew,
        *,
        terms: FoldTerms | None = None,
        progress: Progress | None = None,
    ) -> SweepOutcome:
        """All parameter sets over all bars. InvalidValue, TaskFailed, WorkerLost, Unavailable."""
        moments = prepared.moments
        folds: tuple[Fold, ...] = ()
        if terms is not None:
            folds = folds_of(moments, folds=terms.folds, purge=terms.purge, embargo=terms.embargo)
        blocks = even_bounds(moments)
        bounds = bounds_with(blocks, folds) if folds else blocks
        work = self._work(prepared, (SweepWindow((0, moments), bounds),), crew)
        [swept] = self._swept(work, prepared, crew, progress)
        calendar = annualisation_of(prepared.panel, prepared.request.settings)
        figures = figures_of_sets(swept, calendar)
        kernels = work.kernels(self._ports.compiling)
        against = _against_benchmark(prepared, kernels, swept, calendar, progress)
        order = _best_first(prepared.request.by, swept, figures, against)
        returns = returns_of_set(
            kernels, prepared.request.settings, whole_window(prepared.panel), swept.sets[order[0]]
        )
        return SweepOutcome(
            prepared=prepared,
            swept=swept,
            figures=figures,
            against=against,
            order=order,
            best=_compared(prepared, named_figures(figures[order[0]]), returns, calendar),
            evidence=evidence_of_sweep(
                SetStatistics(swept.found.statistics, blocks_between(swept, blocks)),
                chosen_returns=returns,
                compiler=self._ports.compiling.kernels,
            ),
            folds=_fold_tests(kernels, prepared, swept, folds),
        )

    async def keep(self, sweep: KeptSweep) -> str:
        """Keeps the sweep, and says where; Unavailable."""
        return await self._ports.sweeps.keep(sweep)

    def now(self) -> datetime:
        """The time, UTC."""
        return self._ports.clock.now()

    def walk(
        self,
        prepared: PreparedSweep,
        windows: tuple[WalkWindow, ...],
        crew: Crew,
        *,
        progress: Progress | None = None,
    ) -> WalkForward:
        """The sets tried on each window's training, the best run on its test. Errors as of sweep.

        What compares with a benchmark cannot choose here: InvalidValue.
        """
        check_metric(prepared.request.by)
        trainings = tuple(
            SweepWindow(window.train, np.array([0, window.train[1] - window.train[0]], dtype=np.int64))
            for window in windows
        )
        work = self._work(prepared, trainings, crew)
        in_sample = self._swept(work, prepared, crew, progress)
        kernels = work.kernels(self._ports.compiling)
        walk = Walk(kernels, prepared.request.settings, prepared.panel, windows)
        return walk_forward(walk, in_sample, by=prepared.request.by)

    def _work(self, prepared: PreparedSweep, windows: tuple[SweepWindow, ...], crew: Crew) -> SweepWork:
        rows = len(prepared.panel.ends) * len(prepared.found.sets)
        workers = crew.workers
        budget = (
            replace(DEFAULT_BUDGET, threads=workers.count)
            if workers.share_memory
            else ColumnBudget(DEFAULT_BUDGET.megabytes // workers.count)
        )
        return SweepWork(
            SweepJob(
                bundle=prepared.named.source.bundle,
                entry=prepared.named.source.entry,
                is_compiled=rows >= COMPILED_FROM_ROWS,
                kernel_folder=self._ports.kernel_folder if crew.share_home else None,
                settings=prepared.request.settings,
                panel=prepared.panel,
                windows=windows,
                budget=budget,
            )
        )

    def _swept(
        self, work: SweepWork, prepared: PreparedSweep, crew: Crew, progress: Progress | None
    ) -> list[SweptSets]:
        """The sets over each window, whose parts go to the workers one window after the other."""
        sets = prepared.found.sets
        workers = crew.workers
        bars = max(1, len(prepared.panel.ends))
        parts = parts_of(sets, bars=bars, workers=workers.count, share_memory=workers.share_memory)
        tasks = [
            SweepPart(window, tuple(tuple(params) for params in part))
            for window in range(len(work.job.windows))
            for part in parts
        ]
        with closing(workers.run(self._ports.run_part, work, tasks)) as answers:
            return _by_window(work.job.windows, parts, answers, progress)


def _fold_tests(
    kernels: StrategyKernels, prepared: PreparedSweep, swept: SweptSets, folds: Sequence[Fold]
) -> tuple[FoldTest, ...]:
    if not folds:
        return ()
    return run_choices(kernels, prepared.request.settings, prepared.panel, choices_of(swept, folds))


def _compared(
    prepared: PreparedSweep, figures: Figures, returns: Floats, calendar: Annualisation
) -> BacktestMetrics:
    benchmark = prepared.references.benchmark
    alpha, beta = None, None
    if benchmark is not None:
        theirs = benchmark_returns(benchmark.bars, prepared.panel.moments)
        alpha, beta = alpha_and_beta(returns.tolist(), benchmark=theirs, times=calendar.bars_a_year)
    return rounded({**figures, "alpha": alpha, "beta": beta})


def _best_first(by: str, swept: SweptSets, figures: Floats, against: Floats | None) -> Ints:
    if against is None:
        return best_first(swept.sets, figures, by=by)
    more_is_better = check_metric(by, has_benchmark=True)
    return ranked(swept.sets, against[:, AGAINST_BENCHMARK.index(by)], more_is_better=more_is_better)


def _against_benchmark(
    prepared: PreparedSweep,
    kernels: StrategyKernels,
    swept: SweptSets,
    calendar: Annualisation,
    progress: Progress | None,
) -> Floats | None:
    """Alpha and beta of every set, where one of them is asked for: each takes a run of its own."""
    benchmark = prepared.references.benchmark
    if benchmark is None or prepared.request.by not in AGAINST_BENCHMARK:
        return None
    theirs = benchmark_returns(benchmark.bars, prepared.panel.moments)
    window = whole_window(prepared.panel)
    found = np.empty((len(swept.sets), len(AGAINST_BENCHMARK)))
    for number, params in enumerate(swept.sets):
        returns = returns_of_set(kernels, prepared.request.settings, window, params)
        figures = alpha_and_beta(returns.tolist(), benchmark=theirs, times=calendar.bars_a_year)
        found[number] = [math.nan if figure is None else figure for figure in figures]
        if progress is not None:
            progress(number + 1, len(swept.sets))
    return found


def _by_window(
    windows: Sequence[SweepWindow],
    parts: Sequence[Sequence[Any]],
    answers: Iterable[tuple[int, SetStatistics]],
    progress: Progress | None,
) -> list[SweptSets]:
    total = len(windows) * sum(map(len, parts))
    done = 0
    found: list[list[tuple[int, SetStatistics]]] = [[] for _ in windows]
    for number, statistics in answers:
        window, part = divmod(number, len(parts))
        found[window].append((part, statistics))
        done += len(parts[part])
        if progress is not None:
            progress(done, total)
    return [
        together(parts, of_window, bounds=window.bounds)
        for of_window, window in zip(found, windows, strict=True)
    ]
