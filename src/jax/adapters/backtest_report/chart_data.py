"""The numbers behind all charts of the page, as its script reads them."""

from collections.abc import Iterable
from typing import Any

from jax.adapters.backtest_report.curve import curve_data
from jax.adapters.backtest_report.detail import Detail
from jax.adapters.backtest_report.distribution import Distribution, unit_of
from jax.adapters.backtest_report.figures import ReportFigures
from jax.adapters.backtest_report.periods import Return
from jax.adapters.backtest_report.price_charts import charted, drawn_fills, price_data
from jax.domain.visible_text import visible
from jax.ports.backtest_report import ReportContent


def chart_data(content: ReportContent, figures: ReportFigures, detail: Detail) -> dict[str, Any]:
    """Everything drawn; returns are in hundredths of a per cent, None where there is none."""
    result = content.result
    trades = result.trades[-detail.trades :]
    series = charted(content.series, result.trades, most=detail.closes)
    return {
        "daily": figures.daily,
        "places": figures.places,
        "currency": visible(content.currency),
        "benchmark": visible(content.benchmark),
        "curve": curve_data(content, figures.sharpe, most=detail.points, places=figures.places),
        "years": {
            "year": list(figures.years),
            "own": _basis_points(figures.years.values()),
            "benchmark": _basis_points(figures.benchmark_years.values()),
        },
        "returns": _returns(figures.returns),
        "prices": price_data(series, drawn_fills(trades, result.open_positions), most=detail.closes),
    }


def _returns(found: Distribution) -> dict[str, Any]:
    """Edges of the bins in their unit, one more than there are bins."""
    unit = unit_of(found)
    bins = range(found.first, found.first + len(found.counts) + 1) if found.counts else range(0)
    return {
        "unit": unit.sign,
        "edges": [float(f"{found.width * unit.parts * edge:.6g}") for edge in bins],
        "counts": found.counts,
        "open": [found.open_below, found.open_above],
    }


def _basis_points(returns: Iterable[Return]) -> list[int | None]:
    return [None if value is None else round(value * 10_000) for value in returns]
