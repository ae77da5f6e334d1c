"""One parameter set on many symbols, each with an account of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from jax.domain.backtest_settings import BacktestSettings
from jax.modules.backtest.bar_panel import BarPanel
from jax.modules.backtest.kernel.arrays import Columns, Floats
from jax.modules.backtest.kernel.fused_loop import fusable
from jax.modules.backtest.kernel.rules import rules_of
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.panel_window import one_symbol, whole_window
from jax.modules.backtest.set_runner import BLOCK_SUMS, SetRunner
from jax.modules.backtest.strategy_kernels import StrategyKernels, column_plan
from jax.ports.compute_workers import ComputeWorkers

_PARTS_A_WORKER = 4


@dataclass(frozen=True, slots=True, eq=False)
class OwnAccounts:
    """The parameter tuple `params` on every symbol of `panel`, whose account begins as `settings` say."""

    kernels: StrategyKernels
    settings: BacktestSettings
    panel: BarPanel
    params: Any


def statistics_by_symbol(accounts: OwnAccounts, workers: ComputeWorkers) -> Floats:
    """One RunStatistics a symbol, [symbols, 15], in the panel's order.

    `workers` share the memory of this process. TaskFailed as of ComputeWorkers.
    """
    symbols = len(accounts.panel.symbols)
    count = min(symbols, _PARTS_A_WORKER * workers.count)
    parts = [range(*cut) for cut in pairwise(symbols * number // count for number in range(count + 1))]
    found: Floats = np.empty((symbols, len(RunStatistics._fields)))
    for number, statistics in workers.run(statistics_of_part, accounts, parts):
        found[parts[number].start : parts[number].stop] = statistics
    return found


def statistics_of_part(accounts: OwnAccounts, symbols: Sequence[int]) -> Floats:
    """The rows of the symbols with these numbers, which follow one another."""
    if fusable(accounts.settings, 1):
        return _fused(accounts, symbols[0], symbols[-1] + 1)
    return np.concatenate([_single(accounts, number) for number in symbols])


def _fused(accounts: OwnAccounts, start: int, after: int) -> Floats:
    panel, kernels = accounts.panel, accounts.kernels
    rows = slice(panel.first[start], panel.first[after])
    first = panel.first[start : after + 1] - panel.first[start]
    columns = Columns(*(column[rows] for column in panel.arrays.columns))
    plan = column_plan(kernels.strategy, [accounts.params])
    table = np.empty((max(1, len(plan.indicators)), len(columns.close)))
    for indicator, out in zip(plan.indicators, table, strict=False):
        arguments = np.array([*map(float, indicator.arguments), 0.0])
        kernels.columns_by_symbol(indicator)(columns, first, arguments, indicator.lag, out)
    statistics = np.empty((after - start, len(RunStatistics._fields)))
    blocks = np.empty((after - start, 1, BLOCK_SUMS))
    account = (rules_of(accounts.settings), panel.arrays.contracts[start:after], first)
    kernels.accounts_by_symbol()(
        columns, table, (plan.rows[0], plan.params[0]), account, (statistics, blocks)
    )
    return statistics


def _single(accounts: OwnAccounts, number: int) -> Floats:
    panel = one_symbol(accounts.panel, number)
    bounds = np.array([0, len(panel.moments)], dtype=np.int64)
    runner = SetRunner(accounts.kernels, accounts.settings, whole_window(panel), bounds=bounds)
    return runner.run([accounts.params]).statistics
