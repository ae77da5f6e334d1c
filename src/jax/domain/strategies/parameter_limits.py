"""What the parameters of the shipped strategies may be, in sentences. NaN is never in range."""

from typing import Any

LONGEST = 100_000


def length_problem(name: str, value: Any) -> str:
    """Empty for a whole number of bars from 1 to 100,000."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST:
        return ""
    return f"needs {name} to be a whole number of bars from 1 to {LONGEST}, not {value!r}"


def number_problem(name: str, value: Any, lowest: float, highest: float) -> str:
    """Empty for a number from `lowest` to `highest`, both included."""
    if isinstance(value, int | float) and not isinstance(value, bool) and lowest <= value <= highest:
        return ""
    return f"needs {name} to be a number from {lowest} to {highest}, not {value!r}"


def multiple_problem(name: str, value: Any) -> str:
    """Empty for a multiple of the true range or of a deviation: from 0.01 to 100."""
    return number_problem(name, value, 0.01, 100.0)


def targets_problem(first: Any, second: Any, *, prefix: str = "") -> str:
    """Empty for two multiples of the true range, the second at least as far away as the first.

    The parameters are called first_target and second_target, after `prefix`.
    """
    nearer, farther = f"{prefix}first_target", f"{prefix}second_target"
    problem = multiple_problem(nearer, first) or multiple_problem(farther, second)
    if problem or first <= second:
        return problem
    return f"needs {nearer} <= {farther}, not {first!r}, {second!r}"


def first_problem(*problems: str) -> str:
    """The first that is not empty, if there is one."""
    for problem in problems:
        if problem:
            return problem
    return ""
