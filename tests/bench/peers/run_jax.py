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

from jax.domain.backtest_settings import AllIn, BacktestSettings, Costs
from jax.domain.strategies.sma_crossover_v1 import STRATEGY, Params
from jax.modules.backtest.kernel.arrays import Columns, Floats
from jax.modules.backtest.kernel.rules import Contract, rules_of
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.metrics_of_statistics import figures_of
from jax.modules.backtest.strategy_kernels import StrategyKernels, column_plan, indicator_table
from tests.bench.peers import jax_account
from tests.bench.peers.measuring import Peer, tell
from tests.bench.peers.works import FEES, INITIAL_CASH, Work, columns

_BARS_A_YEAR = 252 * 390
ALL_IN = BacktestSettings(
    initial_cash=Decimal(int(INITIAL_CASH)),
    costs=Costs(commission_bps=Decimal(str(FEES)) * 10_000),
    sizing=AllIn(),
    short_selling=False,
)


def jax_columns(symbol: int, bars: int) -> Columns:
    """The bars as the loops read them."""
    made = columns(symbol, bars)
    return Columns(*made[:5], np.zeros(bars), np.zeros(bars))


def statistics_of_sets(
    kernels: StrategyKernels, bars: Columns, sets: Sequence[Any], settings: BacktestSettings
) -> Floats:
    """One RunStatistics a set, by the fused loop: each indicator once, then the sets on all cores."""
    plan = column_plan(kernels.strategy, sets)
    table = indicator_table(kernels, plan.indicators, bars)
    run = kernels.fused()
    account = (rules_of(settings), Contract(1.0, 1.0))
    bounds = np.array([0, len(bars.close)], dtype=np.int64)
    found = np.empty((len(sets), len(RunStatistics._fields)))
    sums = np.empty((len(sets), 1, 3))

    def part(rows: slice) -> None:
        run(bars, table, (plan.rows[rows], plan.params[rows]), account, (found[rows], sums[rows], bounds))

    shared(part, _slices(len(sets)))
    return found


def shared(work: Callable[[Any], object], parts: Sequence[Any]) -> None:
    """All `parts`, on every core; here and now when there is one part."""
    if len(parts) == 1:
        work(parts[0])
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(work, parts))


def prepare(work: Work) -> Callable[[], float]:
    """Indicators, decisions, fills, equity, statistics and metrics, from columns of floats."""
    if work.one_account:
        return jax_account.prepare_arrays(work)
    kernels = StrategyKernels(STRATEGY, "bench", jax_account.compiler())
    series = [jax_columns(symbol, work.bars) for symbol in range(work.symbols)]
    sets = [Params(*pair) for pair in work.pairs]
    found = np.empty((work.symbols, len(sets), len(RunStatistics._fields)))

    def part(symbols: slice) -> None:
        for symbol in range(*symbols.indices(work.symbols)):
            found[symbol] = statistics_of_sets(kernels, series[symbol], sets, ALL_IN)

    def run() -> float:
        shared(part, _slices(work.symbols))
        for statistics in found.reshape(-1, found.shape[2]).tolist():
            figures_of(
                RunStatistics(*statistics),
                initial_cash=INITIAL_CASH,
                bars_a_year=_BARS_A_YEAR,
                years=work.bars / _BARS_A_YEAR,
            )
        return float(found[0, 0, 0])

    return run


def _slices(count: int) -> list[slice]:
    """At most eight parts a core, each of some use."""
    parts = min(count, 8 * (os.cpu_count() or 1))
    return [slice(count * part // parts, count * (part + 1) // parts) for part in range(parts)]


if __name__ == "__main__":
    tell(Peer("Jax", importlib.metadata.version("jax-trading-assistant")), prepare, shares={})
