"""Two kept runs side by side: their metrics, and the chance that their difference is nothing but chance."""

import math
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from numpy.random import default_rng

from jax.app.research.compare_runs import ComparedRun, MetricPair, compare_runs
from jax.app.research.comparison_document import comparison_document
from jax.domain.backtest_result import EquityPoint
from jax.domain.data_calendar import bars_a_year
from jax.modules.backtest.paired_bootstrap import PairedReturns, paired_bootstrap
from tests.kept_runs import FIRST_END, kept_run, points, result

DAY = timedelta(days=1)


def curve(growth: float, days: int = 60, *, swing: float = 0.01) -> list[str]:
    """An account that grows by so much a day, up and down on the way."""
    worth, told = 100_000.0, []
    for day in range(days):
        worth *= 1.0 + growth + swing * math.sin(day * (1.0 + growth))
        told.append(repr(worth))
    return told


def compared(equity: Sequence[EquityPoint], run_id: str = "bta", **metrics: str) -> ComparedRun:
    told = {name: Decimal(value) for name, value in metrics.items()}
    return ComparedRun(kept_run(result(equity=tuple(equity)), run_id, metrics=told), equity)


def returns(worth: Sequence[str]) -> list[float]:
    numbers = [float(Decimal(value) / 2 + Decimal(value) / 2) for value in worth]
    return [(later - earlier) / earlier for earlier, later in pairwise(numbers)]


def test_metrics_stand_side_by_side_in_their_order() -> None:
    found = compare_runs(
        compared(points(*curve(0.0)), total_return="0.1", sharpe="1.5"),
        compared(points(*curve(0.001)), "btb", total_return="0.2", beta="0.9"),
    )
    assert list(found.metrics.items()) == [
        ("total_return", MetricPair(Decimal("0.1"), Decimal("0.2"))),
        ("sharpe", MetricPair(Decimal("1.5"), None)),
        ("beta", MetricPair(None, Decimal("0.9"))),
    ]
    assert (found.a.run_id, found.b.run_id) == ("bta", "btb")


def test_the_significance_is_that_of_the_returns_between_common_bar_ends() -> None:
    a, b = curve(0.0), curve(0.001)
    later = points(*b, first_end=FIRST_END + 10 * DAY)
    found = compare_runs(compared(points(*a)), compared(later))
    assert found.common_bar_ends == 50
    ends = [point.end for point in points(*a)][10:]
    expected = paired_bootstrap(
        PairedReturns(a=returns(a[10:]), b=returns(b[:50]), bars_a_year=bars_a_year(ends)),
        generator=default_rng(0),
    )
    assert found.significance == expected
    assert found.problem is None


def test_bar_ends_that_only_one_run_has_are_passed_over() -> None:
    a, b = curve(0.0, 80), curve(0.001, 80)
    every_other = points(*b)[::2]
    found = compare_runs(compared(points(*a)), compared(every_other))
    assert found.common_bar_ends == 40
    again = compare_runs(compared(points(*a)[::2]), compared(every_other))
    assert found.significance == again.significance


def test_a_difference_that_is_none_is_chance_and_the_same_answer_comes_again() -> None:
    same = compare_runs(compared(points(*curve(0.001))), compared(points(*curve(0.001)), "btb"))
    assert same.significance is not None
    assert same.significance.mean_return.p_value == 1.0
    a, b = compared(points(*curve(0.0))), compared(points(*curve(0.02)), "btb")
    assert compare_runs(a, b) == compare_runs(a, b)
    difference = compare_runs(a, b).significance
    assert difference is not None
    assert difference.mean_return.p_value < 0.05
    assert difference.mean_return.value < 0


@pytest.mark.parametrize(
    ("shift", "common", "said"),
    [
        (60, 0, "0 bar ends are common to both runs: 0 say nothing about chance: at least 20 are needed"),
        (40, 20, "20 bar ends are common to both runs: 19 say nothing about chance: at least 20 are needed"),
    ],
)
def test_without_enough_in_common_there_is_no_significance_and_it_says_why(
    shift: int, common: int, said: str
) -> None:
    later = points(*curve(0.001), first_end=FIRST_END + shift * DAY)
    found = compare_runs(compared(points(*curve(0.0)), sharpe="1"), compared(later, sharpe="2"))
    assert (found.common_bar_ends, found.significance, found.problem) == (common, None, said)
    assert found.metrics["sharpe"] == MetricPair(Decimal(1), Decimal(2))


def test_an_account_that_was_lost_returns_nothing_more() -> None:
    worth = [*curve(0.0, 30), "0", *curve(0.0, 30), "-5", *curve(0.0, 30)]
    found = compare_runs(compared(points(*worth)), compared(points(*curve(0.0, 92)), "btb"))
    assert found.significance is not None
    assert math.isfinite(found.significance.mean_return.value)


def test_the_document_has_it_all() -> None:
    found = compare_runs(
        compared(points(*curve(0.0)), sharpe="1.5"), compared(points(*curve(0.001)), "btb", beta="0.9")
    )
    document = comparison_document(found)
    assert document["a"] == {
        "run_id": "bta",
        "strategy": "ma_crossover_v1",
        "symbols": ["AAPL", "BRK.B"],
        "first_end": FIRST_END.isoformat(),
        "last_end": (FIRST_END + 59 * DAY).isoformat(),
        "params": {"fast": 20, "first_target": Decimal("2.5")},
    }
    assert document["b"]["run_id"] == "btb"
    assert document["metrics"] == {
        "sharpe": {"a": Decimal("1.5"), "b": None},
        "beta": {"a": None, "b": Decimal("0.9")},
    }
    assert (document["common_bar_ends"], document["problem"]) == (60, None)
    significance = document["significance"]
    assert (significance["samples"], significance["block"]) == (2000, 4)
    assert found.significance is not None
    assert found.significance.sharpe is not None
    assert set(significance["sharpe"]) == {"value", "low", "high", "p_value"}
    assert float(significance["sharpe"]["low"]) == pytest.approx(found.significance.sharpe.low, rel=1e-5)
    assert len(significance["mean_return"]["high"].as_tuple().digits) <= 6


def test_runs_that_do_not_vary_have_no_difference_of_sharpe() -> None:
    flat = points(*["100000"] * 60)
    found = compare_runs(compared(flat), compared(points(*curve(0.0)), "btb"))
    assert comparison_document(found)["significance"]["sharpe"] is None
    nothing = compare_runs(compared(flat[:5]), compared(flat[:5], "btb"))
    assert comparison_document(nothing)["significance"] is None
