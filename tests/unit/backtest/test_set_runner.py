"""A row of a sweep is what a backtest of that set comes to, however the sets were divided."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax.domain.backtest_settings import AllIn, BacktestSettings, Costs, FillMoment
from jax.domain.bar import Bar, Timeframe
from jax.domain.strategies.ma_crossover_v1 import STRATEGY as ALIGNED
from jax.domain.strategies.ma_crossover_v1 import Params as AlignedParams
from jax.domain.strategies.sma_crossover_v1 import STRATEGY as CROSSOVER
from jax.domain.strategies.sma_crossover_v1 import Params
from jax.domain.strategy import BUY, BarValues, Decision, Strategy
from jax.domain.strategy_runner import StrategyRunner
from jax.modules.backtest.bar_panel import BarPanel, moment_at
from jax.modules.backtest.kernel.arrays import Columns
from jax.modules.backtest.kernel.fused_loop import fusable
from jax.modules.backtest.kernel.rules import rules_of
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.metrics_of_statistics import rounded
from jax.modules.backtest.panel_window import PanelWindow, whole_window, window_of
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.modules.backtest.run_account import decided_on, run_account
from jax.modules.backtest.run_backtest import BacktestInputs, run_backtest
from jax.modules.backtest.set_runner import (
    ColumnBudget,
    SetRunner,
    SetStatistics,
    account_over,
    block_sums,
    even_bounds,
    returns_of_run,
    returns_of_set,
)
from jax.modules.backtest.strategy_kernels import StrategyKernels
from jax.modules.backtest.sweep import annualisation_of
from tests.integration.backtest.wavy_bars import wavy_panel
from tests.unit.backtest.scripted_backtests import instrument

SETS = [Params(fast, slow) for fast in (2, 5, 9) for slow in (10, 20)]
ALL_IN = BacktestSettings(sizing=AllIn())
# The fused loop does not know these.
AT_THE_CLOSE = BacktestSettings(sizing=AllIn(), fill_at=FillMoment.NEXT_CLOSE)


def kernels_of(strategy: Strategy) -> StrategyKernels:
    return StrategyKernels(strategy, strategy.name, PlainKernels())


def runner_over(
    window: PanelWindow,
    under: BacktestSettings = ALL_IN,
    strategy: Strategy = CROSSOVER,
    budget: ColumnBudget | None = None,
) -> SetRunner:
    bounds = even_bounds(len(window.panel.moments), blocks=4)
    return SetRunner(kernels_of(strategy), under, window, bounds=bounds, budget=budget or ColumnBudget())


def same(first: SetStatistics, second: SetStatistics) -> None:
    assert first.statistics.tobytes() == second.statistics.tobytes()
    assert first.blocks.tobytes() == second.blocks.tobytes()


def put_together(parts: Sequence[SetStatistics]) -> SetStatistics:
    return SetStatistics(
        np.concatenate([part.statistics for part in parts]), np.concatenate([part.blocks for part in parts])
    )


def bars_of(panel: BarPanel) -> dict[str, list[Bar]]:
    found: dict[str, list[Bar]] = {}
    for number, symbol in enumerate(panel.symbols):
        rows = range(panel.first[number], panel.first[number + 1])
        columns = panel.arrays.columns
        found[symbol] = [
            Bar(
                symbol,
                Timeframe.DAY,
                moment_at(panel.starts[row]),
                moment_at(panel.ends[row]),
                *(Decimal(repr(float(column[row]))) for column in columns[:5]),
            )
            for row in rows
        ]
    return found


@pytest.mark.parametrize("symbols", [1, 3])
@pytest.mark.parametrize(
    "under", [ALL_IN, AT_THE_CLOSE, BacktestSettings(), replace(ALL_IN, short_selling=False)]
)
def test_a_row_has_the_metrics_of_a_backtest_of_that_set(symbols: int, under: BacktestSettings) -> None:
    strategy = ALIGNED if under == BacktestSettings() else CROSSOVER
    sets: Sequence[Any] = [AlignedParams(3, 6, 12), AlignedParams(4, 9, 20)] if strategy is ALIGNED else SETS
    panel = wavy_panel(symbols, 150, seed=3)
    # Prices are rounded to cents, and trends are not among the bars.
    for trend in panel.arrays.columns[5:]:
        trend[:] = 0.0
    found = runner_over(whole_window(panel), under, strategy).run(sets)
    annualisation = annualisation_of(panel, under)
    bars = bars_of(panel)
    for params, row in zip(sets, found.statistics, strict=True):
        inputs = BacktestInputs(strategy, params, bars, {name: instrument(name) for name in bars}, under)
        metrics = run_backtest(inputs).metrics
        assert rounded(annualisation.figures(row)) == metrics
        assert metrics.trades > 0


@pytest.mark.parametrize(("symbols", "under"), [(1, ALL_IN), (1, AT_THE_CLOSE), (2, ALL_IN)])
def test_neither_parts_nor_budget_nor_order_change_a_bit(symbols: int, under: BacktestSettings) -> None:
    panel = wavy_panel(symbols, 90, seed=5)
    whole = runner_over(whole_window(panel), under).run(SETS)
    one_by_one = runner_over(whole_window(panel), under)
    same(whole, put_together([one_by_one.run([params]) for params in SETS]))
    backwards = runner_over(whole_window(panel), under).run(SETS[::-1])
    same(whole, SetStatistics(backwards.statistics[::-1].copy(), backwards.blocks[::-1].copy()))
    narrow = runner_over(whole_window(panel), under, budget=ColumnBudget(megabytes=0))
    same(whole, narrow.run(SETS))
    with ThreadPoolExecutor(3) as pool:
        threads = runner_over(whole_window(panel), under, budget=ColumnBudget(megabytes=0, threads=3))
        same(whole, put_together(list(pool.map(threads.run, [SETS[:1], SETS[1:4], SETS[4:]]))))


@pytest.mark.parametrize("threads", [1, 2])
def test_sets_whose_columns_do_not_fit_together_are_run_in_halves(threads: int) -> None:
    panel = wavy_panel(1, 60, seed=5)
    many = [Params(fast, slow) for fast in range(1, 13) for slow in range(20, 32)]
    narrow = runner_over(whole_window(panel), budget=ColumnBudget(megabytes=0, threads=threads))
    same(runner_over(whole_window(panel)).run(many), narrow.run(many))


@pytest.mark.parametrize("under", [ALL_IN, BacktestSettings(), replace(ALL_IN, short_selling=False)])
def test_the_account_of_a_set_has_the_bits_of_its_row(under: BacktestSettings) -> None:
    strategy = ALIGNED if under == BacktestSettings() else CROSSOVER
    sets: Sequence[Any] = [AlignedParams(3, 6, 12)] if strategy is ALIGNED else SETS
    assert fusable(under, 1)
    panel = wavy_panel(1, 200, seed=8)
    runner = runner_over(whole_window(panel), under, strategy)
    found = runner.run(sets)
    for number, params in enumerate(sets):
        account = runner.account(params)
        assert np.array(account.statistics).tobytes() == found.statistics[number].tobytes()
        sums = block_sums(account, even_bounds(200, blocks=4), initial=100_000.0)
        assert sums.tobytes() == found.blocks[number].tobytes()


def test_block_sums_are_those_of_the_returns_in_the_block() -> None:
    panel = wavy_panel(1, 100, seed=9)
    run = runner_over(whole_window(panel)).account(Params(2, 10))
    returns = returns_of_run(run, initial=100_000.0)
    equities = [100_000.0, *(run.ledger.cash + run.ledger.value).tolist()]
    assert returns.tolist() == [(later - earlier) / earlier for earlier, later in pairwise(equities)]
    bounds = np.array([0, 10, 75, 100])
    for (start, end), (count, total, squares) in zip(
        pairwise(bounds.tolist()), block_sums(run, bounds, initial=100_000.0), strict=True
    ):
        assert count == end - start
        assert total == pytest.approx(returns[start:end].sum(), abs=1e-12)
        assert squares == pytest.approx((returns[start:end] ** 2).sum(), abs=1e-12)


@pytest.mark.parametrize("under", [ALL_IN, AT_THE_CLOSE])
def test_the_returns_of_a_set_are_those_of_its_account(under: BacktestSettings) -> None:
    window = whole_window(wavy_panel(1, 120, seed=9))
    found = returns_of_set(kernels_of(CROSSOVER), under, window, Params(2, 10))
    run = runner_over(window, under).account(Params(2, 10))
    expected = returns_of_run(run, initial=100_000.0)
    assert np.abs(expected).max() > 0.001
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-15)


def test_an_account_that_is_used_up_has_no_returns_any_more() -> None:
    falling = wavy_panel(1, 6, seed=1)
    prices = np.array([100.0, 100.0, 250.0, 260.0, 250.0, 240.0])
    for column in falling.arrays.columns[:4]:
        column[:] = prices
    short = CROSSOVER._replace(
        indicators=lambda params: (),
        inputs=lambda: (),
        decide=lambda state, bar, inputs, params: (
            state,
            Decision(-BUY, 1.0, bar.close, 0.0, 0.0, 0.0, 1),
        ),
    )
    under = replace(ALL_IN, costs=Costs(Decimal(0)))
    run = SetRunner(kernels_of(short), under, whole_window(falling), bounds=even_bounds(6, blocks=2)).account(
        Params()
    )
    # Sold at 100 and worth nothing from 200 on.
    assert returns_of_run(run, initial=100_000.0).tolist() == [0.0, 0.0, -1.5, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("cash", "risen", "expected"),
    [
        # Worth nothing at all when the price has doubled.
        ("100000", 200.0, [0.0, 0.0, -1.0, 0.0]),
        # Half a dollar is still something.
        ("0.5", 150.0, [0.0, 0.0, -0.5, 0.0]),
    ],
)
def test_returns_end_where_nothing_is_left_and_not_before(
    cash: str, risen: float, expected: list[float]
) -> None:
    panel = wavy_panel(1, 4, seed=1)
    for column in panel.arrays.columns[:4]:
        column[:] = [100.0, 100.0, risen, risen]
    short = CROSSOVER._replace(
        indicators=lambda params: (),
        inputs=lambda: (),
        decide=lambda state, bar, inputs, params: (state, Decision(-BUY, 1.0, bar.close, 0.0, 0.0, 0.0, 1)),
    )
    under = replace(ALL_IN, initial_cash=Decimal(cash), costs=Costs(Decimal(0)))
    bounds = even_bounds(4, blocks=2)
    run = SetRunner(kernels_of(short), under, whole_window(panel), bounds=bounds).account(Params())
    assert returns_of_run(run, initial=float(cash)).tolist() == expected


def test_a_window_is_run_with_warm_indicators_and_everything_else_fresh() -> None:
    panel = wavy_panel(2, 120, seed=6)
    start, after = 50, 110
    found = account_over(kernels_of(CROSSOVER), ALL_IN, panel, moments=(start, after), params=Params(3, 30))
    window = window_of(panel, start=start, after=after).panel
    restated = []
    for number in range(2):
        columns = panel.columns(number)
        ends = panel.ends[panel.first[number] : panel.first[number + 1]]
        restated.append(_decided_within(columns, ends.tolist(), panel.moments[[start, after - 1]].tolist()))
    expected = run_account(window, decided_on(window, restated), rules_of(ALL_IN), PlainKernels())
    assert expected.statistics.trades > 0
    assert found.statistics == expected.statistics
    assert found.ledger.trades.tobytes() == expected.ledger.trades.tobytes()
    rows = SetRunner(
        kernels_of(CROSSOVER),
        ALL_IN,
        window_of(panel, start=start, after=after),
        bounds=even_bounds(after - start, blocks=2),
    ).run([Params(3, 30)])
    assert rows.statistics[0].tolist() == list(expected.statistics)


def _decided_within(columns: Columns, ends: list[int], window: list[int]) -> Any:
    runner = StrategyRunner(CROSSOVER, Params(3, 30))
    found = []
    row = 0
    for end, values in zip(ends, zip(*(column.tolist() for column in columns), strict=True), strict=True):
        if end == window[0]:
            runner._state = CROSSOVER.initial_state
        decision = runner.on_bar(BarValues(*values))
        if window[0] <= end <= window[1]:
            if decision.action:
                found.append((float(row), *map(float, decision)))
            row += 1
    return np.array(found).reshape(-1, 8)


@pytest.mark.parametrize("symbols", [1, 2])
def test_what_comes_after_a_window_changes_nothing_in_it(symbols: int) -> None:
    panel = wavy_panel(symbols, 100, seed=7)
    before = runner_over(window_of(panel, start=30, after=70)).run(SETS)
    for column in panel.arrays.columns:
        column[panel.ends > panel.moments[69]] = 1e9
    same(before, runner_over(window_of(panel, start=30, after=70)).run(SETS))


def test_a_strategy_without_indicators_has_rows_too() -> None:
    always = CROSSOVER._replace(
        indicators=lambda params: (),
        inputs=lambda: (),
        decide=lambda state, bar, inputs, params: (state, Decision(BUY, 1.0, bar.close, 0.0, 0.0, 0.0, 1)),
    )
    panel = wavy_panel(1, 30, seed=2)
    found = runner_over(whole_window(panel), strategy=always).run([Params(), Params()])
    assert found.statistics[0].tolist() == found.statistics[1].tolist()
    assert found.statistics[0, RunStatistics._fields.index("exposed_bars")] == 29.0


@settings(max_examples=30)
@given(st.integers(0, 300), st.integers(1, 40))
def test_even_bounds_differ_by_one_at_most(moments: int, blocks: int) -> None:
    widths = np.diff(even_bounds(moments, blocks=blocks))
    assert widths.sum() == moments
    assert widths.max() - widths.min() <= 1


def test_the_calendar_is_that_of_the_bars() -> None:
    panel = wavy_panel(1, 30, seed=2)
    assert moment_at(panel.moments[1]) - moment_at(panel.moments[0]) == timedelta(days=1)
    found = annualisation_of(panel, ALL_IN)
    assert (found.bars_a_year, found.years, found.initial_cash) == (365, 30 / 365, 100_000.0)
    assert found.over((10, 15)).years == 5 / 365
