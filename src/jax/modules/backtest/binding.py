"""Puts functions and values in the place of a loop's free names."""

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any


def bound(function: Callable[..., Any], names: Mapping[str, Any]) -> Callable[..., Any]:
    """`function` with its module's globals, some of which `names` replace."""
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is no plain function")
    found = FunctionType(
        function.__code__,
        {**function.__globals__, **names},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    found.__qualname__ = function.__qualname__
    found.__module__ = function.__module__
    return found
