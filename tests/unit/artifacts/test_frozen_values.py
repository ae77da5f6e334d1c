"""A value is frozen when it, and all that it holds, is of a kind that cannot change."""

from collections.abc import Callable
from enum import Enum
from types import FunctionType, GenericAlias, ModuleType
from typing import Any, NamedTuple

import pytest

from jax.modules.artifacts.frozen_values import FrozenValues
from tests.unit.artifacts.small_bundles import run_plainly


class Point(NamedTuple):
    x: Any


class Side(Enum):
    UP = 1


class Quiet(Enum):
    YES = 1

    def _private(self) -> None:
        pass


NAMESPACE = run_plainly("def plain(x=(1, 2)):\n    return x\ndef marked():\n    pass\nmarked.calls = 0\n")
MODULE = ModuleType("given")
FROZEN = FrozenValues(namespaces=[NAMESPACE], modules=[MODULE], classes={Point, Side, Quiet})


@pytest.mark.parametrize(
    "value",
    [
        *(1, 1.5, "text", None, ..., True, range(3), (1, ("a", (2.0,)))),
        *(Point(Point(1)), Point, Side.UP, Side, NAMESPACE["plain"], (NAMESPACE["plain"],), MODULE),
        *(len, min, int, ValueError, list[int], int | None),
    ],
)
def test_cannot_change(value: object) -> None:
    assert FROZEN.changeable(value) == ""


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ([], "list"),
        ((1, (2, [])), "list"),
        (Point(Point([])), "list"),
        (GenericAlias(tuple, ([1],)), "list"),
        ({}, "dict"),
        (set(), "set"),
        (b"", "bytes"),
        (iter(()), "tuple_iterator"),
        (object(), "object"),
        (ValueError(), "ValueError"),
        (print, "builtin_function_or_method"),
        ([].append, "builtin_function_or_method"),
        (object, "type"),
        (ModuleType("another"), "module"),
        (NAMESPACE["marked"], "function"),
        (run_plainly, "function"),
        ("".join, "builtin_function_or_method"),
        (Point(1)._asdict, "method"),
    ],
)
def test_can_change_and_says_what_it_is(value: object, kind: str) -> None:
    assert FROZEN.changeable(value) == kind


def test_a_private_function_of_an_enum_is_looked_at_like_any_other() -> None:
    assert FROZEN.changeable(Quiet) == "function"


def test_a_class_that_is_not_the_bundles_own_may_change() -> None:
    class Other(NamedTuple):
        x: int = 1

    assert FROZEN.changeable(Other) == "type"
    assert FROZEN.changeable(Other()) == "Other"


def test_a_function_that_closes_over_something_may_change() -> None:
    def closing(x: int) -> Callable[[], int]:
        return lambda: x

    cells = closing(1).__closure__
    own = FunctionType(closing(1).__code__, NAMESPACE, closure=cells)
    assert FROZEN.changeable(own) == "function"


def test_depth_is_no_way_around() -> None:
    deep: tuple[Any, ...] = ([],)
    for _ in range(100_000):
        deep = (deep,)
    assert FROZEN.changeable(deep) == "list"


def test_what_is_held_many_times_is_looked_at_once() -> None:
    shared: tuple[Any, ...] = (1,)
    for _ in range(200):
        shared = (shared, shared)
    assert FROZEN.changeable(shared) == ""
