"""What the number of tried parameter sets makes of the best one: the honest half of a sweep.

The formulas are domain.overfitting's; its counting loop is compiled here where there is much to count.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from jax.domain.overfitting import (
    deflated_sharpe_ratio,
    halves_of,
    moments_of,
    overfitted_halves,
    sharpe_of_sums,
    variance_of_trials,
)
from jax.modules.backtest.kernel.arrays import Floats
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.metrics_of_statistics import six_places
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.modules.backtest.set_runner import SetStatistics
from jax.ports.kernel_compiler import Kernel, KernelCompiler

# From so many sums of halves on, compiling pays for itself.
_COMPILED_FROM = 2_000_000
_COUNTING = Kernel(overfitted_halves, {}, "overfitted halves")
_SUMS = [RunStatistics._fields.index(name) for name in ("bars", "return_sum", "return_square_sum")]


@dataclass(frozen=True, slots=True)
class SweepEvidence:
    """`trials` is how many parameter sets were tried, which is what a gate's evidence wants to know.

    `deflated_sharpe`: the probability that the chosen set's true Sharpe ratio is above zero, for the best of
    so many; `pbo`: the probability of backtest overfitting. Both in [0, 1], to six places, None where they
    are not defined.
    """

    trials: int
    deflated_sharpe: Decimal | None
    pbo: Decimal | None


def evidence_of_sweep(
    found: SetStatistics, *, chosen_returns: Floats, compiler: Callable[[], KernelCompiler]
) -> SweepEvidence:
    """The evidence of what all sets came to, in an even number of blocks.

    `chosen_returns` are the returns of the set that was chosen; `compiler` is asked for where there is much
    to count.
    """
    return SweepEvidence(
        trials=len(found.statistics),
        deflated_sharpe=_decimal(_deflated_sharpe(found.statistics, chosen_returns)),
        pbo=_decimal(probability_of_overfitting(found.blocks, compiler=compiler)),
    )


def probability_of_overfitting(blocks: Floats, *, compiler: Callable[[], KernelCompiler]) -> float | None:
    """domain.overfitting.probability_of_backtest_overfitting of variants with block sums [sets, blocks, 3].

    Variants with equal sums count once. None for fewer than two different ones, or fewer than two returns a
    block.
    """
    halves = np.array(halves_of(blocks.shape[1]), dtype=np.int64)
    different = np.unique(blocks, axis=0)
    if len(different) < 2 or not (different[:, :, 0].min() >= 2.0):
        return None
    counts, totals, squares = np.ascontiguousarray(different.transpose(2, 1, 0))
    if len(different) * len(halves) < _COMPILED_FROM:
        count = PlainKernels().compiled(_COUNTING)
        room = ([0.0] * len(different), [0.0] * len(different))
        found = count((counts.tolist(), totals.tolist(), squares.tolist()), halves.tolist(), room)
    else:
        count = compiler().compiled(_COUNTING)
        arrays = (np.empty(len(different)), np.empty(len(different)))
        found = count((counts, totals, squares), halves, arrays)
    return float(found / len(halves))


def _deflated_sharpe(statistics: Floats, chosen_returns: Floats) -> float | None:
    chosen = moments_of(chosen_returns.tolist())
    if chosen is None:
        return None
    # A set whose returns do not vary was tried, but has no ratio.
    sharpes = [
        sharpe
        for count, total, squares in statistics[:, _SUMS].tolist()
        if squares and math.isfinite(sharpe := sharpe_of_sums((count, total, squares)))
    ]
    spread = variance_of_trials(sharpes, observations=chosen.observations)
    return deflated_sharpe_ratio(chosen, trials=len(statistics), variance=spread)


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else six_places(value)
