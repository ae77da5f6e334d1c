"""Decisions of a strategy on a panel, and what an account made of them: everything in arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from jax.domain.errors import InvalidValue
from jax.domain.strategy import BUY, NOTHING, SELL, BarValues, Strategy
from jax.domain.strategy_runner import StrategyRunner
from jax.modules.backtest.bar_panel import BarPanel
from jax.modules.backtest.kernel.account_loop import Books
from jax.modules.backtest.kernel.arrays import (
    ORDER_FIELDS,
    ORDERS_A_DECISION,
    TRADE_FIELDS,
    Columns,
    Decided,
    Floats,
    Ints,
    Ledger,
)
from jax.modules.backtest.kernel.booking import NO_ROW, OPEN_ROWS
from jax.modules.backtest.kernel.rules import Rules
from jax.modules.backtest.kernel.sizing import VERDICTS
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.strategy_kernels import (
    ACCOUNT_KERNEL,
    StrategyKernels,
    column_plan,
    indicator_table,
)
from jax.ports.kernel_compiler import KernelCompiler

DECISION_FIELDS = 8
_FIRST_ROOM = 256


@dataclass(frozen=True, slots=True, eq=False)
class AccountRun:
    """What the account loop left, cut to what it used."""

    decisions: Floats
    ledger: Ledger

    @property
    def statistics(self) -> RunStatistics:
        """The sums over the run."""
        return RunStatistics(*map(float, self.ledger.statistics))


def decided_plainly(strategy: Strategy, params: Any, columns: Columns) -> Floats:
    """The decisions on one symbol's bars, made as the trader makes them; rows as of decision_pass."""
    runner = StrategyRunner(strategy, params)
    found = [
        (float(row), *map(float, decision))
        for row, bar in enumerate(zip(*(column.tolist() for column in columns), strict=True))
        if (decision := runner.on_bar(BarValues(*bar))).action != NOTHING
    ]
    return _checked(strategy, np.array(found, dtype=np.float64).reshape(-1, DECISION_FIELDS))


def decided_by_kernel(kernels: StrategyKernels, params: Any, columns: Columns) -> Floats:
    """The same, bit for bit, by the compiled strategy."""
    plan = column_plan(kernels.strategy, [params])
    table = indicator_table(kernels, plan.indicators, columns)
    return decided_from_table(kernels, columns, table, (plan.rows[0], plan.params[0]))


def decided_from_table(
    kernels: StrategyKernels, columns: Columns, table: Floats, plan: tuple[Ints, Floats]
) -> Floats:
    """The same with the indicators in the rows of `table` that `plan` names, as decision_pass takes them."""
    run = kernels.decisions()
    found = np.empty((_FIRST_ROOM, DECISION_FIELDS))
    count = run(columns, table, plan, found)
    if count > len(found):
        found = np.empty((count, DECISION_FIELDS))
        run(columns, table, plan, found)
    return _checked(kernels.strategy, found[:count])


def decided_on(panel: BarPanel, by_symbol: list[Floats]) -> Decided:
    """The decisions of each symbol, in the panel's order, with their rows counted over the panel."""
    at = np.full(len(panel.ends), -1, dtype=np.int64)
    shifted = []
    for first, found in zip(panel.first[:-1], by_symbol, strict=True):
        moved = found.copy()
        moved[:, 0] += first
        shifted.append(moved)
    values = np.concatenate(shifted)
    at[values[:, 0].astype(np.int64)] = np.arange(len(values))
    return Decided(values, at)


def run_account(panel: BarPanel, decisions: Decided, rules: Rules, compiler: KernelCompiler) -> AccountRun:
    """The account over all bars of `panel`."""
    moments, symbols = len(panel.moments), len(panel.symbols)
    most = len(decisions.values)
    ledger = Ledger(
        cash=np.empty(moments),
        value=np.empty(moments),
        held=np.empty(moments, dtype=np.int64),
        orders=np.empty((ORDERS_A_DECISION * most, ORDER_FIELDS)),
        trades=np.empty((most, TRADE_FIELDS)),
        refused=np.zeros(VERDICTS, dtype=np.int64),
        counts=np.zeros(2, dtype=np.int64),
        statistics=np.empty(len(RunStatistics._fields)),
    )
    books = Books(np.full((symbols, OPEN_ROWS), NO_ROW, dtype=np.int64), np.zeros(symbols))
    compiler.compiled(ACCOUNT_KERNEL)(panel.arrays, decisions, rules, ledger, books)
    orders, trades = ledger.counts
    return AccountRun(
        decisions.values, ledger._replace(orders=ledger.orders[:orders], trades=ledger.trades[:trades])
    )


def _checked(strategy: Strategy, found: Floats) -> Floats:
    """InvalidValue for an action that is no side, or a reason that the strategy does not list."""
    wrong = found[~np.isin(found[:, 1], (BUY, SELL)), 1]
    if len(wrong):
        raise InvalidValue("decision", f"{strategy.name} answered action {wrong[0]:g}")
    known = (found[:, 7] >= 0) & (found[:, 7] < len(strategy.reasons))
    if not known.all():
        raise InvalidValue(
            "decision", f"{strategy.name} answered reason {found[~known, 7][0]:g}, which it does not list"
        )
    return found
