"""The metrics of many runs at once, from rows of their statistics: to each run the bits of figures_of."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from jax.modules.backtest.kernel.arrays import Floats
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.metrics_of_statistics import ROUNDING, figures_of, yearly_rate

# One number a run.
Named = Mapping[str, Floats]


def figures_of_rows(statistics: Floats, *, initial_cash: float, bars_a_year: int, years: float) -> Named:
    """What figures_of says of each RunStatistics in `statistics`, [runs, 15]: all but alpha and beta.

    [runs] by the metric's name; NaN where one is not defined. InvalidValue as of figures_of, of the first run
    that it refuses.
    """
    if len(statistics):
        row = RunStatistics(*statistics[first_wrong(statistics) or 0].tolist())
        figures_of(row, initial_cash=initial_cash, bars_a_year=bars_a_year, years=years)
    runs = _named(statistics)
    growth = runs["final_equity"] / initial_cash
    # The logarithm of numpy is not that of math to the last digit.
    cagr = np.array([yearly_rate(each, times=1.0 / years) for each in growth.tolist()])
    return {
        "total_return": growth - 1.0,
        "cagr": cagr,
        **_risk(runs, math.sqrt(bars_a_year)),
        "calmar": _ratio(cagr, runs["max_drawdown"]),
        "max_drawdown": runs["max_drawdown"],
        "max_drawdown_bars": runs["max_drawdown_bars"],
        **_outcomes(runs),
        "exposure": runs["exposed_bars"] / runs["bars"],
        "turnover": runs["traded_fraction"] / years,
    }


def first_wrong(statistics: Floats) -> int | None:
    """The number of the first row of [runs, 15] that figures_of refuses; None where there is none."""
    wrong = ~(np.isfinite(statistics).all(axis=1) & (_named(statistics)["bars"] >= 1.0))
    return int(np.argmax(wrong)) if wrong.any() else None


def _named(statistics: Floats) -> Named:
    return dict(zip(RunStatistics._fields, statistics.T, strict=True))


def _risk(runs: Named, scale: float) -> Named:
    bars, squares = runs["bars"], runs["return_square_sum"]
    mean = runs["return_sum"] / bars
    scatter = squares - mean * runs["return_sum"]
    spread = (bars >= 2.0) & (scatter > ROUNDING * squares)
    deviation = np.sqrt(_quotient(scatter, bars - 1.0, where=spread, otherwise=0.0))
    downside = np.sqrt(_quotient(runs["downside_square_sum"], bars, where=bars > 1.0, otherwise=0.0))
    return {
        "volatility": deviation * scale,
        "sharpe": _ratio(mean * scale, deviation),
        "sortino": _ratio(mean * scale, downside),
    }


def _outcomes(runs: Named) -> Named:
    won, lost = runs["wins"] > 0.0, runs["lost"] > 0.0
    losses = runs["trades"] - runs["wins"]
    return {
        "trades": runs["trades"],
        "win_rate": _ratio(runs["wins"], runs["trades"]),
        "profit_factor": _ratio(runs["won"], runs["lost"]),
        "average_win": _ratio(runs["won"], runs["wins"]),
        "average_loss": _quotient(runs["lost"], losses, where=lost, otherwise=math.nan),
        "largest_win": np.where(won, runs["largest_win"], math.nan),
        "largest_loss": np.where(lost, runs["largest_loss"], math.nan),
    }


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    return _quotient(numerator, denominator, where=denominator > 0.0, otherwise=math.nan)


def _quotient(
    numerator: Floats, denominator: Floats, *, where: NDArray[np.bool_], otherwise: float
) -> Floats:
    found: Floats = np.full(len(numerator), otherwise)
    np.divide(numerator, denominator, out=found, where=where)
    return found
