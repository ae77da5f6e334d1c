"""Windows over a series of bars."""

import math
from collections.abc import Callable, Sequence


def over_windows(
    values: Sequence[float], length: int, function: Callable[[Sequence[float]], float]
) -> list[float]:
    """`function` of the last `length` values on each row, NaN before there are as many."""
    return [
        math.nan if row + 1 < length else function(values[row + 1 - length : row + 1])
        for row in range(len(values))
    ]
