"""The metrics' formulas, over what a run's statistics hold.

Definitions after C. R. Bacon, Practical Portfolio Performance Measurement and Attribution (2nd ed., 2008),
all over a riskless rate of zero; docs/metrics.md has each with its source.
"""

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType
from typing import Any

from jax.domain.backtest_result import BacktestMetrics
from jax.domain.errors import InvalidValue
from jax.modules.backtest.kernel.statistics import RunStatistics

# Every metric, and whether more of it is better.
METRICS: Mapping[str, bool] = MappingProxyType(
    {
        "total_return": True,
        "cagr": True,
        "volatility": False,
        "sharpe": True,
        "sortino": True,
        "calmar": True,
        "max_drawdown": False,
        "max_drawdown_bars": False,
        "trades": True,
        "win_rate": True,
        "profit_factor": True,
        "average_win": True,
        "average_loss": False,
        "largest_win": True,
        "largest_loss": False,
        "exposure": True,
        "turnover": False,
        "alpha": True,
        "beta": True,
    }
)
# Metrics before they are rounded, by the names in METRICS; None where one is not defined.
Figures = Mapping[str, float | None]

_COUNTS = ("max_drawdown_bars", "trades")
_PLACES = Decimal("0.000001")
# A metric beyond this says only that its denominator was nearly nothing.
_LARGEST = 1e9
# A sum of squares that is smaller than this share of what it was subtracted from is what rounding left.
ROUNDING = 1e-12


def metrics_of(
    statistics: RunStatistics, *, initial_cash: float, bars_a_year: int, years: float
) -> BacktestMetrics:
    """figures_of, rounded; the same arguments and errors."""
    figures = figures_of(statistics, initial_cash=initial_cash, bars_a_year=bars_a_year, years=years)
    return rounded(figures)


def figures_of(statistics: RunStatistics, *, initial_cash: float, bars_a_year: int, years: float) -> Figures:
    """The metrics of a run of `years` (above zero) that began with `initial_cash` (above zero).

    `bars_a_year` (>= 1) annualises. `alpha` and `beta`, which need a benchmark, are None. InvalidValue: an
    argument out of bounds, a statistic that is not finite, or statistics of no bar at all.
    """
    _check(statistics, {"initial_cash": initial_cash, "bars_a_year": bars_a_year, "years": years})
    growth = statistics.final_equity / initial_cash
    cagr = yearly_rate(growth, times=1.0 / years)
    return {
        "total_return": growth - 1.0,
        "cagr": cagr,
        **_risk(statistics, bars_a_year),
        "calmar": _ratio(cagr, statistics.max_drawdown),
        "max_drawdown": statistics.max_drawdown,
        "max_drawdown_bars": statistics.max_drawdown_bars,
        **_outcomes(statistics),
        "exposure": statistics.exposed_bars / statistics.bars,
        "turnover": statistics.traded_fraction / years,
        "alpha": None,
        "beta": None,
    }


def rounded(figures: Figures) -> BacktestMetrics:
    """`figures`, each of which is not NaN, to six decimal places; counts stay whole."""
    values: dict[str, Any] = {
        name: int(value) if name in _COUNTS else six_places(value)
        for name, value in figures.items()
        if value is not None
    }
    return BacktestMetrics(**{**dict.fromkeys(METRICS), **values})


def mean_and_deviation(*, count: float, total: float, squares: float) -> tuple[float, float]:
    """Mean and sample standard deviation of `count` (>= 1) numbers, from their sum and sum of squares.

    The deviation of a single number is 0, and so is one that is smaller than a millionth of the numbers
    themselves: the two sums cannot tell it from rounding.
    """
    mean = total / count
    scatter = squares - mean * total
    if count < 2 or not (scatter > ROUNDING * squares):
        return mean, 0.0
    return mean, math.sqrt(scatter / (count - 1.0))


def yearly_rate(growth: float, *, times: float) -> float:
    """growth ** times - 1: the rate of a year that holds `times` periods, each of which grows by `growth`.

    -1 where nothing is left (`growth` <= 0); 10**9 where more than that would come out.
    """
    if not (growth > 0.0):
        return -1.0
    exponent = math.log(growth) * times
    return _LARGEST if exponent > math.log(_LARGEST) else math.expm1(exponent)


def six_places(value: float) -> Decimal:
    """`value`, which is not NaN, to six decimal places; what lies beyond 10**9 is cut off there."""
    bounded = min(max(value, -_LARGEST), _LARGEST)
    return Decimal(repr(bounded)).quantize(_PLACES, ROUND_HALF_EVEN) + 0


def _risk(statistics: RunStatistics, bars_a_year: int) -> Figures:
    mean, deviation = mean_and_deviation(
        count=statistics.bars, total=statistics.return_sum, squares=statistics.return_square_sum
    )
    downside = math.sqrt(statistics.downside_square_sum / statistics.bars) if statistics.bars > 1 else 0.0
    scale = math.sqrt(bars_a_year)
    return {
        "volatility": deviation * scale,
        "sharpe": _ratio(mean * scale, deviation),
        "sortino": _ratio(mean * scale, downside),
    }


def _outcomes(statistics: RunStatistics) -> Figures:
    won, lost = statistics.wins > 0, statistics.lost > 0.0
    return {
        "trades": statistics.trades,
        "win_rate": _ratio(statistics.wins, statistics.trades),
        "profit_factor": _ratio(statistics.won, statistics.lost),
        "average_win": _ratio(statistics.won, statistics.wins),
        "average_loss": statistics.lost / (statistics.trades - statistics.wins) if lost else None,
        "largest_win": statistics.largest_win if won else None,
        "largest_loss": statistics.largest_loss if lost else None,
    }


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator > 0.0 else None


def _check(statistics: RunStatistics, arguments: Mapping[str, float]) -> None:
    for name, value in arguments.items():
        if not (0.0 < value < math.inf):
            raise InvalidValue(name, f"must be above zero, not {value}")
    for name, value in statistics._asdict().items():
        if not math.isfinite(value):
            raise InvalidValue(f"statistics.{name}", f"is {value}: the run's numbers went beyond a float")
    if not (statistics.bars >= 1):
        raise InvalidValue("statistics.bars", f"must be at least 1, not {statistics.bars}")
