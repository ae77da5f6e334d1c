"""The metrics of a curve and its trades, worked out by hand or restated as plainly as can be.

Those that empyrical-reloaded has as well are compared with it in tests/golden/metrics.
"""

import dataclasses
import math
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.backtest_result import BacktestMetrics, EquityPoint
from jax.domain.errors import InvalidValue
from jax.modules.backtest.measure import Fills, drawdowns, figures_of_curve, measure
from jax.modules.backtest.metrics_of_statistics import METRICS
from tests.unit.backtest.equity_curves import (
    INITIAL,
    SESSION,
    closes_at,
    curve,
    differing,
    fills_of,
    trade,
    trades_of,
    walk,
)

NAN = math.nan


def metrics_of(*equities: str, fills: Fills = ()) -> BacktestMetrics:
    return measure(curve(*equities), [], fills, initial=INITIAL)


def test_the_total_return_is_from_the_first_cash_to_the_last_equity() -> None:
    assert metrics_of("100", "90", "112").total_return == Decimal("0.12")


def test_the_first_return_is_from_the_initial_cash_so_that_a_year_has_as_many_returns_as_bars() -> None:
    year = ["100"] * 251 + ["121"]
    assert metrics_of(*year).cagr == Decimal("0.21")
    assert metrics_of(*year[:125], "110").cagr == Decimal("0.21")  # half a year


def test_volatility_and_ratios_come_of_the_returns_by_the_bars_a_year() -> None:
    metrics = metrics_of("110", "99", "108.9")  # +10 %, -10 %, +10 %
    assert float(metrics.volatility) == pytest.approx(math.sqrt(0.04 / 3) * math.sqrt(252), abs=1e-6)
    assert float(metrics.sharpe or 0) == pytest.approx(
        0.1 / 3 / math.sqrt(0.04 / 3) * math.sqrt(252), abs=1e-6
    )
    assert float(metrics.sortino or 0) == pytest.approx(
        0.1 / 3 / math.sqrt(0.01 / 3) * math.sqrt(252), abs=1e-6
    )


def test_bars_within_the_day_annualise_by_their_number() -> None:
    points = [
        EquityPoint(closes_at(day) - timedelta(hours=before), Decimal(equity), Decimal(0), 1)
        for day, equities in enumerate((("101", "100"), ("102", "100")))
        for before, equity in ((1, equities[0]), (0, equities[1]))
    ]
    daily = measure(curve("101", "100", "102", "100"), [], [], initial=INITIAL)
    assert float(measure(points, [], [], initial=INITIAL).volatility) == pytest.approx(
        float(daily.volatility) * math.sqrt(2), abs=2e-6
    )


def test_the_drawdown_is_from_the_highest_equity_so_far() -> None:
    points = curve("100", "120", "90", "130", "110")
    assert measure(points, [], [], initial=INITIAL).max_drawdown == Decimal("0.25")
    assert drawdowns(points, initial=INITIAL) == pytest.approx([0.0, 0.0, 0.25, 0.0, 2 / 13])


def test_the_drawdown_counts_from_the_initial_cash_too() -> None:
    assert metrics_of("80", "90").max_drawdown == Decimal("0.2")


def test_calmar_is_the_yearly_growth_over_the_drawdown() -> None:
    metrics = metrics_of(*["100"] * 250, "75", "121")
    assert metrics.calmar == Decimal("0.84")  # 0.21 / 0.25


@pytest.mark.parametrize(
    ("equities", "bars"),
    [
        (("100", "100", "100"), 0),
        (("101", "102", "103"), 0),
        (("90", "101", "95", "96", "101"), 2),  # reached again is not below
        (("90", "95", "99"), 3),  # from the initial cash, to the end of the data
        (("110", "105", "120", "119", "118", "117", "121", "120"), 3),
    ],
)
def test_the_longest_drawdown_counts_the_bar_ends_in_a_row_below_the_highest_equity(
    equities: tuple[str, ...], bars: int
) -> None:
    assert metrics_of(*equities).max_drawdown_bars == bars


def test_trades_won_and_lost_are_counted_after_costs() -> None:
    trades = [trade(30), trade(-10), trade(10), trade(-6), trade(0)]
    metrics = measure(curve("100"), trades, [], initial=INITIAL)
    assert (metrics.trades, metrics.win_rate, metrics.profit_factor) == (5, Decimal("0.4"), Decimal("2.5"))
    assert (metrics.average_win, metrics.largest_win) == (Decimal(20), Decimal(30))
    # A trade that came out even did not win: it is one of three, which lost 16.
    assert (metrics.average_loss, metrics.largest_loss) == (Decimal("5.333333"), Decimal(10))


def test_trades_that_only_won_or_only_came_out_even_say_nothing_of_losses() -> None:
    for trades in ([trade(3)], [trade(0), trade(0)]):
        metrics = measure(curve("100"), trades, [], initial=INITIAL)
        assert (metrics.profit_factor, metrics.average_loss, metrics.largest_loss) == (None, None, None)


def test_trades_that_only_lost_say_nothing_of_gains() -> None:
    metrics = measure(curve("100"), [trade(-3)], [], initial=INITIAL)
    assert (metrics.average_win, metrics.largest_win) == (None, None)
    assert (metrics.profit_factor, metrics.win_rate) == (Decimal(0), Decimal(0))


def test_exposure_is_the_share_of_bar_ends_with_a_position() -> None:
    points = [*curve("100", "100", "100", held=False)[:2], *curve("100", "100", "100", "100")[2:]]
    assert measure(points, [], [], initial=INITIAL).exposure == Decimal("0.5")


def test_turnover_is_what_was_traded_a_year_over_the_equity_at_the_bar_end_before() -> None:
    half_a_year = ["200", "50"] + ["100"] * 124
    opens = [(closes_at(row) - SESSION, Decimal(value)) for row, value in ((0, 100), (1, 50), (2, 25))]
    assert metrics_of(*half_a_year, fills=opens).turnover == Decimal("3.5")  # 2 x (100/100 + 50/200 + 25/50)


def test_a_fill_in_a_bar_that_begins_as_another_ends_is_measured_by_that_end() -> None:
    year = ["200"] + ["100"] * 251
    assert metrics_of(*year, fills=[(closes_at(0), Decimal(50))]).turnover == Decimal("0.25")


def test_a_fill_after_everything_was_lost_is_no_share_of_anything() -> None:
    year = ["0", "-1"] + ["100"] * 250
    after = [(closes_at(row) - SESSION, Decimal(50)) for row in (1, 2)]
    assert metrics_of(*year, fills=after).turnover == 0


@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(0, 12))
def test_what_empyrical_lacks_is_what_a_plain_restatement_says(seed: int, rows: int, count: int) -> None:
    chance = Random(seed)
    points, trades, fills = walk(chance, rows), trades_of(chance, count), fills_of(chance, rows, count)
    found = figures_of_curve(points, trades, fills, initial=INITIAL)
    gains = [float(one.net_pnl) for one in trades if one.net_pnl > 0]
    losses = [-float(one.net_pnl) for one in trades if one.net_pnl <= 0]
    traded = 0.0
    for began, value in fills:
        before = [point.equity for point in points if point.end <= began]
        traded += float(value / (before[-1] if before else INITIAL))
    expected: dict[str, float | None] = {
        "trades": len(trades),
        "win_rate": len(gains) / len(trades) if trades else None,
        "profit_factor": sum(gains) / sum(losses) if sum(losses) else None,
        "average_win": sum(gains) / len(gains) if gains else None,
        "average_loss": sum(losses) / len(losses) if sum(losses) else None,
        "largest_win": max(gains) if gains else None,
        "largest_loss": max(losses) if sum(losses) else None,
        "exposure": len([point for point in points if point.open_positions]) / rows,
        "turnover": traded / (rows / 252),
        "max_drawdown_bars": _longest_time_below([INITIAL, *(point.equity for point in points)]),
    }
    assert not differing(found, expected)


def _longest_time_below(equities: list[Decimal]) -> int:
    longest = 0
    for start in range(len(equities)):
        for end in range(start + 1, len(equities)):
            if all(equity < equities[start] for equity in equities[start + 1 : end + 1]):
                longest = max(longest, end - start)
    return longest


def test_the_order_of_trades_and_fills_changes_no_bit() -> None:
    chance = Random(5)
    points, trades, fills = walk(chance, 40), list(trades_of(chance, 30)), fills_of(chance, 40, 30)
    found = figures_of_curve(points, trades, fills, initial=INITIAL)
    chance.shuffle(trades)
    chance.shuffle(fills)
    assert figures_of_curve(points, trades, fills, initial=INITIAL) == found


def test_alpha_and_beta_are_the_line_through_the_pairs_of_returns() -> None:
    market = [0.01, -0.02, 0.03, 0.005]
    equity, points = 100.0, []
    for its in market:
        equity *= 1.0 + 0.0002 + 1.5 * its
        points.append(f"{equity:.12f}")
    metrics = measure(curve(*points), [], [], initial=INITIAL, benchmark=market)
    assert metrics.beta == Decimal("1.5")
    assert float(metrics.alpha or 0) == pytest.approx(math.pow(1.0002, 252) - 1, abs=1e-6)


def test_a_bar_without_a_benchmark_return_is_left_out_of_alpha_and_beta() -> None:
    points = curve("101", "150", "148.5", "151.47")
    among = figures_of_curve(points, [], [], initial=INITIAL, benchmark=[0.01, NAN, -0.01, 0.02])
    assert among["beta"] == pytest.approx(1.0)
    assert among["alpha"] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    "benchmark", [[NAN, NAN, NAN], [0.01, NAN, NAN], [0.0, 0.0, 0.0], [0.1, 0.1, math.nextafter(0.1, 1)]]
)
def test_a_benchmark_that_does_not_vary_gives_neither_alpha_nor_beta(benchmark: list[float]) -> None:
    metrics = measure(curve("101", "99", "100"), [], [], initial=INITIAL, benchmark=benchmark)
    assert (metrics.alpha, metrics.beta) == (None, None)


def test_an_alpha_of_losing_more_than_everything_a_bar_is_losing_everything_a_year() -> None:
    metrics = measure(curve("10", "-30"), [], [], initial=INITIAL, benchmark=[-0.01, 0.01])
    assert metrics.alpha == Decimal(-1)


def test_what_is_not_defined_is_none_and_left_out() -> None:
    defined = metrics_of("100", "100", "100").defined()
    undefined = {
        *("sharpe", "sortino", "calmar", "win_rate", "profit_factor", "alpha", "beta"),
        *("average_win", "average_loss", "largest_win", "largest_loss"),
    }
    assert defined.keys() == METRICS.keys() - undefined
    assert set(defined.values()) == {0, Decimal(1)}  # exposure is 1: held, though nothing moved


def test_one_bar_has_neither_volatility_nor_ratios() -> None:
    metrics = metrics_of("99")
    assert (metrics.volatility, metrics.sharpe, metrics.sortino) == (Decimal(0), None, None)


def test_growth_without_any_doubt_has_no_volatility_but_rounding() -> None:
    steady = [f"{100 * math.pow(1.0001, row):.8f}" for row in range(1, 50)]
    metrics = metrics_of(*steady)
    assert (metrics.volatility, metrics.sharpe) == (Decimal(0), None)


def test_an_account_that_lost_everything_and_more_has_lost_all_a_year() -> None:
    metrics = metrics_of("100", "-20", "-20")
    assert (metrics.total_return, metrics.cagr) == (Decimal("-1.2"), Decimal(-1))
    assert metrics.max_drawdown == Decimal("1.2")


def test_where_nothing_is_left_a_return_is_zero() -> None:
    points = curve("100", "0", "-20", "-10", "50")
    exact = figures_of_curve(points, [], [], initial=INITIAL)["volatility"]
    mean = -1 / 5
    squares = (0 - mean) ** 2 * 4 + (-1 - mean) ** 2  # four bars without a return, one that lost all
    assert exact == pytest.approx(math.sqrt(squares / 4) * math.sqrt(252))


def test_an_account_of_cents_is_measured_like_any_other() -> None:
    cents = [EquityPoint(point.end, point.equity / 400, Decimal(0), 1) for point in curve("110", "90", "99")]
    fills, dear = [(closes_at(1), Decimal("0.3"))], [(closes_at(1), Decimal(120))]
    assert measure(cents, [trade(Decimal("0.2")), trade(Decimal("-0.1"))], fills, initial=INITIAL / 400) == (
        dataclasses.replace(
            measure(curve("110", "90", "99"), [trade(80), trade(-40)], dear, initial=INITIAL),
            average_win=Decimal("0.2"),
            average_loss=Decimal("0.1"),
            largest_win=Decimal("0.2"),
            largest_loss=Decimal("0.1"),
        )
    )


def test_a_gain_within_days_has_a_growth_that_a_number_can_hold() -> None:
    assert metrics_of("100", "1000").cagr == 10**9


def test_nothing_is_minus_zero() -> None:
    assert str(metrics_of("100", "99.9999999").total_return) == "0.000000"


def test_refuses_a_curve_without_points() -> None:
    with pytest.raises(InvalidValue, match="curve: has no point"):
        measure([], [], [], initial=INITIAL)


@pytest.mark.parametrize("initial", ["0", "-1", "NaN", "Infinity"])
def test_refuses_to_begin_with_nothing(initial: str) -> None:
    with pytest.raises(InvalidValue, match="initial: must be above zero"):
        measure(curve("100"), [], [], initial=Decimal(initial))


@pytest.mark.parametrize("equity", ["NaN", "Infinity"])
def test_refuses_an_equity_that_is_no_number_and_names_its_row(equity: str) -> None:
    with pytest.raises(InvalidValue, match=r"curve: point 2: .* is not finite"):
        measure(curve("100", equity), [], [], initial=INITIAL)


@pytest.mark.parametrize("rows", [(0, 0), (1, 0)])
def test_refuses_points_that_are_not_sorted_and_names_the_row(rows: tuple[int, ...]) -> None:
    points = [EquityPoint(closes_at(row), INITIAL, Decimal(0), 0) for row in rows]
    with pytest.raises(InvalidValue, match=r"curve: point 2: .* does not come after"):
        measure(points, [], [], initial=INITIAL)


@pytest.mark.parametrize("value", ["0", "-5", "NaN", "Infinity"])
def test_refuses_a_fill_without_a_value_and_names_it(value: str) -> None:
    fills = [(closes_at(0), Decimal(1)), (closes_at(0), Decimal(value))]
    with pytest.raises(InvalidValue, match="fills: fill 2 at 2024-01-01"):
        metrics_of("100", fills=fills)


@pytest.mark.parametrize("length", [1, 3])
def test_refuses_a_benchmark_of_another_length(length: int) -> None:
    with pytest.raises(InvalidValue, match=f"benchmark: must have .* each of 2 bars, not {length}"):
        measure(curve("100", "101"), [], [], initial=INITIAL, benchmark=[0.01] * length)


def test_refuses_a_benchmark_return_without_bound() -> None:
    with pytest.raises(InvalidValue, match="benchmark: has an infinite return"):
        measure(curve("100", "101"), [], [], initial=INITIAL, benchmark=[0.01, math.inf])
