"""What a strategy finds when it looks outside itself: builtins, and stand-ins for the modules it may import.

The stand-ins hold the names of the vocabulary and nothing else. Those of `typing` and `collections.abc` are
inert: the real ones remember what they were subscripted with, and registering a class with one of the real
abstract classes would change it for the whole process.
"""

import builtins
import math
from collections.abc import Callable, Mapping
from enum import Enum, EnumType, IntEnum
from types import ModuleType
from typing import Any, NamedTuple, Self

from jax.modules.artifacts.strategy_vocabulary import BUILTIN_NAMES, MODULE_NAMES

# No module is called so: `from x import y` looks for a missing `y` in sys.modules["x.y"], the real one's.
_PREFIX = "bundle:"


class Annotation:
    """Stands for a type in annotations and as a base class, also subscripted and in unions; does nothing."""

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


class _MembersOnly(EnumType):
    """Calling an Enum finds a member; it does not make new classes out of text."""

    def __call__(cls, value: object) -> Any:  # type: ignore[override]
        return super().__call__(value)


class _ClosedEnum(Enum, metaclass=_MembersOnly):
    pass


class _ClosedIntEnum(IntEnum, metaclass=_MembersOnly):
    pass


# The real ones are kept here: an attribute of the stand-in would hand them to the strategy.
_PARENTS: Mapping[str, tuple[Any, ...]] = {
    "Enum": (_ClosedEnum,),
    "IntEnum": (_ClosedIntEnum,),
    "NamedTuple": (NamedTuple,),
    "Protocol": (),
}


def parents_of_class(name: str, parent: object) -> tuple[Any, ...]:
    """What the class `name` is made from when it names `parent`; TypeError when no class may."""
    parents = _PARENTS.get(repr(parent)) if isinstance(parent, Annotation) else None
    if parents is None:
        raise TypeError(f"class {name} must be a NamedTuple, Enum, IntEnum or Protocol")
    return parents


def module_named(name: str) -> ModuleType:
    """An empty module that no import system knows."""
    return ModuleType(_PREFIX + name)


def allowed_modules() -> dict[str, ModuleType]:
    """A new stand-in for each module of the vocabulary, and for `collections`, which holds `abc`."""
    modules = {name: module_named(name) for name in MODULE_NAMES}
    for module, names in MODULE_NAMES.items():
        for name in names:
            setattr(modules[module], name, getattr(math, name) if module == "math" else Annotation(name))
    modules["collections"] = module_named("collections")
    modules["collections"].abc = modules["collections.abc"]  # type: ignore[attr-defined]
    return modules


def allowed_builtins(
    import_module: Callable[..., ModuleType], build_class: Callable[..., type]
) -> dict[str, Any]:
    """The builtins of the vocabulary; imports and class statements go through the two functions."""
    named = {name: getattr(builtins, name) for name in BUILTIN_NAMES}
    return {**named, "__import__": import_module, "__build_class__": build_class}
