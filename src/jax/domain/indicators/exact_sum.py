"""Sums of floats that stay exact while values come and go.

A sum is a pair (high, low): `high` is the sum as plain floats make it, `low` what they rounded off, some 106
bits together. A window that slides over a million bars with plain floats carries the rounding of every one of
them; this one does not, and a spike that has left it leaves no trace. Error-free sum: D. E. Knuth, The Art of
Computer Programming 2, 4.2.2; error-free product: T. J. Dekker, Numerische Mathematik 18 (1971), which holds
below 1e150.
"""

_SPLITTER = 134217729.0  # 2 ** 27 + 1: halves the 53 bits of a float


def plus(high: float, low: float, value: float) -> tuple[float, float]:
    """The sum (high, low) with `value`; what is far smaller than the sum may be added to `low` directly."""
    total = high + value
    own = total - high
    return total, low + ((high - (total - own)) + (value - own))


def settled(high: float, low: float) -> tuple[float, float]:
    """The same sum, its first part the float nearest to it."""
    total = high + low
    return total, low - (total - high)


def product(left: float, right: float) -> tuple[float, float]:
    """The product, exactly: the nearest float and what it leaves out."""
    nearest = left * right
    split = _SPLITTER * left
    left_high = split - (split - left)
    left_low = left - left_high
    split = _SPLITTER * right
    right_high = split - (split - right)
    right_low = right - right_high
    rest = left_high * right_high - nearest
    return nearest, ((rest + left_high * right_low) + left_low * right_high) + left_low * right_low
