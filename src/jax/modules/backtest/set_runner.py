"""Runs parameter sets of one strategy over one stretch of bars: what each came to, in rows of floats."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jax.domain.backtest_settings import BacktestSettings
from jax.domain.overfitting import BLOCKS
from jax.domain.strategy import Indicator
from jax.modules.backtest.bar_panel import BarPanel
from jax.modules.backtest.column_store import ColumnStore, FillColumns
from jax.modules.backtest.kernel.arrays import Floats, Ints
from jax.modules.backtest.kernel.fused_loop import MOST_INPUTS, fusable
from jax.modules.backtest.kernel.rules import Contract, rules_of
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.panel_window import PanelWindow, window_of
from jax.modules.backtest.run_account import AccountRun, decided_from_table, decided_on, run_account
from jax.modules.backtest.strategy_kernels import ColumnPlan, StrategyKernels, column_plan

# Count, sum and sum of squares of a block's returns.
BLOCK_SUMS = 3
_BYTES = 8


@dataclass(frozen=True, slots=True)
class ColumnBudget:
    """How much memory indicator columns may take together, and how many threads (>= 1) read them at once."""

    megabytes: int = 96
    threads: int = 1


DEFAULT_BUDGET = ColumnBudget()


@dataclass(frozen=True, slots=True, eq=False)
class SetStatistics:
    """Of each parameter set one RunStatistics, [sets, 15], and the sums of its blocks, [sets, blocks, 3]."""

    statistics: Floats
    blocks: Floats


class SetRunner:
    """Many threads may run sets at once; how sets are divided among calls changes no bit.

    The sums are those of the bar ends (moments of the window) from each of `bounds` to the next, which rise
    from 0 to the number of moments.
    """

    def __init__(
        self,
        kernels: StrategyKernels,
        settings: BacktestSettings,
        window: PanelWindow,
        *,
        bounds: Ints,
        budget: ColumnBudget = DEFAULT_BUDGET,
    ) -> None:
        self._kernels = kernels
        self._panel = window.panel
        self._rules = rules_of(settings)
        self._bounds = bounds
        bars = len(window.rows)
        room = max(MOST_INPUTS * budget.threads, budget.megabytes * 1_000_000 // (_BYTES * bars))
        self._share = room // budget.threads
        self._store = ColumnStore(_filling(kernels, window), bars=bars, room=room, threads=budget.threads)
        self._is_fused = fusable(settings, len(window.panel.symbols))

    def run(self, sets: Sequence[Any]) -> SetStatistics:
        """What the parameter tuples `sets` came to, in their order; InvalidValue as of decided_by_kernel."""
        found = SetStatistics(
            np.empty((len(sets), len(RunStatistics._fields))),
            np.empty((len(sets), len(self._bounds) - 1, BLOCK_SUMS)),
        )
        self._fill(column_plan(self._kernels.strategy, sets), sets, found)
        return found

    def account(self, params: Any) -> AccountRun:
        """The run of one parameter tuple with its orders, trades and equity at every bar end."""
        plan = column_plan(self._kernels.strategy, [params])
        with self._store.holding(plan.indicators) as rows:
            return self._account(_placed(plan, rows), plan.params[0])

    def _fill(self, plan: ColumnPlan, sets: Sequence[Any], out: SetStatistics) -> None:
        if len(plan.indicators) > self._share:
            middle = len(sets) // 2
            for part in (slice(None, middle), slice(middle, None)):
                inner = SetStatistics(out.statistics[part], out.blocks[part])
                self._fill(column_plan(self._kernels.strategy, sets[part]), sets[part], inner)
            return
        with self._store.holding(plan.indicators) as rows:
            run = self._run_fused if self._is_fused else self._run_accounts
            run(_placed(plan, rows), plan.params, out)

    def _run_fused(self, rows: Ints, params: Floats, out: SetStatistics) -> None:
        account = (self._rules, Contract(*self._panel.arrays.contracts[0]))
        self._kernels.fused()(
            self._panel.columns(0),
            self._store.table,
            (rows, params),
            account,
            (out.statistics, out.blocks, self._bounds),
        )

    def _run_accounts(self, rows: Ints, params: Floats, out: SetStatistics) -> None:
        for number in range(len(rows)):
            run = self._account(rows[number : number + 1], params[number])
            out.statistics[number] = run.statistics
            out.blocks[number] = block_sums(run, self._bounds, initial=self._rules.initial_cash)

    def _account(self, rows: Ints, params: Floats) -> AccountRun:
        by_symbol = []
        for number in range(len(self._panel.symbols)):
            columns = self._panel.columns(number)
            table, places = self._of_symbol(number, rows[0])
            by_symbol.append(decided_from_table(self._kernels, columns, table, (places, params)))
        decisions = decided_on(self._panel, by_symbol)
        return run_account(self._panel, decisions, self._rules, self._kernels.compiler)

    def _of_symbol(self, number: int, rows: Ints) -> tuple[Floats, Ints]:
        if len(self._panel.symbols) == 1:
            return self._store.table, rows
        # A compiled loop takes a part of a table for another kind of array, and would be compiled again.
        first = self._panel.first
        return self._store.table[rows, first[number] : first[number + 1]], np.arange(MOST_INPUTS)


def account_over(
    kernels: StrategyKernels,
    settings: BacktestSettings,
    panel: BarPanel,
    *,
    moments: tuple[int, int],
    params: Any,
) -> AccountRun:
    """One parameter tuple over the moments from the first number up to (without) the second, as if nothing
    came after them; indicators are warm."""
    bounds = np.array([0, moments[1] - moments[0]], dtype=np.int64)
    window = window_of(panel, start=moments[0], after=moments[1])
    return SetRunner(kernels, settings, window, bounds=bounds).account(params)


def returns_of_set(
    kernels: StrategyKernels, settings: BacktestSettings, window: PanelWindow, params: Any
) -> Floats:
    """One return a bar end of one parameter tuple, by whatever loop runs it in a sweep.

    Each is the difference of two running sums: right to the last digits of their sum.
    """
    bounds = np.arange(len(window.panel.moments) + 1, dtype=np.int64)
    found: Floats = SetRunner(kernels, settings, window, bounds=bounds).run([params]).blocks[0, :, 1]
    return found


def even_bounds(moments: int, *, blocks: int = BLOCKS) -> Ints:
    """The bounds of `blocks` stretches of `moments` bar ends, as even as they can be."""
    return np.array([moments * number // blocks for number in range(blocks + 1)], dtype=np.int64)


def returns_of_run(run: AccountRun, *, initial: float) -> Floats:
    """One simple return a bar end, the first from `initial`; 0 where the equity before is not above zero."""
    equities = np.concatenate([[initial], run.ledger.cash + run.ledger.value])
    before = equities[:-1]
    returns: Floats = np.zeros(len(before))
    np.divide(equities[1:] - before, before, out=returns, where=before > 0.0)
    return returns


def block_sums(run: AccountRun, bounds: Ints, *, initial: float) -> Floats:
    """The sums of the run's blocks, [blocks, 3], with the bits that the fused loop gives."""
    returns = returns_of_run(run, initial=initial)
    sums = [np.diff(bounds).astype(np.float64)]
    for values in (returns, returns * returns):
        # The loop keeps one sum that runs on, from which the blocks are taken.
        running = np.concatenate([[0.0], np.cumsum(values)])
        sums.append(np.diff(running[bounds]))
    return np.stack(sums, axis=1)


def _placed(plan: ColumnPlan, rows: Ints) -> Ints:
    return rows[plan.rows] if len(rows) else plan.rows


def _filling(kernels: StrategyKernels, window: PanelWindow) -> FillColumns:
    warm = window.warm
    whole = len(window.rows) == len(warm.ends)

    def fill(indicators: Sequence[Indicator], table: Floats, rows: Ints) -> None:
        if whole:
            _fill_columns(kernels, warm, indicators, (table, rows))
        else:
            values = np.empty((len(rows), len(warm.ends)))
            _fill_columns(kernels, warm, indicators, (values, np.arange(len(rows))))
            table[rows] = values[:, window.rows]

    return fill


def _fill_columns(
    kernels: StrategyKernels, panel: BarPanel, indicators: Sequence[Indicator], out: tuple[Floats, Ints]
) -> None:
    """Indicators of one kind into the rows of a table."""
    table, rows = out
    arguments = np.array([[*map(float, indicator.arguments), 0.0] for indicator in indicators])
    if len(panel.symbols) == 1:
        lags = np.array([indicator.lag for indicator in indicators], dtype=np.int64)
        kernels.columns(indicators[0])(panel.columns(0), arguments, lags, table, rows)
        return
    run = kernels.columns_by_symbol(indicators[0])
    for number, indicator in enumerate(indicators):
        run(panel.arrays.columns, panel.first, arguments[number], indicator.lag, table[rows[number]])
