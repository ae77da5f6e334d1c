"""Jax's whole engine on one account of many symbols: orders, stops, sizes, costs, a ledger.

The crossover with a stop so far away that none is hit: Jax sizes by the distance to a stop, and looks on
every bar whether it was hit; the others trade without one. An entry is worth the same to all, ENTRY_FRACTION.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from jax.adapters.compute.numba_kernels import NumbaKernels
from jax.domain.backtest_settings import BacktestSettings, Costs
from jax.domain.bar import Bar, Timeframe
from jax.domain.instrument import Instrument
from jax.domain.position_sizing import SizingLimits
from jax.domain.strategies import sma_crossover_v1
from jax.domain.strategies.sma_crossover_v1 import decide as crossed
from jax.domain.strategy import BUY, BarValues, Decision
from jax.modules.backtest.bar_panel import BarPanel, panel_of_columns
from jax.modules.backtest.kernel.arrays import Columns
from jax.modules.backtest.kernel.rules import rules_of
from jax.modules.backtest.run_account import decided_by_kernel, decided_on, run_account
from jax.modules.backtest.run_backtest import BacktestInputs, CompiledStrategy, run_backtest
from jax.modules.backtest.strategy_kernels import StrategyKernels
from tests.bench.peers.works import ENTRY_FRACTION, FEES, INITIAL_CASH, Work, columns

_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SETTINGS = BacktestSettings(
    initial_cash=Decimal(int(INITIAL_CASH)),
    costs=Costs(commission_bps=Decimal(str(FEES)) * 10_000),
    sizing=SizingLimits(
        max_risk_per_trade_fraction=Decimal("0.10"),
        min_position_size=Decimal(1),
        max_position_size=Decimal(0),
        max_position_value_fraction=Decimal(str(ENTRY_FRACTION)),
    ),
    short_selling=False,
)


def decide(state: Any, bar: BarValues, inputs: Any, params: Any) -> tuple[Any, Decision]:
    """The crossover's decision, an entry with a stop at half the price."""
    after, decision = crossed(state, bar, inputs, params)
    if decision.action == BUY:
        return after, Decision(BUY, 0.5, bar.close, 0.5 * bar.close, 0.0, 0.0, 1)
    return after, decision


STRATEGY = sma_crossover_v1.STRATEGY._replace(name="crossover_with_stop", decide=decide)


def compiler() -> NumbaKernels:
    """One for the process: what it has compiled, or read from its folder, it keeps."""
    return _compiler(Path(sys.argv[2]))


_compiler = cache(NumbaKernels)


def prepare_arrays(work: Work) -> Callable[[], float]:
    """From columns to a ledger of orders, trades and equity, and its statistics."""
    panel = panel_of(work)
    kernels = StrategyKernels(STRATEGY, "bench with stop", compiler())
    params = STRATEGY.params._replace(fast=work.pairs[0][0], slow=work.pairs[0][1])

    def run() -> float:
        found = [decided_by_kernel(kernels, params, panel.columns(n)) for n in range(work.symbols)]
        account = run_account(panel, decided_on(panel, found), rules_of(SETTINGS), kernels.compiler)
        return account.statistics.final_equity

    return run


def prepare_bars(work: Work) -> Callable[[], float]:
    """From domain bars to a BacktestResult, all that a caller of run_backtest gets."""
    bars = {f"S{symbol:03}": _bars(f"S{symbol:03}", symbol, work.bars) for symbol in range(work.symbols)}
    instruments = {name: Instrument(name, "XNAS", "USD", Decimal("0.0001"), Decimal(1)) for name in bars}
    params = STRATEGY.params._replace(fast=work.pairs[0][0], slow=work.pairs[0][1])
    inputs = BacktestInputs(STRATEGY, params, bars, instruments, replace(SETTINGS))

    def run() -> float:
        result = run_backtest(inputs, compiled=CompiledStrategy("bench with stop", compiler()))
        return float(result.equity[-1].equity)

    return run


def panel_of(work: Work) -> BarPanel:
    """The bars as the loops read them."""
    series = [columns(symbol, work.bars) for symbol in range(work.symbols)]
    ends = np.concatenate([one.end_ns for one in series]) // 1_000
    joined = (np.concatenate(column) for column in zip(*(one[:5] for one in series), strict=True))
    return panel_of_columns(
        {f"S{symbol:03}": work.bars for symbol in range(work.symbols)},
        Columns._make((*joined, np.zeros(len(ends)), np.zeros(len(ends)))),
        starts=ends - 60_000_000,
        ends=ends,
        contracts=[(1.0, 1.0)] * work.symbols,
    )


def _bars(name: str, symbol: int, count: int) -> list[Bar]:
    made = columns(symbol, count)
    return [
        Bar(name, Timeframe.DAY, end - _MINUTE, end, *map(_decimal, values))
        for end, *values in zip(
            (_EPOCH + timedelta(microseconds=end_ns // 1_000) for end_ns in made.end_ns.tolist()),
            *(column.tolist() for column in made[:5]),
            strict=True,
        )
    ]


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))
