"""Fewer points than there are, and fewer characters for each."""

from collections.abc import Collection, Sequence
from datetime import datetime
from math import gcd
from typing import Any


def kept_rows(keys: Sequence[Sequence[float]], *, most: int, always: Collection[int] = ()) -> list[int]:
    """The rows (of `keys`, all of one length, at least one) that a drawing keeps.

    When there are more than `most` rows, the row with the largest value of each key in each stretch of
    rows stays, with the first and the last of all, and those in `always`.
    """
    length = len(keys[0])
    if length <= most:
        return list(range(length))
    stretches = max((most - 2) // len(keys), 1)
    stretch = -(-length // stretches)
    kept = {0, length - 1, *always}
    for start in range(0, length, stretch):
        rows = range(start, min(start + stretch, length))
        kept.update(max(rows, key=key.__getitem__) for key in keys)
    return sorted(kept)


def steps(values: Sequence[int]) -> list[int]:
    """The first value, then each value's difference from the one before."""
    return [value - before for before, value in zip((0, *values), values, strict=False)]


def whole(values: Sequence[float], places: int) -> list[int]:
    """The values as whole numbers of 10 ** -places."""
    return [round(value * 10**places) for value in values]


def times_of(moments: Sequence[datetime]) -> dict[str, Any]:
    """Moments, to the second and at least one, as a start and steps, both in a unit of seconds."""
    seconds = [int(moment.timestamp()) for moment in moments]
    unit = gcd(*seconds) or 1
    return {"unit": unit, "time": steps([second // unit for second in seconds])}
