"""What a bar that was built from ticks is worth."""

from dataclasses import dataclass
from enum import StrEnum

from jax.domain.bar import Bar


class BarMark(StrEnum):
    """WHOLE: every tick is in it. GAP: nothing was traded, the last close is repeated.

    STALE: ticks may be missing, so it must not be decided on; its prices are what was seen, or repeated.
    """

    WHOLE = "WHOLE"
    GAP = "GAP"
    STALE = "STALE"


@dataclass(frozen=True, slots=True)
class MarkedBar:
    """A bar and what it is worth: the mark is not part of the bar, which is stored without it."""

    bar: Bar
    mark: BarMark
