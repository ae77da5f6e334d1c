"""What a strategy finds when it looks outside itself: builtins, and stand-ins for the modules it may import.

The stand-ins hold the names of the vocabulary and nothing else. Those of `typing` and `collections.abc` are
inert: the real ones remember what they were subscripted with, and registering a class with one of the real
abstract classes would change it for the whole process.
"""

import builtins
import math
from collections.abc import Callable
from enum import Enum, EnumType, IntEnum
from types import ModuleType
from typing import Any, NamedTuple, Self

from jax.modules.artifacts.strategy_vocabulary import BUILTIN_NAMES, MODULE_NAMES

# No module is called so: `from x import y` looks for a missing `y` in sys.modules["x.y"], the real one's.
_PREFIX = "bundle:"


class Annotation:
    """Stands for a type in annotations, also subscripted and in unions; does nothing."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __getitem__(self, arguments: object) -> Self:
        return self

    def __or__(self, other: object) -> Self:
        return self

    def __ror__(self, other: object) -> Self:
        return self

    def __call__(self, *arguments: object, **keywords: object) -> Self:
        """Callable, since fields of a NamedTuple must be; of use for `TypeVar("T")` alone."""
        if self._name != "TypeVar":
            raise TypeError(f"{self._name} is for annotations and base classes, a strategy cannot call it")
        return self


class ClassParent(Annotation):
    """Stands for a base class: a class statement that names it gets `parents`, which no strategy holds."""

    def __init__(self, name: str, *parents: Any) -> None:
        super().__init__(name)
        self.parents = parents


class _MembersOnly(EnumType):
    """Calling an Enum finds a member; it does not make new classes out of text."""

    def __call__(cls, value: object) -> Any:  # type: ignore[override]
        return super().__call__(value)


class _ClosedEnum(Enum, metaclass=_MembersOnly):
    pass


class _ClosedIntEnum(IntEnum, metaclass=_MembersOnly):
    pass


_CLASS_PARENTS = {
    "Enum": ClassParent("Enum", _ClosedEnum),
    "IntEnum": ClassParent("IntEnum", _ClosedIntEnum),
    "NamedTuple": ClassParent("NamedTuple", NamedTuple),
    "Protocol": ClassParent("Protocol"),
}


def module_named(name: str) -> ModuleType:
    """An empty module that no import system knows."""
    return ModuleType(_PREFIX + name)


def allowed_modules() -> dict[str, ModuleType]:
    """A new stand-in for each module of the vocabulary, and for `collections`, which holds `abc`."""
    modules = {name: module_named(name) for name in MODULE_NAMES}
    for module, names in MODULE_NAMES.items():
        for name in names:
            value = getattr(math, name) if module == "math" else _CLASS_PARENTS.get(name) or Annotation(name)
            setattr(modules[module], name, value)
    modules["collections"] = module_named("collections")
    modules["collections"].abc = modules["collections.abc"]  # type: ignore[attr-defined]
    return modules


def allowed_builtins(
    import_module: Callable[..., ModuleType], build_class: Callable[..., type]
) -> dict[str, Any]:
    """The builtins of the vocabulary; imports and class statements go through the two functions."""
    named = {name: getattr(builtins, name) for name in BUILTIN_NAMES}
    return {**named, "__import__": import_module, "__build_class__": build_class}
