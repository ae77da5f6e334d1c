"""The heat map has a row a year and a column a month."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files

import pytest

from jax.adapters.backtest_report.figures import report_figures
from jax.adapters.backtest_report.months_table import SHADES, months_table, shade
from jax.domain.backtest_result import EquityPoint
from tests.unit.report.page import Page
from tests.unit.report.report_content import content, result

MINUS = "\N{MINUS SIGN}"


def table(*equities: tuple[str, int], benchmark: tuple[int, ...] = ()) -> Page:
    points = tuple(
        EquityPoint(datetime.fromisoformat(day).replace(hour=21, tzinfo=UTC), Decimal(equity), Decimal(0), 0)
        for day, equity in equities
    )
    ran = result(equity=points, benchmark=tuple(map(Decimal, benchmark)))
    figures = report_figures(replace(content(), result=ran))
    return Page(months_table(figures, benchmark="SPY").encode())


def test_each_month_stands_in_its_column_with_the_year_after_december() -> None:
    found = table(
        ("2020-11-30", 110_000), ("2020-12-31", 99_000), ("2021-01-29", 99_000), ("2021-02-01", 108_900)
    )
    assert found.cells == [
        *("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Year"),
        *("2020", *[""] * 10, "10.0", f"{MINUS}10.0", f"{MINUS}1.0"),
        *("2021", "0.0", "10.0", *[""] * 10, "10.0"),
    ]


def test_the_years_of_the_benchmark_are_the_last_column() -> None:
    found = table(("2020-12-31", 100_000), ("2021-01-29", 100_000), benchmark=(120_000, 90_000))
    assert found.cells[13:15] == ["Year", "SPY"]
    assert [found.cells[15 * row + 14] for row in (1, 2)] == ["20.0", f"{MINUS}25.0"]


def test_months_after_nothing_was_left_are_dashes_without_a_shade() -> None:
    found = table(("2020-01-31", 0), ("2020-02-28", 10))
    assert found.cells[15:17] == [f"{MINUS}100.0", "\N{EN DASH}"]
    assert [a.get("class") for name, a in found.elements if name == "td"][1:3] == ["l6", None]


@pytest.mark.parametrize(
    ("value", "largest", "css"),
    [
        ("0.12", "0.12", "g6"),
        ("-0.12", "0.12", "l6"),
        ("0.0001", "0.12", "g1"),
        ("-0.02", "0.12", "l1"),
        ("0.0201", "0.12", "g2"),
        ("0", "0.12", ""),
        ("0", "0", ""),
    ],
)
def test_a_cell_is_the_darker_the_nearer_it_is_to_the_largest_month(
    value: str, largest: str, css: str
) -> None:
    assert shade(Decimal(value), Decimal(largest)) == css


def test_the_style_has_every_shade() -> None:

    style = (files("jax.adapters.backtest_report") / "page.css").read_text(encoding="utf-8")
    for level in range(1, SHADES + 1):
        assert f".g{level} " in style
        assert f".l{level} " in style
    assert f".g{SHADES + 1}" not in style
