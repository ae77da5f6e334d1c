"""The numbers behind the charts are in the units that the page's script reads."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from jax.adapters.backtest_report.chart_data import chart_data
from jax.adapters.backtest_report.detail import DETAILS, Detail
from jax.adapters.backtest_report.figures import report_figures
from jax.domain.backtest_result import EquityPoint
from jax.ports.backtest_report import ReportContent
from tests.unit.report.report_content import content, curve, result, some_trades


def drawn(shown: ReportContent, detail: Detail = DETAILS[0]) -> dict[str, Any]:
    return chart_data(shown, report_figures(shown), detail)


def test_the_edges_of_the_bins_are_in_per_cent_and_one_more_than_the_bins() -> None:
    equities = [Decimal(value) for value in (101_000, 99_990, 100_990, 99_980, 104_979)]
    assert drawn(content(result=result(equity=curve(equities))))["returns"] == {
        "unit": "%",
        "edges": [-5.0, 0.0, 5.0, 10.0],
        "counts": (2, 2, 1),
        "open": [False, False],
    }


def test_narrow_bins_have_their_edges_in_basis_points() -> None:
    found = drawn(content(result=result(equity=curve([Decimal(100_001), Decimal(100_000)]))))["returns"]
    assert found == {"unit": " bps", "edges": [-0.5, 0.0, 0.5], "counts": (1, 1), "open": [False, False]}


def test_an_equity_that_never_changes_has_no_edges() -> None:
    found = drawn(content(result=result(equity=curve([Decimal(100_000)] * 3))))["returns"]
    assert found["edges"] == []


def test_years_are_in_hundredths_of_a_per_cent_and_undefined_ones_are_none() -> None:
    points = tuple(
        EquityPoint(datetime(year, 6, 1, 21, tzinfo=UTC), Decimal(equity), Decimal(0), 0)
        for year, equity in ((2019, 112_345), (2020, 0), (2021, 50))
    )
    ran = result(equity=points, benchmark=(Decimal(90_000), Decimal(99_000), Decimal(0)))
    assert drawn(content(result=ran))["years"] == {
        "year": [2019, 2020, 2021],
        "own": [1234, -10_000, None],
        "benchmark": [-1000, 1000, -10_000],
    }


def test_the_fills_are_those_of_the_last_trades_and_of_what_is_held() -> None:
    few = replace(DETAILS[0], trades=2)
    (chart,) = drawn(content(result=result(trades=some_trades(5))), few)["prices"]
    # Two trades of days 3 and 4 with their exits, and the open position of day 0.
    assert [row for row, _, _ in chart["fills"]] == [0, 3, 4, 4, 5]
