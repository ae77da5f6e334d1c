"""Functions of strategies as research compiles them: from outside, with all that they call."""

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import numba


@cache
def compiled(function: Callable[..., Any]) -> Any:
    """`function` and every function that it names, in nopython mode."""
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is no plain function")
    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        if isinstance(names.get(name), FunctionType):
            names[name] = compiled(names[name])
    return numba.njit(FunctionType(function.__code__, names, function.__name__))
