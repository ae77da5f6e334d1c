"""What a worker of a sweep is given, and what it does with it, wherever it is."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from jax.domain.backtest_settings import BacktestSettings
from jax.domain.bundle import Bundle
from jax.domain.strategy import Strategy
from jax.modules.artifacts.load_bundle import load_strategy
from jax.modules.backtest.bar_panel import BarPanel
from jax.modules.backtest.kernel.arrays import Ints
from jax.modules.backtest.panel_window import first_bars, window_of
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.modules.backtest.set_runner import ColumnBudget, SetRunner, SetStatistics
from jax.modules.backtest.strategy_kernels import StrategyKernels
from jax.ports.kernel_compiler import KernelCompiler

# Two windows may be worked on at a time, while one ends and the next begins.
_RUNNERS = 2
_FEW_BARS = 2


@dataclass(frozen=True, slots=True)
class Compiling:
    """How a worker compiles: `turn` is a block in which no other process of the machine does."""

    kernels: Callable[[], KernelCompiler]
    turn: Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, eq=False)
class SweepWindow:
    """Moments of the panel, from the first number up to (without) the second, and their blocks' bounds."""

    moments: tuple[int, int]
    bounds: Ints


@dataclass(frozen=True, slots=True, eq=False)
class SweepJob:
    """All that the parts of a sweep have in common; it can be sent anywhere.

    `is_compiled` says whether the loops are compiled or run as plain Python; what is compiled is kept in
    `kernel_folder`, where there is none in the worker's own home.
    """

    bundle: Bundle
    entry: str
    is_compiled: bool
    kernel_folder: Path | None
    settings: BacktestSettings
    panel: BarPanel
    windows: tuple[SweepWindow, ...]
    budget: ColumnBudget


@dataclass(frozen=True, slots=True)
class SweepPart:
    """Parameter sets, as plain tuples, to be run over the window of that number."""

    window: int
    sets: tuple[tuple[int | float, ...], ...]


class SweepWork:
    """A job, and what a worker makes of it once for all its parts; only the job is sent."""

    def __init__(self, job: SweepJob) -> None:
        self.job = job
        self._making = threading.Lock()
        self._kernels: StrategyKernels | None = None
        self._runners: dict[int, SetRunner] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (self.job,)

    def run(self, part: SweepPart, compiling: Compiling) -> SetStatistics:
        """What the sets of `part` came to."""
        runner = self._runner(part.window, compiling)
        return runner.run(sets_of(self.kernels(compiling).strategy, part.sets))

    def kernels(self, compiling: Compiling) -> StrategyKernels:
        """The strategy's kernels, ready to run."""
        with self._making:
            if self._kernels is None:
                self._kernels = self._ready_kernels(compiling)
            return self._kernels

    def _ready_kernels(self, compiling: Compiling) -> StrategyKernels:
        job = self.job
        strategy = load_strategy(job.bundle, job.entry)
        identity = f"{job.bundle.sha256} {job.entry}"
        if not job.is_compiled:
            return StrategyKernels(strategy, identity, PlainKernels())
        kernels = StrategyKernels(strategy, identity, compiling.kernels())
        with compiling.turn():
            # Makes or reads the machine code, which threads are better off not to do all at once.
            window = first_bars(job.panel, _FEW_BARS)
            bounds = np.array([0, len(window.panel.moments)], dtype=np.int64)
            SetRunner(kernels, job.settings, window, bounds=bounds).run([strategy.params])
        return kernels

    def _runner(self, number: int, compiling: Compiling) -> SetRunner:
        kernels = self.kernels(compiling)
        with self._making:
            if number not in self._runners:
                job, window = self.job, self.job.windows[number]
                while len(self._runners) >= _RUNNERS:
                    del self._runners[next(iter(self._runners))]
                self._runners[number] = SetRunner(
                    kernels,
                    job.settings,
                    window_of(job.panel, start=window.moments[0], after=window.moments[1]),
                    bounds=window.bounds,
                    budget=job.budget,
                )
            return self._runners[number]


def sets_of(strategy: Strategy, sets: Sequence[tuple[int | float, ...]]) -> list[Any]:
    """Plain tuples as the strategy's own."""
    return [type(strategy.params)(*values) for values in sets]


def _received(job: SweepJob) -> SweepWork:
    """The work of a job that came from elsewhere, with arrays of its own."""
    windows = tuple(SweepWindow(window.moments, _own(window.bounds)) for window in job.windows)
    return SweepWork(replace(job, panel=_writable(job.panel), windows=windows))


def _writable(panel: BarPanel) -> BarPanel:
    """What arrives may be read-only, which a compiler takes for another kind of array."""
    arrays = panel.arrays
    columns = type(arrays.columns)(*map(_own, arrays.columns))
    others = {name: _own(array) for name, array in arrays._asdict().items() if name != "columns"}
    return BarPanel(
        symbols=panel.symbols,
        first=_own(panel.first),
        starts=_own(panel.starts),
        ends=_own(panel.ends),
        moments=_own(panel.moments),
        arrays=type(arrays)(columns=columns, **others),
    )


def _own(array: Any) -> Any:
    return array if array.flags.writeable else array.copy()
