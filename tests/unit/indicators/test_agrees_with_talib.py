"""Every indicator gives the numbers that TA-Lib gives, from the same bar on."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import talib

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.bollinger_bands import (
    bollinger_deviation,
    bollinger_lower,
    bollinger_middle,
    bollinger_upper,
)
from jax.domain.indicators.exponential_moving_average import ema_close
from jax.domain.indicators.moving_average_convergence import macd_histogram, macd_line, macd_signal
from jax.domain.indicators.regression_line import regression_slope, regression_value, trendline
from jax.domain.indicators.relative_strength_index import rsi
from jax.domain.indicators.simple_moving_average import sma_close, sma_volume
from jax.domain.indicators.triple_exponential_average import tema_close
from jax.domain.strategy import BarValues, Indicator
from tests.unit.indicators.bar_series import values_of
from tests.unit.market_bars import needs_shared_bars, sample_bars, shared_bars

Theirs = Callable[[Any], Any]


class Columns:
    """What TA-Lib reads: one array a field."""

    def __init__(self, bars: Sequence[BarValues]) -> None:
        table = np.array(bars)
        self.high, self.low, self.close, self.volume = (
            np.ascontiguousarray(table[:, n]) for n in (1, 2, 3, 4)
        )


def one_bar_later(values: Any) -> Any:
    return np.concatenate(([np.nan], values[:-1]))


# The bound is on the difference in parts of the largest value of the column; nothing is left to round off
# but the last digits of what TA-Lib adds up.
CASES: list[tuple[Indicator, Theirs, float]] = [
    *((sma_close(n), lambda c, n=n: talib.SMA(c.close, n), 1e-13) for n in (2, 20, 200)),
    *((sma_volume(n), lambda c, n=n: talib.SMA(c.volume, n), 1e-13) for n in (2, 20)),
    *((ema_close(n), lambda c, n=n: talib.EMA(c.close, n), 1e-15) for n in (2, 12, 26, 200)),
    *((tema_close(n), lambda c, n=n: talib.TEMA(c.close, n), 1e-14) for n in (2, 9, 50)),
    *((rsi(n), lambda c, n=n: talib.RSI(c.close, n), 1e-14) for n in (2, 3, 14, 100)),
    *((atr(n), lambda c, n=n: talib.ATR(c.high, c.low, c.close, n), 1e-14) for n in (2, 14, 50)),
    *(
        (macd_line(f, s), lambda c, f=f, s=s: talib.MACD(c.close, f, s, 1)[0], 1e-14)
        for f, s in ((12, 26), (2, 3), (5, 90))
    ),
    *(
        (macd_signal(f, s, n), lambda c, f=f, s=s, n=n: talib.MACD(c.close, f, s, n)[1], 1e-13)
        for f, s, n in ((12, 26, 9), (2, 3, 1), (5, 40, 30))
    ),
    *(
        (macd_histogram(f, s, n), lambda c, f=f, s=s, n=n: talib.MACD(c.close, f, s, n)[2], 1e-13)
        for f, s, n in ((12, 26, 9), (2, 3, 2), (5, 40, 30))
    ),
    *(
        (bollinger_upper(n, w), lambda c, n=n, w=w: talib.BBANDS(c.close, n, w, w)[0], 1e-12)
        for n, w in ((20, 2.0), (5, 1.5))
    ),
    *((bollinger_middle(n), lambda c, n=n: talib.BBANDS(c.close, n, 2.0, 2.0)[1], 1e-13) for n in (2, 20)),
    *(
        (bollinger_lower(n, w), lambda c, n=n, w=w: talib.BBANDS(c.close, n, w, w)[2], 1e-12)
        for n, w in ((20, 2.0), (5, 1.5))
    ),
    # TA-Lib takes the difference of two large squares.
    *((bollinger_deviation(n), lambda c, n=n: talib.STDDEV(c.close, n, 1.0), 1e-9) for n in (3, 20, 100)),
    # TA-Lib slides its sums in plain floats; test_regression_line.py compares with exact fractions.
    *((regression_value(n), lambda c, n=n: talib.LINEARREG(c.close, n), 1e-10) for n in (2, 14, 100)),
    *((regression_slope(n), lambda c, n=n: talib.LINEARREG_SLOPE(c.close, n), 1e-10) for n in (2, 14, 100)),
    *((trendline(n), lambda c, n=n: one_bar_later(talib.TSF(c.close, n)), 1e-10) for n in (2, 14, 100)),
]
IDS = [f"{indicator.name}{indicator.arguments}" for indicator, _, _ in CASES]


def random_bars() -> list[BarValues]:
    """A walk in cents with wide bars and gaps, never flat for long."""
    chance = random.Random(20260104)
    close, bars = 100.0, []
    for _ in range(3_000):
        open_ = close * (1.0 + chance.gauss(0.0, 0.01))
        close = round(max(open_ * (1.0 + chance.gauss(0.0, 0.02)), 1.0), 2)
        high = max(open_, close) * (1.0 + chance.random() * 0.02)
        low = min(open_, close) * (1.0 - chance.random() * 0.02)
        bars.append(BarValues(open_, high, low, close, float(chance.randrange(0, 10_000_000))))
    return bars


def agrees(bars: Sequence[BarValues], indicator: Indicator, theirs: Theirs, bound: float) -> None:
    mine, wanted = np.array(values_of(indicator, bars)), theirs(Columns(bars))
    assert np.array_equal(np.isnan(mine), np.isnan(wanted))
    assert np.nanmax(np.abs(mine - wanted)) <= bound * np.nanmax(np.abs(wanted))


@pytest.mark.parametrize(("indicator", "theirs", "bound"), CASES, ids=IDS)
def test_it_agrees_on_a_random_walk(indicator: Indicator, theirs: Theirs, bound: float) -> None:
    agrees(random_bars(), indicator, theirs, bound)


@pytest.mark.parametrize(("indicator", "theirs", "bound"), CASES, ids=IDS)
def test_it_agrees_on_real_bars(indicator: Indicator, theirs: Theirs, bound: float) -> None:
    agrees(sample_bars("IBM"), indicator, theirs, bound)


@needs_shared_bars
@pytest.mark.parametrize(("indicator", "theirs", "bound"), CASES, ids=IDS)
def test_it_agrees_on_longer_series_with_splits(indicator: Indicator, theirs: Theirs, bound: float) -> None:
    agrees(shared_bars("aapl"), indicator, theirs, bound)


@pytest.mark.parametrize(("indicator", "theirs", "bound"), CASES, ids=IDS)
def test_it_is_warm_on_the_bar_on_which_theirs_is(indicator: Indicator, theirs: Theirs, bound: float) -> None:
    """One bar fewer, and neither has a value."""
    bars = random_bars()
    warm = int(np.isnan(values_of(indicator, bars)).sum())
    assert np.isnan(theirs(Columns(bars[:warm]))).all()
    assert np.isnan(values_of(indicator, bars[: warm + 1])).tolist() == [True] * warm + [False]
