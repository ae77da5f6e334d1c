"""The same metrics from sums that were gathered online as from the whole curve."""

import dataclasses
import math
from collections.abc import Sequence
from decimal import Decimal
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jax.domain.backtest_result import BacktestMetrics, BacktestTrade, EquityPoint
from jax.domain.errors import InvalidValue
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.measure import Fills, figures_of_curve, measure, statistics_of_curve
from jax.modules.backtest.metrics_of_statistics import (
    METRICS,
    figures_of,
    mean_and_deviation,
    metrics_of,
    six_places,
    yearly_rate,
)
from tests.unit.backtest.equity_curves import INITIAL, SESSION, differing, fills_of, trades_of, walk
from tests.unit.backtest.equity_curves import curve as curve_of

FLAT = RunStatistics(**{**dict.fromkeys(RunStatistics._fields, 0.0), "final_equity": 100.0, "bars": 10.0})


def online(curve: Sequence[EquityPoint], trades: Sequence[BacktestTrade], fills: Fills) -> RunStatistics:
    """The sums as a loop gathers them that goes over the bars once, with what floats round off."""
    sums = dict.fromkeys(RunStatistics._fields, 0.0)
    before = highest = float(INITIAL)
    below = 0
    for point in curve:
        for began, value in fills:
            if began == point.end - SESSION and before > 0.0:
                sums["traded_fraction"] += float(value) / before
        equity = float(point.equity)
        gain = equity / before - 1.0 if before > 0.0 else 0.0
        sums["return_sum"] += gain
        sums["return_square_sum"] += gain * gain
        sums["downside_square_sum"] += min(gain, 0.0) * min(gain, 0.0)
        highest = max(highest, equity)
        below = below + 1 if equity < highest else 0
        sums["max_drawdown"] = max(sums["max_drawdown"], (highest - equity) / highest)
        sums["max_drawdown_bars"] = max(sums["max_drawdown_bars"], below)
        sums["exposed_bars"] += 1.0 if point.open_positions else 0.0
        sums["bars"] += 1.0
        before = sums["final_equity"] = equity
    for trade in trades:
        made = float(trade.net_pnl)
        sums["trades"] += 1.0
        sums["wins"] += 1.0 if made > 0.0 else 0.0
        sums["won"] += max(made, 0.0)
        sums["lost"] += max(-made, 0.0)
        sums["largest_win"] = max(sums["largest_win"], made)
        sums["largest_loss"] = max(sums["largest_loss"], -made)
    return RunStatistics(**sums)


@given(st.integers(0, 10**6), st.integers(3, 120), st.integers(0, 12))
@example(3, 1, 0)
@example(11, 2000, 40)
def test_sums_gathered_online_give_the_metrics_of_the_curve(seed: int, rows: int, count: int) -> None:
    chance = Random(seed)
    curve, trades, fills = walk(chance, rows), trades_of(chance, count), fills_of(chance, rows, count)
    found = figures_of(
        online(curve, trades, fills), initial_cash=float(INITIAL), bars_a_year=252, years=rows / 252
    )
    expected = figures_of_curve(curve, trades, fills, initial=INITIAL)
    assert found.keys() == expected.keys()
    assert not differing(found, expected)


def test_equal_statistics_give_equal_metrics_whoever_gathered_them() -> None:
    chance = Random(8)
    curve, trades, fills = walk(chance, 90), trades_of(chance, 9), fills_of(chance, 90, 9)
    statistics = statistics_of_curve(curve, trades, fills, initial=INITIAL)
    found = metrics_of(statistics, initial_cash=100.0, bars_a_year=252, years=90 / 252)
    assert found == measure(curve, trades, fills, initial=INITIAL)
    assert (found.alpha, found.beta) == (None, None)


def test_a_run_that_never_traded_has_nothing_in_its_sums() -> None:
    idle = statistics_of_curve(curve_of(*["100"] * 10, held=False), [], [], initial=INITIAL)
    assert idle == FLAT


def test_years_and_bars_a_year_annualise_each_what_is_theirs() -> None:
    statistics = FLAT._replace(
        final_equity=121.0,
        bars=4.0,
        max_drawdown=0.1,
        traded_fraction=3.0,
        return_sum=0.2,
        return_square_sum=0.04,
        downside_square_sum=0.01,
    )
    metrics = metrics_of(statistics, initial_cash=100.0, bars_a_year=400, years=2.0)
    assert (metrics.cagr, metrics.calmar, metrics.turnover) == (Decimal("0.1"), Decimal(1), Decimal("1.5"))
    assert metrics.volatility == Decimal(2)  # sqrt((0.04 - 0.2 * 0.05) / 3) * 20
    assert (metrics.sharpe, metrics.sortino) == (Decimal(10), Decimal(20))


def test_metrics_are_rounded_half_even_to_six_places_and_counts_stay_whole() -> None:
    statistics = FLAT._replace(max_drawdown=0.1234565, max_drawdown_bars=7.0, trades=3.0)
    metrics = metrics_of(statistics, initial_cash=100.0, bars_a_year=252, years=1.0)
    assert (metrics.max_drawdown, metrics.max_drawdown_bars, metrics.trades) == (Decimal("0.123456"), 7, 3)
    assert {type(metrics.trades), type(metrics.max_drawdown_bars)} == {int}


def test_a_deviation_of_less_than_a_millionth_of_the_returns_is_rounding() -> None:
    def volatility(scatter: float) -> Decimal:
        statistics = FLAT._replace(return_sum=10.0, return_square_sum=10.0 + scatter)
        return metrics_of(statistics, initial_cash=100.0, bars_a_year=10**10, years=1.0).volatility

    assert volatility(9e-12) == 0
    assert volatility(1.2e-11) > 0


def test_a_single_number_deviates_from_nothing_whatever_its_square_was_rounded_to() -> None:
    assert mean_and_deviation(count=1.0, total=0.1, squares=0.0100001) == (0.1, 0.0)


def test_every_metric_is_named_and_says_whether_more_is_better() -> None:
    assert tuple(METRICS) == tuple(field.name for field in dataclasses.fields(BacktestMetrics))
    worse = {"volatility", "max_drawdown", "max_drawdown_bars", "turnover", "average_loss", "largest_loss"}
    assert {name for name, better in METRICS.items() if not better} == worse


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("name", ["initial_cash", "bars_a_year", "years"])
def test_refuses_what_nothing_can_be_divided_by(name: str, value: float) -> None:
    arguments = {"initial_cash": 100.0, "bars_a_year": 252, "years": 1.0, name: value}
    with pytest.raises(InvalidValue, match=f"^{name}: must be above zero"):
        metrics_of(FLAT, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("field", RunStatistics._fields)
def test_refuses_a_statistic_that_is_not_finite_and_names_it(field: str, value: float) -> None:
    with pytest.raises(InvalidValue, match=f"statistics.{field}: is "):
        metrics_of(FLAT._replace(**{field: value}), initial_cash=100.0, bars_a_year=252, years=1.0)


def test_refuses_statistics_of_no_bar() -> None:
    with pytest.raises(InvalidValue, match=r"statistics.bars: must be at least 1, not 0"):
        metrics_of(FLAT._replace(bars=0.0), initial_cash=100.0, bars_a_year=252, years=1.0)


@pytest.mark.parametrize(
    ("growth", "rate"), [(1.1, 0.21), (1.0, 0.0), (0.5, -0.75), (0.0, -1.0), (-2.0, -1.0)]
)
def test_a_rate_compounds_and_loses_no_more_than_all(growth: float, rate: float) -> None:
    assert yearly_rate(growth, times=2.0) == pytest.approx(rate)


def test_a_rate_is_cut_off_at_a_thousand_million() -> None:
    assert yearly_rate(2.0, times=29.0) == pytest.approx(2.0**29 - 1)
    assert yearly_rate(2.0, times=5000.0) == 1e9


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e300, "1000000000.000000"),
        (-math.inf, "-1000000000.000000"),
        (-1e-9, "0.000000"),
        (1e-7, "0.000000"),
    ],
)
def test_what_no_evidence_could_hold_is_cut_off(value: float, text: str) -> None:
    assert str(six_places(value)) == text
