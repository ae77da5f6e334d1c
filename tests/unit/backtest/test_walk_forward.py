"""Walking forward: windows without overlap, choices from the past alone, one account from end to end."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.backtest_settings import AllIn, BacktestSettings, Costs
from jax.domain.errors import InvalidValue
from jax.domain.strategies.sma_crossover_v1 import STRATEGY, Params
from jax.domain.strategy import SELL, Decision
from jax.modules.backtest.bar_panel import BarPanel
from jax.modules.backtest.metrics_of_statistics import rounded
from jax.modules.backtest.panel_window import window_of
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.modules.backtest.set_runner import SetRunner, account_over, even_bounds
from jax.modules.backtest.strategy_kernels import StrategyKernels
from jax.modules.backtest.sweep import SweptSets, annualisation_of, best_first, figures_of_sets
from jax.modules.backtest.walk_forward import Walk, WalkForward, WalkWindow, walk_forward, walk_windows
from tests.integration.backtest.wavy_bars import wavy_panel

KERNELS = StrategyKernels(STRATEGY, STRATEGY.name, PlainKernels())
ALL_IN = BacktestSettings(sizing=AllIn())
SETS = [Params(fast, slow) for fast in (2, 4) for slow in (6, 15)]


def walk_over(panel: BarPanel, windows: tuple[WalkWindow, ...], under: BacktestSettings = ALL_IN) -> Walk:
    return Walk(KERNELS, under, panel, windows)


def in_sample(walk: Walk, sets: Sequence[Params] = SETS) -> list[SweptSets]:
    found = []
    for window in walk.windows:
        start, after = window.train
        bounds = even_bounds(after - start, blocks=2)
        runner = SetRunner(
            KERNELS, walk.settings, window_of(walk.panel, start=start, after=after), bounds=bounds
        )
        found.append(SweptSets(sets, runner.run(sets), bounds))
    return found


def walked(panel: BarPanel, windows: tuple[WalkWindow, ...], by: str = "sharpe") -> WalkForward:
    walk = walk_over(panel, windows)
    return walk_forward(walk, in_sample(walk), by=by)


@given(
    st.integers(2, 400),
    st.integers(1, 400),
    st.integers(1, 100),
    st.booleans(),
    st.sampled_from(["test", "folds"]),
)
def test_windows_follow_one_another_up_to_the_end_of_the_data(
    moments: int, train: int, length: int, anchored: bool, kind: str
) -> None:
    given_length = {kind: length}
    rest = moments - train
    if rest < (length if kind == "folds" else 1):
        with pytest.raises(InvalidValue, match=f"train: {moments} bar ends are too few to train on {train}"):
            walk_windows(moments, train=train, anchored=anchored, **given_length)
        return
    windows = walk_windows(moments, train=train, anchored=anchored, **given_length)
    assert windows[0].test[0] == train
    assert windows[-1].test[1] == moments
    assert all(earlier.test[1] == later.test[0] for earlier, later in pairwise(windows))
    for window in windows:
        assert window.test[0] < window.test[1]
        assert window.train == (0 if anchored else window.test[0] - train, window.test[0])
    lengths = [window.test[1] - window.test[0] for window in windows]
    if kind == "folds":
        assert len(windows) == length
        assert max(lengths) - min(lengths) <= 1
    else:
        assert set(lengths[:-1]) <= {length}
        assert lengths[-1] <= length


def test_without_lengths_there_are_five_folds_after_a_training_as_long_as_one() -> None:
    assert walk_windows(60, anchored=True) == tuple(
        WalkWindow(train=(0, start), test=(start, start + 10)) for start in range(10, 60, 10)
    )
    assert walk_windows(40, folds=3, anchored=False)[0] == WalkWindow(train=(0, 10), test=(10, 20))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"train": 0}, "train: must be at least 1, not 0"),
        ({"test": -5}, "test: must be at least 1, not -5"),
        ({"folds": 0}, "folds: must be at least 1, not 0"),
        ({"test": 3, "folds": 3}, "folds: give the length of a test or the number of folds, not both"),
        ({"train": 30}, "train: 30 bar ends are too few to train on 30 and test on the rest"),
        ({"folds": 30}, "train: 30 bar ends are too few to train on 0"),
    ],
)
def test_refuses_windows_that_cannot_be(arguments: dict[str, int], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        walk_windows(30, anchored=True, **arguments)


@pytest.mark.parametrize("by", ["sharpe", "max_drawdown"])
def test_each_window_is_run_with_what_was_best_in_its_training(by: str) -> None:
    panel = wavy_panel(1, 300, seed=4)
    windows = walk_windows(300, train=100, test=50, anchored=False)
    walk = walk_over(panel, windows)
    trained = in_sample(walk)
    found = walk_forward(walk, trained, by=by)
    calendar = annualisation_of(panel, ALL_IN)
    cash = ALL_IN.initial_cash
    equity: list[float] = []
    for step, window, swept in zip(found.steps, windows, trained, strict=True):
        figures = figures_of_sets(swept, calendar.over(window.train))
        assert step.window == window
        assert step.chosen == best_first(SETS, figures, by=by)[0]
        assert step.params == SETS[step.chosen]
        statistics = swept.found.statistics[step.chosen]
        assert step.in_sample == rounded(calendar.over(window.train).figures(statistics))
        account = replace(ALL_IN, initial_cash=cash)
        run = account_over(KERNELS, account, panel, moments=window.test, params=step.params)
        tested = replace(calendar.over(window.test), initial_cash=float(cash))
        assert step.out_of_sample == rounded(tested.figures(run.statistics))
        equity += (run.ledger.cash + run.ledger.value).tolist()
        cash = round(Decimal(repr(equity[-1])), 8)
    assert found.equity.tolist() == equity
    assert len({step.params for step in found.steps}) > 1


def test_the_stitched_metrics_are_those_of_one_run_when_nothing_is_cut() -> None:
    panel = wavy_panel(2, 200, seed=2)
    found = walked(panel, (WalkWindow(train=(0, 80), test=(80, 200)),))
    assert found.metrics == found.steps[0].out_of_sample


def test_the_stitched_metrics_are_over_all_stretches() -> None:
    panel = wavy_panel(1, 400, seed=3)
    found = walked(panel, walk_windows(400, train=100, folds=3, anchored=True))
    steps = [step.out_of_sample for step in found.steps]
    growth = np.prod([1.0 + float(step.total_return) for step in steps])
    assert float(found.metrics.total_return) == pytest.approx(growth - 1.0, abs=1e-5)
    assert found.metrics.trades == sum(step.trades for step in steps)
    assert found.metrics.largest_win == max(step.largest_win for step in steps if step.largest_win)
    assert found.metrics.largest_loss == max(step.largest_loss for step in steps if step.largest_loss)
    assert float(found.metrics.exposure) == pytest.approx(
        np.mean([float(step.exposure) for step in steps]), abs=1e-5
    )
    assert float(found.metrics.turnover) == pytest.approx(
        np.mean([float(step.turnover) for step in steps]), rel=1e-4
    )
    wins = [float(step.win_rate or 0) * step.trades for step in steps]
    assert float(found.metrics.win_rate or 0) == pytest.approx(sum(wins) / found.metrics.trades, abs=1e-5)
    gains = [float(step.average_win or 0) * float(step.win_rate or 0) * step.trades for step in steps]
    assert float(found.metrics.average_win or 0) == pytest.approx(sum(gains) / sum(wins), rel=1e-4)
    lost = [float(step.average_loss or 0) * (1 - float(step.win_rate or 0)) * step.trades for step in steps]
    losses = found.metrics.trades - sum(wins)
    assert float(found.metrics.average_loss or 0) == pytest.approx(sum(lost) / losses, rel=1e-4)
    peaks = np.maximum.accumulate([100_000.0, *found.equity])[1:]
    assert float(found.metrics.max_drawdown) == pytest.approx(
        ((peaks - found.equity) / peaks).max(), abs=1e-6
    )
    returns = np.diff([100_000.0, *found.equity]) / np.array([100_000.0, *found.equity[:-1]])
    assert float(found.metrics.sharpe or 0) == pytest.approx(
        returns.mean() / returns.std(ddof=1) * np.sqrt(365), abs=1e-5
    )


def test_efficiency_is_the_rate_out_of_sample_over_the_mean_in_sample() -> None:
    panel = wavy_panel(1, 300, seed=4)
    found = walked(panel, walk_windows(300, folds=3, anchored=False), by="total_return")
    expected = np.mean([float(step.in_sample.cagr) for step in found.steps])
    assert expected > 0
    assert float(found.efficiency or 0) == pytest.approx(float(found.metrics.cagr) / expected, abs=1e-5)


def test_without_gain_in_sample_there_is_no_efficiency() -> None:
    panel = wavy_panel(1, 120, seed=4)
    # Nothing crosses in so few bars: every set stands still.
    windows = (WalkWindow(train=(0, 5), test=(5, 120)),)
    found = walked(panel, windows)
    assert found.steps[0].in_sample.cagr == 0
    assert found.steps[0].params == SETS[0]
    assert found.efficiency is None


@pytest.mark.parametrize("anchored", [True, False])
def test_nothing_is_known_of_what_comes_after_a_window(anchored: bool) -> None:
    panel = wavy_panel(2, 240, seed=9)
    windows = walk_windows(240, train=80, test=40, anchored=anchored)
    before = walked(panel, windows)
    for kept in range(1, len(windows)):
        spoiled = wavy_panel(2, 240, seed=9)
        known = windows[kept - 1].test[1]
        for column in spoiled.arrays.columns:
            column[spoiled.ends > spoiled.moments[known - 1]] *= 3.0
        after = walked(spoiled, windows)
        assert after.steps[:kept] == before.steps[:kept]
        bars = known - windows[0].test[0]
        assert after.equity[:bars].tobytes() == before.equity[:bars].tobytes()
    # A choice is made before its test: spoiling the test alone leaves the choice.
    spoiled = wavy_panel(2, 240, seed=9)
    for column in spoiled.arrays.columns:
        column[spoiled.ends > spoiled.moments[windows[-1].test[0] - 1]] *= 3.0
    last = walked(spoiled, windows).steps[-1]
    assert (last.params, last.in_sample) == (before.steps[-1].params, before.steps[-1].in_sample)
    assert last.out_of_sample != before.steps[-1].out_of_sample


def test_an_account_that_is_used_up_ends_the_walk() -> None:
    panel = wavy_panel(1, 60, seed=1)
    for column in panel.arrays.columns[:4]:
        column[:40] = 100.0
        column[40:] = 250.0
    short = STRATEGY._replace(
        decide=lambda state, bar, inputs, params: (state, Decision(SELL, 1.0, bar.close, 0.0, 0.0, 0.0, 1))
    )
    under = replace(ALL_IN, costs=Costs(Decimal(0)))
    windows = tuple(WalkWindow(train=(0, start), test=(start, start + 10)) for start in (20, 30, 40, 50))
    walk = Walk(StrategyKernels(short, "short", PlainKernels()), under, panel, windows)
    trained = in_sample(replace(walk, windows=windows[:2])) * 2
    found = walk_forward(walk, trained, by="sharpe")
    # Sold at 100 in each window; flat again where the next begins.
    assert [step.out_of_sample.total_return for step in found.steps] == [0, 0, 0, 0]
    windows = tuple(WalkWindow(train=(0, start), test=(start, start + 10)) for start in (25, 35, 45))
    walk = replace(walk, windows=windows)
    found = walk_forward(walk, trained[:3], by="sharpe")
    # The second holds what rises from 100 to 250: half of the account is owed in the end.
    assert [step.window for step in found.steps] == list(windows[:2])
    assert found.equity[-1] == pytest.approx(-50_000.0)
    assert found.metrics.total_return == Decimal("-1.5")


@pytest.mark.parametrize(("cash", "risen", "steps"), [("100000", 200.0, 2), ("0.5", 150.0, 3)])
def test_a_walk_ends_with_nothing_and_not_before(cash: str, risen: float, steps: int) -> None:
    panel = wavy_panel(1, 60, seed=1)
    for column in panel.arrays.columns[:4]:
        column[:40] = 100.0
        column[40:] = risen
    short = STRATEGY._replace(
        decide=lambda state, bar, inputs, params: (state, Decision(SELL, 1.0, bar.close, 0.0, 0.0, 0.0, 1))
    )
    under = replace(ALL_IN, initial_cash=Decimal(cash), costs=Costs(Decimal(0)))
    windows = tuple(WalkWindow(train=(0, start), test=(start, start + 10)) for start in (25, 35, 45))
    walk = Walk(StrategyKernels(short, "short", PlainKernels()), under, panel, windows)
    trained = in_sample(replace(walk, windows=windows[:1])) * 3
    assert len(walk_forward(walk, trained, by="sharpe").steps) == steps
