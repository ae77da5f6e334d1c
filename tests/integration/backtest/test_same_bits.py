"""Plain Python, compiled code and the fused loop give the same bytes, for every installed strategy."""

from decimal import Decimal
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from jax.adapters.compute.numba_kernels import NumbaKernels
from jax.adapters.strategy_catalog.installed_strategies import InstalledStrategies
from jax.domain.backtest_settings import AllIn, BacktestSettings, Costs, FillMoment, SlippageModel
from jax.domain.strategy import Strategy
from jax.modules.artifacts.load_bundle import load_strategy
from jax.modules.backtest.kernel.arrays import Columns
from jax.modules.backtest.kernel.fused_loop import fusable
from jax.modules.backtest.kernel.rules import Contract, rules_of
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.overfitting_study import neighbours
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.modules.backtest.run_account import (
    AccountRun,
    decided_by_kernel,
    decided_on,
    decided_plainly,
    run_account,
)
from jax.modules.backtest.strategy_kernels import StrategyKernels, column_plan, indicator_table
from tests.integration.backtest.wavy_bars import wavy_columns, wavy_panel

CATALOG = InstalledStrategies()
NAMES = CATALOG.names()
FREE = Costs(commission_bps=Decimal(0))
DEAR = Costs(Decimal(10), Decimal("0.01"), Decimal(5), SlippageModel.SQUARE_ROOT, Decimal(30))
# One symbol, one pass: what the fused loop knows.
FUSED = [
    BacktestSettings(sizing=AllIn(), short_selling=False),
    BacktestSettings(sizing=AllIn(), costs=DEAR),
    BacktestSettings(max_open_positions=1),
    BacktestSettings(costs=FREE),
]
FULL = [
    *FUSED,
    BacktestSettings(costs=Costs(Decimal(2), borrow_rate=Decimal("0.05")), fill_at=FillMoment.NEXT_CLOSE),
    BacktestSettings(participation_fraction=Decimal("0.001"), max_daily_loss=Decimal(2_000)),
    BacktestSettings(sizing=AllIn(), participation_fraction=Decimal("0.01"), costs=DEAR),
]


def loaded(name: str) -> tuple[Strategy, str]:
    source = CATALOG.source(name)
    return load_strategy(source.bundle, source.entry), f"{source.bundle.sha256} {source.entry}"


@pytest.fixture(scope="module")
def compiler(kernel_folder: Path) -> NumbaKernels:
    return NumbaKernels(kernel_folder)


def same(first: AccountRun, second: AccountRun) -> None:
    for name, own, other in zip(first.ledger._fields, first.ledger, second.ledger, strict=True):
        assert own.tobytes() == other.tobytes(), name


@pytest.mark.parametrize("name", NAMES)
def test_a_compiled_strategy_decides_as_the_trader_does_on_a_hundred_thousand_bars(
    name: str, compiler: NumbaKernels
) -> None:
    strategy, identity = loaded(name)
    columns = wavy_columns(100_000, seed=11)
    plain = decided_plainly(strategy, strategy.params, columns)
    compiled = decided_by_kernel(StrategyKernels(strategy, identity, compiler), strategy.params, columns)
    assert plain.tobytes() == compiled.tobytes()
    assert len(plain) >= 1


@pytest.mark.parametrize("name", NAMES)
def test_columns_made_side_by_side_have_the_bytes_of_each_alone(name: str, compiler: NumbaKernels) -> None:
    strategy, _ = loaded(name)
    columns = wavy_columns(2_000, seed=41)
    # Many strategies have one indicator; it need not be compiled for each.
    plain, fast = (StrategyKernels(strategy, "indicators", each) for each in (PlainKernels(), compiler))
    for indicator in strategy.indicators(strategy.params):
        first, *others = indicator.arguments
        # Four of them side by side, and what is left over.
        six = [
            indicator._replace(arguments=(first + more, *others), lag=indicator.lag + more)
            for more in range(6)
        ]
        alone = indicator_table(plain, six, columns)
        for kernels in (plain, fast):
            arguments = np.array([[*map(float, each.arguments), 0.0] for each in six])
            lags, places = np.array([each.lag for each in six]), np.array([7, 1, 2, 3, 6, 0])
            table = np.full((8, 2_000), np.inf)
            kernels.columns(indicator)(columns, arguments, lags, table, places)
            assert table[places].tobytes() == alone.tobytes()
            assert np.isinf(table[[4, 5]]).all()


@pytest.mark.parametrize(("name", "settings"), list(product(NAMES, FULL)))
def test_a_compiled_account_is_the_plain_one(
    name: str, settings: BacktestSettings, compiler: NumbaKernels
) -> None:
    strategy, _ = loaded(name)
    panel = wavy_panel(3, 1_500, seed=5)
    decisions = decided_on(
        panel, [decided_plainly(strategy, strategy.params, panel.columns(number)) for number in range(3)]
    )
    rules = rules_of(settings)
    plain = run_account(panel, decisions, rules, PlainKernels())
    same(plain, run_account(panel, decisions, rules, compiler))


@pytest.mark.parametrize(("name", "settings"), list(product(NAMES, FUSED)))
def test_the_fused_loop_gives_what_the_account_gives(
    name: str, settings: BacktestSettings, compiler: NumbaKernels
) -> None:
    strategy, identity = loaded(name)
    sets = [strategy.params, *neighbours(strategy, strategy.params)[:3]]
    panel = wavy_panel(1, 6_000, seed=23)
    kernels = StrategyKernels(strategy, identity, compiler)
    expected = []
    for params in sets:
        decisions = decided_on(panel, [decided_by_kernel(kernels, params, panel.columns(0))])
        expected.append(run_account(panel, decisions, rules_of(settings), compiler).ledger.statistics)
    assert fusable(settings, 1)
    found = fused(kernels, sets, panel.columns(0), settings)
    assert found.tobytes() == np.array(expected).tobytes()
    if name != "buy_and_hold" and not (not isinstance(settings.sizing, AllIn) and name == "sma_crossover_v1"):
        assert found[:, RunStatistics._fields.index("trades")].max() > 0


def fused(
    kernels: StrategyKernels, sets: list[object], columns: Columns, settings: BacktestSettings
) -> np.ndarray:
    plan = column_plan(kernels.strategy, sets)
    table = indicator_table(kernels, plan.indicators, columns)
    statistics = np.empty((len(sets), len(RunStatistics._fields)))
    bars = len(columns.close)
    bounds = np.array([0, bars // 3, bars], dtype=np.int64)
    blocks = np.empty((len(sets), 2, 3))
    account = (rules_of(settings), Contract(1.0, 1.0))
    kernels.fused()(columns, table, (plan.rows, plan.params), account, (statistics, blocks, bounds))
    sums = blocks.sum(axis=1)
    assert sums[:, 0].tolist() == [bars] * len(sets)
    np.testing.assert_allclose(sums[:, 1], statistics[:, 2], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(sums[:, 2], statistics[:, 3], rtol=1e-9, atol=1e-12)
    return statistics


def test_the_plain_fused_loop_gives_the_same_bytes_too(compiler: NumbaKernels) -> None:
    strategy, identity = loaded("ma_crossover_v1")
    columns = wavy_columns(3_000, seed=3)
    sets = [strategy.params, *neighbours(strategy, strategy.params)[:2]]
    for settings in FUSED:
        compiled = fused(StrategyKernels(strategy, identity, compiler), sets, columns, settings)
        plain = fused(StrategyKernels(strategy, identity, PlainKernels()), sets, columns, settings)
        assert plain.tobytes() == compiled.tobytes()
