"""Whether two runs over the same bars differ by more than chance would make them differ."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from jax.domain.errors import InvalidValue
from jax.modules.backtest.metrics_of_statistics import mean_and_deviation

SAMPLES = 2000
FEWEST_RETURNS = 20
_FEWEST_SAMPLES = 100
# One in so many resamples lies outside the interval: it holds 95 %.
_OUTSIDE = 20


@dataclass(frozen=True, slots=True)
class PairedReturns:
    """Simple returns of two runs, bar by bar the same bars, oldest first: at least 20, all finite.

    `bars_a_year` (>= 1) annualises their Sharpe ratios. InvalidValue names what is wrong.
    """

    a: Sequence[float]
    b: Sequence[float]
    bars_a_year: int

    def __post_init__(self) -> None:
        if len(self.a) != len(self.b):
            raise InvalidValue(
                "returns",
                f"{len(self.a)} of A do not pair with {len(self.b)} of B: compare runs over the same bars",
            )
        if not (len(self.a) >= FEWEST_RETURNS):
            raise InvalidValue(
                "returns", f"{len(self.a)} say nothing about chance: at least {FEWEST_RETURNS} are needed"
            )
        for name, returns in (("A", self.a), ("B", self.b)):
            for row, value in enumerate(returns, start=1):
                if not math.isfinite(value):
                    raise InvalidValue("returns", f"{name}, row {row}: {value} is not finite")
        if not (self.bars_a_year >= 1):
            raise InvalidValue("bars_a_year", f"must be at least 1, not {self.bars_a_year}")


@dataclass(frozen=True, slots=True)
class Difference:
    """A's figure less B's, its 95 % interval from `low` to `high`, and the two-sided p-value, in (0, 1].

    The p-value is the chance of a difference at least this large if there were none. The interval holds zero
    exactly when the p-value is above 0.05.
    """

    value: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, slots=True)
class BootstrapComparison:
    """`sharpe` compares annualised Sharpe ratios, None where a run's returns do not vary; `mean_return` the
    mean returns of a bar. `samples` resamples were drawn, of blocks of `block` returns on average.
    """

    sharpe: Difference | None
    mean_return: Difference
    samples: int
    block: int


def paired_bootstrap(
    returns: PairedReturns, *, generator: Generator, samples: int = SAMPLES, block: int | None = None
) -> BootstrapComparison:
    """How A differs from B; a generator in the same state gives the same answer.

    The stationary bootstrap of D. N. Politis and J. P. Romano, The Stationary Bootstrap, Journal of the
    American Statistical Association 89 (1994): both series are resampled together, in blocks of geometrically
    distributed length around the end of the data, so that what links the two and what links one bar to the
    next stays. `block` is the mean length, in [1, rows]; by default the cube root of the rows, rounded up.
    `samples` >= 100. The resampled differences less the observed one are what there would be without a
    difference (as in O. Ledoit and M. Wolf, Robust Performance Hypothesis Testing with the Sharpe Ratio,
    Journal of Empirical Finance 15 (2008), here without studentising); the interval is the symmetric one of
    P. Hall, On Symmetric Bootstrap Confidence Intervals, Journal of the Royal Statistical Society B 50
    (1988).
    """
    rows = len(returns.a)
    length = next(size for size in count(1) if size * size * size >= rows) if block is None else block
    if not (1 <= length <= rows):
        raise InvalidValue("block", f"must be in [1, {rows}], the number of returns, not {length}")
    if not (samples >= _FEWEST_SAMPLES):
        raise InvalidValue("samples", f"must be at least {_FEWEST_SAMPLES}, not {samples}")
    a, b = np.asarray(returns.a, dtype=np.float64), np.asarray(returns.b, dtype=np.float64)
    columns = np.stack((a, a * a, b, b * b))
    drawn = [_sums(columns, stationary_rows(generator, rows=rows, length=length)) for _ in range(samples)]
    observed = _Run(_sums(columns, np.arange(rows)), rows)
    resampled = [_Run(sums, rows) for sums in drawn]
    scale = math.sqrt(returns.bars_a_year)
    sharpe = None
    if observed.varies:
        sharpe = _difference(
            observed.sharpe_difference * scale, [one.sharpe_difference * scale for one in resampled]
        )
    mean = _difference(observed.mean_difference, [one.mean_difference for one in resampled])
    return BootstrapComparison(sharpe, mean, samples, length)


def stationary_rows(generator: Generator, *, rows: int, length: int) -> NDArray[np.int64]:
    """`rows` row numbers in [0, rows): each begins a block anywhere with a chance of 1 / `length`, or else is
    the one after the row before it; after the last comes the first.
    """
    begins = generator.random(rows) < 1.0 / length
    starts = generator.integers(rows, size=rows)
    positions = np.arange(rows)
    last = np.maximum.accumulate(np.where(begins, positions, 0))
    return (starts[last] + positions - last) % rows


class _Run:
    """What one set of rows says, from the sums of A, of A squared, of B and of B squared."""

    def __init__(self, sums: Sequence[float], rows: int) -> None:
        mean_a, deviation_a = mean_and_deviation(count=rows, total=sums[0], squares=sums[1])
        mean_b, deviation_b = mean_and_deviation(count=rows, total=sums[2], squares=sums[3])
        self.varies = deviation_a > 0.0 and deviation_b > 0.0
        self.mean_difference = mean_a - mean_b
        self.sharpe_difference = _ratio(mean_a, deviation_a) - _ratio(mean_b, deviation_b)


def _ratio(mean: float, deviation: float) -> float:
    # A resample that drew one return over and over, mostly the nothing of a run that was rarely invested.
    return mean / deviation if deviation > 0.0 else 0.0


def _sums(columns: NDArray[np.float64], rows: NDArray[np.int64]) -> list[float]:
    return [float(value) for value in np.take(columns, rows, axis=1).sum(axis=1)]


def _difference(value: float, resampled: Sequence[float]) -> Difference:
    deviations = sorted(abs(one - value) for one in resampled)
    as_large = len(deviations) - bisect_left(deviations, abs(value))
    reach = deviations[-((len(deviations) + 1) // _OUTSIDE)]
    return Difference(value, value - reach, value + reach, (1 + as_large) / (1 + len(deviations)))
