"""Puts functions and values in the place of a loop's free names."""

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any


def bound(function: Callable[..., Any], names: Mapping[str, Any]) -> Callable[..., Any]:
    """`function` with its module's globals, some of which `names` replace.

    What it calls that has one of `names` free is bound alike.
    """
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is no plain function")
    inner = {
        name: bound(callee, names)
        for name, callee in function.__globals__.items()
        if name in function.__code__.co_names and name not in names and _has_free(callee, names)
    }
    found = FunctionType(
        function.__code__,
        {**function.__globals__, **inner, **names},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    found.__qualname__ = function.__qualname__
    found.__module__ = function.__module__
    return found


def _has_free(value: Any, names: Mapping[str, Any]) -> bool:
    if not isinstance(value, FunctionType):
        return False
    asked = names.keys() - value.__globals__.keys()
    return not asked.isdisjoint(value.__code__.co_names)
