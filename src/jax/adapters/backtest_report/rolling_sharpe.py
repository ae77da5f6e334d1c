"""The Sharpe ratio of the last so many returns, at every bar end."""

import math
from collections.abc import Sequence

# Returns become whole numbers of this many parts: sums over them are exact, whatever the window leaves out.
_PARTS = 10**12
_SHORTEST = 20
# As in the metrics: a smaller share of the squares is what rounding left.
_ROUNDING = 10**12


def sharpe_window(*, returns: int, a_year: int) -> int:
    """How many returns a value is of: a year's, or a quarter of all `returns`, but no fewer than 20."""
    return min(a_year, max(_SHORTEST, returns // 4))


def rolling_sharpe(returns: Sequence[float], *, window: int, a_year: int) -> list[float | None]:
    """Mean over sample standard deviation of the last `window` (>= 2) returns, times the root of `a_year`.

    Over a riskless rate of zero (Sharpe, "The Sharpe Ratio", Journal of Portfolio Management, 1994). None
    before there are so many returns and where they do not vary. Returns must be finite.
    """
    parts = [round(value * _PARTS) for value in returns]
    found: list[float | None] = []
    total = squares = 0
    for row, part in enumerate(parts):
        total += part
        squares += part * part
        if row >= window:
            gone = parts[row - window]
            total -= gone
            squares -= gone * gone
        found.append(_ratio(total, squares, window) if row >= window - 1 else None)
    scale = math.sqrt(a_year)
    return [None if ratio is None else ratio * scale for ratio in found]


def _ratio(total: int, squares: int, window: int) -> float | None:
    scatter = window * squares - total * total
    if scatter * _ROUNDING <= window * squares:
        return None
    # mean / deviation = (total / n) / sqrt(scatter / (n (n - 1)))
    return total / math.sqrt(scatter) * math.sqrt((window - 1) / window)
