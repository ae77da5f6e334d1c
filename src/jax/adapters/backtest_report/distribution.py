"""How often which return occurred."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# A curve's returns have fat tails: what lies further out is counted in the outermost bins.
_TAIL = 0.005
_MOST_BINS = 60
_STEPS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Distribution:
    """`counts[k]` returns r with (first + k) * width <= r < (first + k + 1) * width, all of one sign.

    The first bin also holds what lies below it when `open_below`, the last what lies above it when
    `open_above`. Width is 1, 2 or 5 times a power of ten. The `unchanged` returns of zero are in no bin.
    """

    width: float
    first: int
    counts: tuple[int, ...]
    open_below: bool
    open_above: bool
    unchanged: int


class Unit(NamedTuple):
    """What returns are counted in: so many `parts` make the whole."""

    sign: str
    words: str
    parts: int


PERCENT = Unit("%", "per cent", 100)
BASIS_POINTS = Unit(" bps", "basis points", 10_000)
# Twenty bins to one per cent.
_NARROW = 0.0004


def unit_of(found: Distribution) -> Unit:
    """The unit in which the edges of the bins have few digits."""
    return PERCENT if found.width > _NARROW else BASIS_POINTS


def distribution(returns: Sequence[float]) -> Distribution:
    """The distribution of finite returns; without bins when all are zero or there are none.

    Bins are about as wide as Freedman and Diaconis advise ("On the histogram as a density estimator", 1981),
    but at most 60 or so.
    """
    ordered = sorted(value for value in returns if value)
    unchanged = len(returns) - len(ordered)
    if not ordered:
        return Distribution(0.0, 0, (), open_below=False, open_above=False, unchanged=unchanged)
    low, high = _quantile(ordered, _TAIL), _quantile(ordered, 1 - _TAIL)
    spread = high - low or abs(high)
    scatter = _quantile(ordered, 0.75) - _quantile(ordered, 0.25)
    width = _round_up(max(2 * scatter / len(ordered) ** (1 / 3), spread / _MOST_BINS))
    first, last = math.floor(low / width), math.floor(high / width)
    counts = [0] * (last - first + 1)
    for value in ordered:
        counts[min(max(math.floor(value / width), first), last) - first] += 1
    return Distribution(
        width,
        first,
        tuple(counts),
        open_below=ordered[0] < first * width,
        open_above=ordered[-1] >= (last + 1) * width,
        unchanged=unchanged,
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The value of which `share` of the others are smaller, one of `ordered` itself."""
    return ordered[round(share * (len(ordered) - 1))]


def _round_up(width: float) -> float:
    """The next larger of 1, 2 or 5 times a power of ten."""
    exponent = math.floor(math.log10(width))
    return next(rounded for step in _STEPS if (rounded := float(f"{step}e{exponent}")) >= width * (1 - 1e-9))
