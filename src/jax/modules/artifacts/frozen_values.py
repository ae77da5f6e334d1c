"""Finds what could remember something between two bars: only a strategy's state tuple may."""

import builtins
import math
from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from types import FunctionType, GenericAlias, ModuleType, UnionType
from typing import Any

from jax.modules.artifacts.strategy_namespace import Annotation
from jax.modules.artifacts.strategy_vocabulary import BUILTIN_NAMES, MODULE_NAMES

_SCALARS = frozenset({bool, float, int, str, range, type(None), type(...)})
# What NamedTuple puts into each class, and lets no class replace.
_OF_EVERY_TUPLE = frozenset({"_asdict", "_field_defaults", "_fields", "_make", "_replace"})
_LISTED = (
    type(None),
    *(getattr(builtins, name) for name in BUILTIN_NAMES),
    *(getattr(math, name) for name in MODULE_NAMES["math"]),
)
_LISTED_IDS = frozenset(id(value) for value in _LISTED)


class FrozenValues:
    """Tells whether a value can change, for the bundle whose own namespaces, modules and classes these are.

    The collections may still grow: they are looked at when a value is asked about.
    """

    def __init__(
        self,
        *,
        namespaces: Iterable[Mapping[str, Any]],
        modules: Iterable[ModuleType],
        classes: Collection[type],
    ) -> None:
        self._namespaces = namespaces
        self._modules = modules
        self._classes = classes

    def changeable(self, value: Any) -> str:
        """The type of what can change in `value` or in anything it holds; empty when nothing can."""
        waiting, seen = [value], set()
        while waiting:
            each = waiting.pop()
            if type(each) in _SCALARS or id(each) in seen:
                continue
            seen.add(id(each))
            inner = self._parts(each)
            if inner is None:
                return type(each).__name__
            waiting.extend(inner)
        return ""

    def _parts(self, value: Any) -> Iterable[Any] | None:
        """What `value` holds, if it cannot itself change."""
        kind = type(value)
        if kind is FunctionType:
            return self._function_parts(value)
        if isinstance(value, type):
            return self._class_parts(value)
        if kind is tuple:
            return value  # type: ignore[no-any-return]  # the check above says that it is one
        if kind in self._classes and issubclass(kind, tuple | Enum):
            return (kind, *(tuple.__iter__(value) if issubclass(kind, tuple) else ()))
        if kind is GenericAlias or kind is UnionType:
            return tuple(value.__args__)
        stands_in = isinstance(value, Annotation) or any(value is module for module in self._modules)
        return () if stands_in or id(value) in _LISTED_IDS else None

    def _function_parts(self, function: FunctionType) -> Iterable[Any] | None:
        own = any(function.__globals__ is namespace for namespace in self._namespaces)
        if not own or function.__closure__ or function.__dict__:
            return None
        return (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())

    def _class_parts(self, cls: type) -> Iterable[Any] | None:
        if id(cls) in _LISTED_IDS:
            return ()
        if cls not in self._classes:
            return None
        inner = {name: value for name, value in vars(cls).items() if not name.startswith("__")}
        if issubclass(cls, tuple):
            library = _OF_EVERY_TUPLE.union(inner["_fields"])
            return (*inner["_field_defaults"].values(), *(inner[name] for name in inner.keys() - library))
        if issubclass(cls, Enum):
            members = cls._member_map_
            own = (value for name, value in inner.items() if name not in members and not _is_library(name))
            return (*(member._value_ for member in members.values()), *own)
        return tuple(inner.values())


def _is_library(name: str) -> bool:
    # Enum's own `_x_`: the source check lets no class define such a name.
    return name.startswith("_") and name.endswith("_")
