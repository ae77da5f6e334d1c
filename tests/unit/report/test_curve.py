"""The curve as it is drawn, and what is told of a curve that is thinned."""

from decimal import Decimal
from itertools import accumulate

import pytest

from jax.adapters.backtest_report.curve import curve_data, drawdowns_of, returns_of
from tests.unit.report.report_content import content, curve, result, wave


def test_returns_are_from_bar_end_to_bar_end_and_the_first_from_the_initial_cash() -> None:
    assert returns_of([110.0, 99.0, 99.0], 100.0) == pytest.approx([0.1, -0.1, 0.0])


def test_where_nothing_was_left_the_return_is_zero() -> None:
    assert returns_of([0.0, 50.0, -50.0, 20.0], 100.0) == [-1.0, 0.0, -2.0, 0.0]


def test_a_drawdown_is_the_share_lost_of_the_highest_so_far() -> None:
    assert drawdowns_of([90.0, 110.0, 55.0, 110.0, -11.0], 100.0) == pytest.approx([0.1, 0.0, 0.5, 0.0, 1.1])


def test_each_point_has_its_equity_drawdown_ratio_and_benchmark() -> None:
    equities = [Decimal(value) for value in ("90000.004", "120000.006", "60000")]
    ran = result(equity=curve(equities), benchmark=tuple(map(Decimal, (100_001, 99_000, 5))))
    found = curve_data(content(result=ran), [None, 1.236, -0.5], most=10, places=2)
    assert list(accumulate(found["equity"])) == [9_000_000, 12_000_001, 6_000_000]
    assert list(accumulate(found["benchmark"])) == [10_000_100, 9_900_000, 500]
    assert found["drawdown"] == [1000, 0, 5000]
    assert found["sharpe"] == [None, 124, -50]
    assert found["ends"] == 3


def test_a_ratio_that_is_nowhere_defined_is_not_drawn() -> None:
    assert curve_data(content(), [None] * 40, most=100, places=2)["sharpe"] == []


def test_a_thinned_curve_keeps_its_highest_and_deepest_points_in_step() -> None:
    equities = wave(5000)
    equities[3333], equities[4444] = Decimal(140_000), Decimal(50_000)
    ran = result(equity=curve(equities), benchmark=tuple(equities))
    found = curve_data(content(result=ran), list(map(float, range(5000))), most=200, places=0)
    assert found["ends"] == 5000
    columns = [list(accumulate(found[name])) for name in ("time", "equity", "benchmark")]
    assert {len(column) for column in (*columns, found["drawdown"], found["sharpe"])} == {len(columns[0])}
    assert 100 < len(columns[0]) <= 200
    rows = [ratio // 100 for ratio in found["sharpe"]]
    assert {0, 3333, 4444, 4999} <= set(rows)
    assert columns[1] == columns[2] == [int(equities[row]) for row in rows]
    assert max(found["drawdown"]) == round(10_000 * (1 - 50 / 140))
