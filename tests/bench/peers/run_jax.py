"""Jax itself, told as the others are: every loop compiled, and the cores shared by the runs of a work.

`python -m tests.bench.peers.run_jax WORK FOLDER`: what is compiled is kept in the folder.
"""

import importlib.metadata
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import numpy as np

from jax.adapters.compute.thread_workers import ThreadWorkers
from jax.domain.backtest_settings import AllIn, BacktestSettings, Costs
from jax.domain.strategies.sma_crossover_v1 import STRATEGY, Params
from jax.modules.backtest.bar_panel import BarPanel
from jax.modules.backtest.kernel.arrays import Floats
from jax.modules.backtest.metrics_of_rows import figures_of_rows
from jax.modules.backtest.own_accounts import OwnAccounts, statistics_by_symbol
from jax.modules.backtest.panel_window import whole_window
from jax.modules.backtest.set_runner import ColumnBudget, SetRunner
from jax.modules.backtest.strategy_kernels import StrategyKernels
from jax.modules.backtest.sweep import parts_of
from tests.bench.peers.jax_account import compiler, panel_of
from tests.bench.peers.jax_account import prepare_arrays as prepare_account
from tests.bench.peers.measuring import Peer, tell
from tests.bench.peers.works import FEES, INITIAL_CASH, Work

THREADS = os.cpu_count() or 1
_BARS_A_YEAR = 252 * 390
ALL_IN = BacktestSettings(
    initial_cash=Decimal(int(INITIAL_CASH)),
    costs=Costs(commission_bps=Decimal(str(FEES)) * 10_000),
    sizing=AllIn(),
    short_selling=False,
)


def prepare(work: Work) -> Callable[[], float]:
    """Indicators, decisions, fills, equity, statistics and metrics, from columns of floats."""
    if work.one_account:
        return prepare_account(work)
    kernels = StrategyKernels(STRATEGY, "bench", compiler())
    panel = panel_of(work)
    sets = [Params(*pair) for pair in work.pairs]

    def run() -> float:
        if work.symbols > 1:
            found = statistics_by_symbol(OwnAccounts(kernels, ALL_IN, panel, sets[0]), ThreadWorkers(THREADS))
        else:
            found = statistics_of_sets(kernels, panel, sets, ALL_IN)
        figures_of_rows(
            found,
            initial_cash=INITIAL_CASH,
            bars_a_year=_BARS_A_YEAR,
            years=work.bars / _BARS_A_YEAR,
        )
        return float(found[0, 0])

    return run


def statistics_of_sets(
    kernels: StrategyKernels, panel: BarPanel, sets: Sequence[Any], settings: BacktestSettings
) -> Floats:
    """One RunStatistics a set, on the panel's only symbol."""
    bounds = np.array([0, len(panel.moments)], dtype=np.int64)
    budget = ColumnBudget(threads=THREADS)
    runner = SetRunner(kernels, settings, whole_window(panel), bounds=bounds, budget=budget)
    parts = parts_of(sets, bars=len(panel.moments), workers=THREADS, share_memory=True)
    return _joined(lambda part: runner.run(part).statistics, parts)


def _joined(statistics_of: Callable[[Any], Floats], parts: Sequence[Any]) -> Floats:
    """The statistics of all parts, one after the other, made on all cores."""
    if len(parts) == 1:
        return statistics_of(parts[0])
    with ThreadPoolExecutor(THREADS) as pool:
        return np.concatenate(list(pool.map(statistics_of, parts)))


if __name__ == "__main__":
    tell(Peer("Jax", importlib.metadata.version("jax-trading-assistant")), prepare, shares={})
