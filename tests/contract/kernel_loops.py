"""Loops and steps for the contract of kernel compilers."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

# Bound by the tests.
step: Callable[[float], float]


def each(values: NDArray[np.float64]) -> None:
    """Puts `step` of each value in its place."""
    for number in range(values.shape[0]):
        values[number] = step(values[number])  # noqa: F821


def doubled(value: float) -> float:
    return value * 2.0


def _third(value: float) -> float:
    return value / 3.0


def rooted(value: float) -> float:
    return _third(math.sqrt(value)) + math.log(value)


def over_zero(value: float) -> float:
    return value / (value - value)


def strange(value: float) -> float:
    return float(value.hex()[2:4] == "1.")
