"""The heat map: a row a year, a column a month."""

from collections.abc import Mapping
from decimal import Decimal
from math import ceil

from jax.adapters.backtest_report.figures import ReportFigures
from jax.adapters.backtest_report.markup import Markup, element, listing
from jax.adapters.backtest_report.periods import Return
from jax.adapters.backtest_report.wording import DASH, number

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# So many shades has the page's style for gains, and as many for losses.
SHADES = 6


def months_table(figures: ReportFigures, *, benchmark: str) -> Markup:
    """Returns of months and years in per cent, the benchmark's years last; shaded by the largest month."""
    largest = max((abs(value) for value in figures.months.values() if value is not None), default=Decimal(0))
    rows = []
    for year, whole in figures.years.items():
        months = [_cell(figures.months, (year, month), largest) for month in range(1, 13)]
        rows.append(
            [str(year), *months, _percents(whole), *map(_percents, _of(figures.benchmark_years, year))]
        )
    head = ["", *_MONTHS, "Year", *([benchmark] if figures.benchmark_years else [])]
    return element("div", listing(head, rows, css="months"), css="scroll")


def shade(value: Decimal, largest: Decimal) -> str:
    """The class of a cell: `g1` to `g6` for gains and `l1` to `l6` for losses up to `largest`, or none."""
    if not value:
        return ""
    level = ceil(SHADES * abs(value) / largest)
    return f"{'g' if value > 0 else 'l'}{level}"


def _cell(months: Mapping[tuple[int, int], Return], key: tuple[int, int], largest: Decimal) -> Markup:
    if key not in months:
        return element("td")
    value = months[key]
    return element("td", _percents(value), css="" if value is None else shade(value, largest))


def _percents(value: Return) -> str:
    return DASH if value is None else number(value * 100, 1)


def _of(years: Mapping[int, Return], year: int) -> list[Return]:
    return [years[year]] if years else []
