"""The numbers against the formulas they are named after, worked out by hand or afresh."""

import itertools
import math
import statistics
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.backtest_result import BacktestTrade, EquityPoint, OrderReason
from jax.domain.side import Side
from jax.modules.backtest.measure import measure
from tests.unit.backtest.scripted_backtests import closes_at

INITIAL = Decimal(100)


def curve(*equities: str | Decimal, held: bool = True, days_apart: int = 1) -> list[EquityPoint]:
    return [
        EquityPoint(closes_at(0) + timedelta(days=row * days_apart), Decimal(equity), Decimal(0), int(held))
        for row, equity in enumerate(equities)
    ]


def trade(net_pnl: int) -> BacktestTrade:
    moment = closes_at(0)
    price = Decimal(1)
    return BacktestTrade(
        "AAPL", Side.BUY, price, moment, price, moment, price, OrderReason.STOP, Decimal(net_pnl)
    )


def test_the_total_return_is_from_the_first_cash_to_the_last_equity() -> None:
    assert measure(curve("100", "90", "112"), [], initial=INITIAL).total_return == Decimal("0.12")


def test_growth_is_counted_by_years_of_365_and_a_quarter_days() -> None:
    points = curve("100", "121", days_apart=1461)  # four years
    assert measure(points, [], initial=INITIAL).cagr == Decimal("0.048809")  # 1.21 ** 0.25 - 1


def test_the_drawdown_is_from_the_highest_equity_so_far() -> None:
    points = curve("100", "120", "90", "130", "110")
    assert measure(points, [], initial=INITIAL).max_drawdown == Decimal("0.25")


def test_the_drawdown_counts_from_the_initial_cash_too() -> None:
    assert measure(curve("80", "90"), [], initial=INITIAL).max_drawdown == Decimal("0.2")


@given(st.lists(st.decimals(min_value=50, max_value=200, places=2), min_size=3, max_size=40))
def test_volatility_and_sharpe_are_those_of_the_returns_annualised_by_252(equities: list[Decimal]) -> None:
    metrics = measure(curve(*equities), [], initial=INITIAL)
    returns = [float(after) / float(before) - 1 for before, after in itertools.pairwise(equities)]
    deviation = statistics.stdev(returns)
    assert float(metrics.volatility) == pytest.approx(deviation * math.sqrt(252), abs=1e-6)
    if deviation > 1e-6:
        sharpe = statistics.fmean(returns) / deviation * math.sqrt(252)
        assert float(metrics.sharpe or 0) == pytest.approx(sharpe, abs=2e-6)


def test_trades_won_and_the_profit_factor_are_after_costs() -> None:
    metrics = measure(curve("100"), [trade(30), trade(-10), trade(-5), trade(0)], initial=INITIAL)
    assert (metrics.trades, metrics.win_rate, metrics.profit_factor) == (4, Decimal("0.25"), Decimal(2))


def test_exposure_is_the_share_of_bar_ends_with_a_position() -> None:
    points = [*curve("100", "100", held=False), *curve("100", held=True), *curve("100", held=True)]
    assert measure(points, [], initial=INITIAL).exposure == Decimal("0.5")


def test_what_is_not_defined_is_none_and_left_out() -> None:
    metrics = measure(curve("100", "100", "100"), [], initial=INITIAL)
    assert (metrics.sharpe, metrics.win_rate, metrics.profit_factor) == (None, None, None)
    assert metrics.defined().keys() == {
        "total_return",
        "cagr",
        "volatility",
        "max_drawdown",
        "trades",
        "exposure",
    }


def test_one_bar_has_no_growth_and_no_volatility() -> None:
    metrics = measure(curve("100"), [], initial=INITIAL)
    assert (metrics.cagr, metrics.volatility, metrics.sharpe) == (Decimal(0), Decimal(0), None)


def test_an_account_that_lost_everything_and_more_has_lost_all_a_year() -> None:
    metrics = measure(curve("100", "-20", "-20"), [], initial=INITIAL)
    assert (metrics.total_return, metrics.cagr) == (Decimal("-1.2"), Decimal(-1))
    assert metrics.max_drawdown == Decimal("1.2")


def test_a_gain_within_hours_has_a_growth_that_a_number_can_hold() -> None:
    points = [
        EquityPoint(closes_at(0), INITIAL, Decimal(0), 1),
        EquityPoint(closes_at(0) + timedelta(hours=1), INITIAL * 10, Decimal(0), 1),
    ]
    assert measure(points, [], initial=INITIAL).cagr == 10**9


def test_nothing_is_minus_zero() -> None:
    metrics = measure(curve("100", "99.9999999"), [], initial=INITIAL)
    assert str(metrics.total_return) == "0.000000"
