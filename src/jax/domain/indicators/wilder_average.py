"""Wilder's way to average: a plain mean of the first values, then each new one weighs one part in `length`.

J. Welles Wilder, New Concepts in Technical Trading Systems (1978).
"""


def wilder_average(average: float, value: float, length: int, seen: int) -> float:
    """The average with `value`, which is the `seen`-th (>= 1); a plain sum before there are `length`."""
    if seen < length:
        return average + value
    if seen == length:
        return (average + value) / length
    return (average * (length - 1) + value) / length
