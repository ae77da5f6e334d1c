"""Functions that make a strategy's tuples of numbers: written out, since a compiler must see the fields."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jax.modules.backtest.kernel.fused_loop import MOST_INPUTS


def inputs_maker(inputs: Callable[..., Any], count: int) -> Callable[..., Any]:
    """A function of MOST_INPUTS floats that makes `inputs` of the first `count`."""
    names = tuple(f"a{number}" for number in range(MOST_INPUTS))
    return _function(names, f"made({', '.join(names[:count])})", made=inputs)


def row_maker(like: tuple[Any, ...], made: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """A function of one row of floats that makes what `like` is: its ints ints, by `made` or as a tuple."""
    fields = ", ".join(_field(number, value) for number, value in enumerate(like))
    return _function(("row",), f"({fields},)" if made is None else f"made({fields})", made=made)


def _field(number: int, value: Any) -> str:
    return f"int(row[{number}])" if isinstance(value, int) else f"row[{number}]"


# Asked for the same again by every part of a sweep.
@lru_cache(maxsize=256)
def _function(names: tuple[str, ...], text: str, *, made: Callable[..., Any] | None) -> Callable[..., Any]:
    # The text holds nothing but numbered names.
    found: Callable[..., Any] = eval(f"lambda {', '.join(names)}: {text}", {"made": made})  # noqa: S307
    return found
