"""How much of a backtest's result is the luck of having looked often.

Everywhere here returns are simple returns from one bar end to the next, as plain fractions, and a Sharpe
ratio is their mean over their sample standard deviation, over a rate of zero, for one period: it is not
annualised. A figure that is not defined is None, never NaN.
"""

import math
from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import NormalDist, variance

from jax.domain.errors import InvalidValue

# The Euler-Mascheroni constant.
_GAMMA = 0.5772156649015329
_NORMAL = NormalDist()
# A sum of squares that is smaller than this share of what it was subtracted from is what rounding left.
_ROUNDING = 1e-12
BLOCKS = 16
FOLDS = 5

# Many columns of returns, one a variant: all of one length, row by row the same moments.
Columns = Sequence[Sequence[float]]
Table = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class ReturnMoments:
    """What the shape of a return series says: `observations` >= 2, `sharpe` for one period, `skewness`, and
    `kurtosis` (3 for a normal distribution, not the excess), the last two of the population.
    """

    observations: int
    sharpe: float
    skewness: float
    kurtosis: float


def moments_of(returns: Sequence[float]) -> ReturnMoments | None:
    """The moments of finite `returns`; None when there are fewer than two or they do not vary."""
    count = len(returns)
    if count < 2 or min(returns) == max(returns):
        return None
    mean = math.fsum(returns) / count
    second, third, fourth = (
        math.fsum(math.pow(value - mean, power) for value in returns) / count for power in (2.0, 3.0, 4.0)
    )
    if not (second > 0.0 and second * second > 0.0):
        return None
    return ReturnMoments(
        observations=count,
        sharpe=mean / math.sqrt(second * count / (count - 1)),
        skewness=third / (second * math.sqrt(second)),
        kurtosis=fourth / (second * second),
    )


def probabilistic_sharpe_ratio(moments: ReturnMoments, *, benchmark: float = 0.0) -> float | None:
    """The probability, in [0, 1], that the true Sharpe ratio is above `benchmark` (for one period).

    D. H. Bailey and M. Lopez de Prado, The Sharpe Ratio Efficient Frontier, Journal of Risk 15 (2012):
    PSR = Z((SR - SR*) sqrt(n - 1) / sqrt(1 - skewness SR + (kurtosis - 1)/4 SR^2)). None where the variance
    under the root is not above zero, which takes a distribution of two points.
    """
    sharpe = moments.sharpe
    variance = 1.0 - moments.skewness * sharpe + (moments.kurtosis - 1.0) / 4.0 * sharpe * sharpe
    if not (variance > 0.0):
        return None
    return _NORMAL.cdf((sharpe - benchmark) * math.sqrt((moments.observations - 1) / variance))


def expected_maximum_sharpe(*, trials: int, variance: float) -> float:
    """The Sharpe ratio to expect of the best of `trials` (>= 1) independent ones without any skill.

    D. H. Bailey and M. Lopez de Prado, The Deflated Sharpe Ratio, Journal of Portfolio Management 40 (2014):
    SR0 = sqrt(V) ((1 - g) Z^-1(1 - 1/N) + g Z^-1(1 - 1/(N e))), g the Euler-Mascheroni constant, V (>= 0)
    the `variance` of the trials' Sharpe ratios. Of one trial it is zero: there was nothing to choose.
    """
    if trials < 1 or not (variance >= 0.0):
        raise InvalidValue("trials", f"must be at least 1 of a variance >= 0, not {trials} of {variance}")
    if trials == 1:
        return 0.0
    best = _NORMAL.inv_cdf(1.0 - 1.0 / trials)
    beyond = _NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * ((1.0 - _GAMMA) * best + _GAMMA * beyond)


def deflated_sharpe_ratio(moments: ReturnMoments, *, trials: int, variance: float) -> float | None:
    """The probability, in [0, 1], that the true Sharpe ratio is above zero, for the best of `trials`.

    The probabilistic Sharpe ratio against what the best of `trials` without skill would show (same paper as
    expected_maximum_sharpe, whose terms these are).
    """
    luck = expected_maximum_sharpe(trials=trials, variance=variance)
    return probabilistic_sharpe_ratio(moments, benchmark=luck)


def probability_of_backtest_overfitting(columns: Columns, *, blocks: int = BLOCKS) -> float | None:
    """How often, in [0, 1], the variant that is best in one half of time is no better than the median in the
    other half, over all ways to make the halves of `blocks` (even, >= 2) blocks of rows.

    Combinatorially symmetric cross-validation after D. H. Bailey, J. Borwein, M. Lopez de Prado and
    Q. J. Zhu, The Probability of Backtest Overfitting, Journal of Computational Finance 20 (2017): the share
    of splits whose logit ln(w / (1 - w)) is at most zero, w the out-of-sample rank of the best over N + 1.
    Columns equal to the last bit count once; equal ratios share their mean rank; of several best the worst
    out of sample counts. None for fewer than two different columns, or fewer than two rows a block.
    """
    rows = _rows(columns)
    halves = halves_of(blocks)
    different = list(dict.fromkeys(tuple(column) for column in columns))
    if len(different) < 2 or rows < 2 * blocks:
        return None
    bounds = [rows * number // blocks for number in range(blocks + 1)]
    counts, totals, squares = zip(*(_block_sums(column, bounds) for column in different), strict=True)
    sums = (_by_block(counts), _by_block(totals), _by_block(squares))
    room = ([0.0] * len(different), [0.0] * len(different))
    return overfitted_halves(sums, halves, room) / len(halves)


def halves_of(blocks: int) -> tuple[tuple[int, ...], ...]:
    """All ways to choose half of `blocks` (even, >= 2) blocks, in lexicographic order: the complement of each
    is as far from the end as it is from the beginning."""
    if blocks < 2 or blocks % 2:
        raise InvalidValue("blocks", f"must be even and at least 2, not {blocks}")
    return tuple(combinations(range(blocks), blocks // 2))


def overfitted_halves(
    sums: tuple[Table, Table, Table],
    halves: Sequence[Sequence[int]],
    room: tuple[MutableSequence[float], MutableSequence[float]],
) -> int:
    """In how many of `halves` (see halves_of) the best is no better than the median in the other half.

    `sums` are counts, sums and sums of squares of returns, each [blocks][variants]; `room` is twice a place
    for each variant. Scalars and loops alone, so that research can compile it.
    """
    inside, outside = room
    found = 0
    for number in range(len(halves) // 2):
        _fill_ratios(sums, halves[number], inside)
        _fill_ratios(sums, halves[len(halves) - 1 - number], outside)
        found += _is_overfitted(inside, outside) + _is_overfitted(outside, inside)
    return found


def variance_of_trials(sharpes: Sequence[float], *, observations: int) -> float:
    """The variance of the trials' Sharpe ratios `sharpes`, each over `observations` (>= 2) returns.

    At least 1/(n - 1), that of independent trials without skill: variants of one strategy resemble one
    another and would make luck look small.
    """
    without_skill = 1.0 / (observations - 1)
    return max(without_skill, variance(sharpes)) if len(sharpes) > 1 else without_skill


def sharpe_of_sums(sums: tuple[float, float, float]) -> float:
    """The Sharpe ratio of returns from their count (>= 2), sum and sum of squares.

    Of what does not vary, the sign of its mean without bound, or 0.
    """
    count, total, squares = sums
    mean = total / count
    scatter = squares - mean * total
    if scatter > _ROUNDING * squares:
        return mean / math.sqrt(scatter / (count - 1.0))
    return math.copysign(math.inf, mean) if mean != 0.0 else 0.0


def walk_forward_returns(columns: Columns, *, folds: int = FOLDS) -> tuple[float, ...] | None:
    """The returns of always following what was best so far, from the second of `folds` + 1 equal parts on.

    Anchored walk-forward analysis after R. Pardo, The Evaluation and Optimization of Trading Strategies (2nd
    ed., 2008): each part is run by the column with the highest Sharpe ratio over all the rows before it, the
    first of several. None without columns, or with fewer than two rows a part.
    """
    if folds < 1:
        raise InvalidValue("folds", f"must be at least 1, not {folds}")
    rows = _rows(columns)
    if rows < 2 * (folds + 1):
        return None
    bounds = [rows * number // (folds + 1) for number in range(folds + 2)]
    return tuple(
        value
        for start, end in pairwise(bounds[1:])
        for value in max(columns, key=lambda column: _sharpe(column[:start]))[start:end]
    )


def _sharpe(column: Sequence[float]) -> float:
    (count,), (total,), (squares,) = _block_sums(column, [0, len(column)])
    return sharpe_of_sums((count, total, squares))


def _block_sums(column: Sequence[float], bounds: Sequence[int]) -> tuple[list[float], ...]:
    blocks = [column[start:end] for start, end in pairwise(bounds)]
    return (
        [float(len(block)) for block in blocks],
        [math.fsum(block) for block in blocks],
        [math.fsum(value * value for value in block) for block in blocks],
    )


def _by_block(by_variant: Sequence[Sequence[float]]) -> Table:
    return list(zip(*by_variant, strict=True))


def _fill_ratios(sums: tuple[Table, Table, Table], half: Sequence[int], out: MutableSequence[float]) -> None:
    counts, totals, squares = sums
    for variant in range(len(out)):
        count, total, square = 0.0, 0.0, 0.0
        for block in half:
            count += counts[block][variant]
            total += totals[block][variant]
            square += squares[block][variant]
        out[variant] = sharpe_of_sums((count, total, square))


def _is_overfitted(inside: Sequence[float], outside: Sequence[float]) -> int:
    highest, ranked = inside[0], outside[0]
    for variant in range(1, len(inside)):
        if inside[variant] > highest:
            highest, ranked = inside[variant], outside[variant]
        elif inside[variant] == highest and outside[variant] < ranked:
            ranked = outside[variant]
    below, level = 0, 0
    for ratio in outside:
        if ratio < ranked:
            below += 1
        elif ratio == ranked:
            level += 1
    return 1 if below + (level + 1) / 2.0 <= (len(outside) + 1) / 2.0 else 0


def _rows(columns: Columns) -> int:
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise InvalidValue("columns", f"must be of one length, not of {sorted(lengths)}")
    return lengths.pop() if lengths else 0
