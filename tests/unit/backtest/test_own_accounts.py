"""Each symbol's own account comes to what it would alone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from jax.adapters.compute.thread_workers import ThreadWorkers
from jax.domain.backtest_settings import AllIn, BacktestSettings, FillMoment
from jax.domain.strategies.buy_and_hold import STRATEGY as BUY_AND_HOLD
from jax.domain.strategies.sma_crossover_v1 import STRATEGY, Params
from jax.domain.strategy import Strategy
from jax.modules.backtest.kernel.arrays import Floats
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.own_accounts import OwnAccounts, statistics_by_symbol
from jax.modules.backtest.panel_window import one_symbol, whole_window
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.modules.backtest.set_runner import SetRunner
from jax.modules.backtest.strategy_kernels import StrategyKernels
from tests.integration.backtest.wavy_bars import wavy_panel

ALL_IN = BacktestSettings(sizing=AllIn())
AT_THE_CLOSE = replace(ALL_IN, fill_at=FillMoment.NEXT_CLOSE)
# No two symbols have as many bars.
PANEL = wavy_panel(5, 90, seed=4)
# One unit of the third symbol is worth ten times its price.
PANEL.arrays.contracts[2, 0] = 10.0


def alone(strategy: Strategy, params: Any, under: BacktestSettings) -> Floats:
    kernels = StrategyKernels(strategy, strategy.name, PlainKernels())
    found = []
    for number in range(5):
        panel = one_symbol(PANEL, number)
        bounds = np.array([0, len(panel.moments)])
        found.append(SetRunner(kernels, under, whole_window(panel), bounds=bounds).run([params]).statistics)
    return np.concatenate(found)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("under", [ALL_IN, AT_THE_CLOSE])
@pytest.mark.parametrize(
    ("strategy", "params"), [(STRATEGY, Params(3, 9)), (BUY_AND_HOLD, BUY_AND_HOLD.params)]
)
def test_a_row_is_that_of_the_symbol_alone(
    strategy: Strategy, params: Any, under: BacktestSettings, threads: int
) -> None:
    kernels = StrategyKernels(strategy, strategy.name, PlainKernels())
    found = statistics_by_symbol(OwnAccounts(kernels, under, PANEL, params), ThreadWorkers(threads))
    assert found.tobytes() == alone(strategy, params, under).tobytes()
    assert found[:, RunStatistics._fields.index("bars")].tolist() == [90.0, 83.0, 76.0, 69.0, 62.0]
    assert (found[:, RunStatistics._fields.index("exposed_bars")] > 0).all()
