"""The numbers that describe an equity curve and its trades; their formulas are metrics_of_statistics'."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import accumulate, groupby, pairwise

from jax.domain.backtest_result import BacktestMetrics, BacktestTrade, EquityPoint
from jax.domain.data_calendar import bars_a_year
from jax.domain.errors import InvalidValue
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.metrics_of_statistics import (
    Figures,
    figures_of,
    rounded,
    six_places,
    yearly_rate,
)

__all__ = [
    "PERIODS_A_YEAR",
    "Fills",
    "drawdowns",
    "figures_of_curve",
    "measure",
    "returns_of",
    "six_places",
    "statistics_of_curve",
]

# What the gate's walk-forward Sharpe ratio is annualised by, whatever the data's calendar.
PERIODS_A_YEAR = 252
# Returns are ratios less one: a variance below the square of their last bits is what rounding left.
_NO_VARIANCE = 1e-30

# The start of the bar in which a fill was made, and its value (above zero) in the account's currency.
Fills = Sequence[tuple[datetime, Decimal]]


def measure(
    curve: Sequence[EquityPoint],
    trades: Sequence[BacktestTrade],
    fills: Fills,
    *,
    initial: Decimal,
    benchmark: Sequence[float] | None = None,
) -> BacktestMetrics:
    """figures_of_curve, rounded to six decimal places; the same arguments and errors."""
    return rounded(figures_of_curve(curve, trades, fills, initial=initial, benchmark=benchmark))


def figures_of_curve(
    curve: Sequence[EquityPoint],
    trades: Sequence[BacktestTrade],
    fills: Fills,
    *,
    initial: Decimal,
    benchmark: Sequence[float] | None = None,
) -> Figures:
    """The metrics of a curve (>= 1 point, oldest first) that began with `initial` (above zero) in cash.

    Annualised by the bars a year of the curve's ends. `benchmark` holds a benchmark's simple returns over the
    same bars, one a point, NaN where it has none. InvalidValue names what is wrong: no point, points that are
    not sorted, an equity that is not finite, a fill without value, a benchmark of another length.
    """
    _check(curve, fills, initial)
    a_year = bars_a_year([point.end for point in curve])
    figures = figures_of(
        statistics_of_curve(curve, trades, fills, initial=initial),
        initial_cash=float(initial),
        bars_a_year=a_year,
        years=len(curve) / a_year,
    )
    if benchmark is None:
        return figures
    alpha, beta = alpha_and_beta(returns_of(curve, initial=initial), benchmark=benchmark, times=a_year)
    return {**figures, "alpha": alpha, "beta": beta}


def statistics_of_curve(
    curve: Sequence[EquityPoint], trades: Sequence[BacktestTrade], fills: Fills, *, initial: Decimal
) -> RunStatistics:
    """What a loop would gather online, by sums that are exact in any order; arguments as figures_of_curve."""
    returns = returns_of(curve, initial=initial)
    depths = drawdowns(curve, initial=initial)
    gains = [float(trade.net_pnl) for trade in trades if trade.net_pnl > 0]
    losses = [-float(trade.net_pnl) for trade in trades if trade.net_pnl < 0]
    return RunStatistics(
        final_equity=float(curve[-1].equity),
        bars=len(curve),
        return_sum=math.fsum(returns),
        return_square_sum=math.fsum(value * value for value in returns),
        downside_square_sum=math.fsum(value * value for value in returns if value < 0.0),
        max_drawdown=max(depths),
        max_drawdown_bars=_longest_run(depth > 0.0 for depth in depths),
        trades=len(trades),
        wins=len(gains),
        won=math.fsum(gains),
        lost=math.fsum(losses),
        largest_win=max(gains, default=0.0),
        largest_loss=max(losses, default=0.0),
        exposed_bars=sum(1 for point in curve if point.open_positions),
        traded_fraction=_traded_fraction(curve, fills, initial),
    )


def returns_of(curve: Sequence[EquityPoint], *, initial: Decimal) -> list[float]:
    """One simple return a point, the first from `initial`; 0 where the equity before is not above zero."""
    equities = _equities(curve, initial)
    return [(later - earlier) / earlier if earlier > 0.0 else 0.0 for earlier, later in pairwise(equities)]


def drawdowns(curve: Sequence[EquityPoint], *, initial: Decimal) -> list[float]:
    """How far below its highest value so far the equity is at each point, as a positive fraction."""
    equities = _equities(curve, initial)
    highest = accumulate(equities, max)
    return [(peak - equity) / peak for peak, equity in zip(highest, equities, strict=True)][1:]


def _equities(curve: Sequence[EquityPoint], initial: Decimal) -> list[float]:
    return [float(initial), *(float(point.equity) for point in curve)]


def _longest_run(flags: Iterable[bool]) -> int:
    return max((sum(1 for _ in run) for flag, run in groupby(flags) if flag), default=0)


def _traded_fraction(curve: Sequence[EquityPoint], fills: Fills, initial: Decimal) -> float:
    ends = [point.end for point in curve]
    equities = _equities(curve, initial)
    before = [equities[bisect_right(ends, began)] for began, _ in fills]
    return math.fsum(
        float(value) / equity for (_, value), equity in zip(fills, before, strict=True) if equity > 0.0
    )


def alpha_and_beta(
    returns: Sequence[float], *, benchmark: Sequence[float], times: int
) -> tuple[float | None, float | None]:
    """The line returns = alpha + beta x benchmark by least squares, alpha compounded to `times` bars.

    None for both where the benchmark does not vary, or has fewer than two returns. M. C. Jensen, The
    Performance of Mutual Funds in the Period 1945-1964, Journal of Finance 23 (1968), over a rate of zero.
    """
    if len(benchmark) != len(returns):
        raise InvalidValue(
            "benchmark", f"must have a return (or NaN) for each of {len(returns)} bars, not {len(benchmark)}"
        )
    pairs = [(own, its) for own, its in zip(returns, benchmark, strict=True) if not math.isnan(its)]
    if any(math.isinf(its) for _, its in pairs):
        raise InvalidValue("benchmark", "has an infinite return: look for a price of zero in its bars")
    if not pairs:
        return None, None
    count = len(pairs)
    mean = math.fsum(its for _, its in pairs) / count
    variance = math.fsum((its - mean) * (its - mean) for _, its in pairs) / count
    if not (variance > _NO_VARIANCE):
        return None, None
    beta = math.fsum((its - mean) * own for own, its in pairs) / count / variance
    alpha = math.fsum(own - beta * its for own, its in pairs) / count
    return yearly_rate(1.0 + alpha, times=times), beta


def _check(curve: Sequence[EquityPoint], fills: Fills, initial: Decimal) -> None:
    if not curve:
        raise InvalidValue("curve", "has no point: a run has at least one bar")
    if not (initial.is_finite() and initial > 0):
        raise InvalidValue("initial", f"must be above zero, not {initial}")
    for row, point in enumerate(curve, start=1):
        if not point.equity.is_finite():
            raise InvalidValue("curve", f"point {row}: an equity of {point.equity} is not finite")
    for row, (earlier, later) in enumerate(pairwise(curve), start=2):
        if not (earlier.end < later.end):
            raise InvalidValue(
                "curve", f"point {row}: {later.end.isoformat()} does not come after the point before; sort it"
            )
    for row, (began, value) in enumerate(fills, start=1):
        if not (value.is_finite() and value > 0):
            raise InvalidValue(
                "fills", f"fill {row} at {began.isoformat()}: a value of {value} is not above zero"
            )
