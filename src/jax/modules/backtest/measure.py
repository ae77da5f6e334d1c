"""The numbers that describe an equity curve and its trades.

Definitions after C. R. Bacon, Practical Portfolio Performance Measurement and Attribution (2nd ed., 2008):
volatility is the sample standard deviation of the simple returns from bar end to bar end times the square
root of 252, the Sharpe ratio is their mean over their standard deviation, annualised alike, over a rate of
zero.
"""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

from jax.domain.backtest_result import BacktestMetrics, BacktestTrade, EquityPoint

PERIODS_A_YEAR = 252
_SECONDS_A_YEAR = 365.25 * 86_400
_PLACES = Decimal("0.000001")
# A metric beyond this says only that its denominator was nearly nothing.
_LARGEST = 1e9


def measure(
    curve: Sequence[EquityPoint], trades: Sequence[BacktestTrade], *, initial: Decimal
) -> BacktestMetrics:
    """Metrics of a curve of at least one point that started with `initial` (above zero) in cash."""
    equities = [float(point.equity) for point in curve]
    growth = equities[-1] / float(initial)
    returns = [later / earlier - 1.0 for earlier, later in pairwise(equities) if earlier > 0.0]
    mean, deviation = _mean_and_deviation(returns)
    years = (curve[-1].end - curve[0].end).total_seconds() / _SECONDS_A_YEAR
    wins = sum((trade.net_pnl for trade in trades if trade.net_pnl > 0), Decimal(0))
    losses = sum((-trade.net_pnl for trade in trades if trade.net_pnl < 0), Decimal(0))
    won = sum(1 for trade in trades if trade.net_pnl > 0)
    exposed = sum(1 for point in curve if point.open_positions)
    return BacktestMetrics(
        total_return=six_places(growth - 1.0),
        cagr=six_places(_yearly(growth, years)),
        volatility=six_places(deviation * math.sqrt(PERIODS_A_YEAR)),
        sharpe=six_places(mean / deviation * math.sqrt(PERIODS_A_YEAR)) if deviation > 0.0 else None,
        max_drawdown=six_places(max(drawdowns(curve, initial=initial))),
        trades=len(trades),
        win_rate=six_places(won / len(trades)) if trades else None,
        profit_factor=six_places(float(wins / losses)) if losses > 0 else None,
        exposure=six_places(exposed / len(curve)),
    )


def drawdowns(curve: Sequence[EquityPoint], *, initial: Decimal) -> list[float]:
    """How far below its highest value so far the equity is at each point, as a positive fraction."""
    highest = float(initial)
    depths = []
    for point in curve:
        equity = float(point.equity)
        highest = max(highest, equity)
        depths.append((highest - equity) / highest)
    return depths


def _mean_and_deviation(returns: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation, 0 where there are too few; fsum is exact in any order."""
    if len(returns) < 2:
        return 0.0, 0.0
    mean = math.fsum(returns) / len(returns)
    squares = math.fsum((value - mean) * (value - mean) for value in returns)
    return mean, math.sqrt(squares / (len(returns) - 1))


def _yearly(growth: float, years: float) -> float:
    if growth <= 0.0:
        return -1.0
    if years <= 0.0:
        return 0.0
    rate = math.log(growth) / years
    # A gain within a few hours has no yearly rate that a float could hold.
    return _LARGEST if rate > math.log(_LARGEST) else math.exp(rate) - 1.0


def six_places(value: float) -> Decimal:
    """`value`, which is not NaN, to six decimal places; what lies beyond 10**9 is cut off there."""
    bounded = min(max(value, -_LARGEST), _LARGEST)
    return Decimal(repr(bounded)).quantize(_PLACES, ROUND_HALF_EVEN) + 0
