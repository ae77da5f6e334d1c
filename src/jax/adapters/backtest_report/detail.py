"""How much of a run the page shows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detail:
    """At most so many bar ends of the curve, closes of all symbols together, trades, and rows of series."""

    points: int
    closes: int
    trades: int
    series: int


# The first is about what a screen can show; each of the others is half of the one before.
DETAILS = tuple(
    Detail(6000 >> halved, 32_000 >> halved, 1000 >> halved, 2000 >> halved) for halved in range(7)
)
