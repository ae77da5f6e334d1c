"""Turns a bundle's bytes into a strategy, in memory: the files on the path and their .pyc play no part."""

import builtins
import importlib
from collections.abc import Mapping, Sequence
from importlib.util import resolve_name
from types import ModuleType
from typing import Any

from jax.domain.bundle import Bundle
from jax.domain.strategy import Strategy

ALLOWED_MODULES = frozenset({"__future__", "collections.abc", "enum", "math", "typing"})
# A strategy computes; it has no business with files, other code, or the interpreter.
_DENIED_BUILTINS = frozenset(
    {"breakpoint", "compile", "eval", "exec", "exit", "input", "open", "print", "quit"}
)


class BundleRefused(ValueError):
    """The bundle does not hold a strategy that may run; the message says why."""


def load_strategy(bundle: Bundle, entry: str) -> Strategy:
    """The strategy `entry` (`module:ATTRIBUTE`) compiled from the bundle's bytes and nothing else.

    BundleRefused when a file does not compile or fails, imports something that is neither in the bundle nor
    in ALLOWED_MODULES, or the entry is not a strategy.
    """
    module_name, _, attribute = entry.partition(":")
    module = _BundleImporter(bundle).load(module_name)
    found = getattr(module, attribute, None)
    if getattr(type(found), "_fields", None) != Strategy._fields:
        raise BundleRefused(f"{entry} is not a Strategy")
    return Strategy(*found)  # type: ignore[misc]  # the bundle's own class, field for field the same


class _BundleImporter:
    """Resolves imports within one bundle; nothing of it enters sys.modules."""

    def __init__(self, bundle: Bundle) -> None:
        self._sources = {_module_name(file.path): file for file in bundle.files}
        self._loaded: dict[str, ModuleType] = {}
        allowed = {name: value for name, value in vars(builtins).items() if name not in _DENIED_BUILTINS}
        self._builtins = {**allowed, "__import__": self._import}

    def load(self, name: str) -> ModuleType:
        if name in self._loaded:
            return self._loaded[name]
        file = self._sources.get(name)
        if file is None:
            raise BundleRefused(f"{name} is not in the bundle")
        module = ModuleType(name)
        module.__dict__.update(__builtins__=self._builtins, __package__=name.rpartition(".")[0])
        self._loaded[name] = module
        try:
            code = compile(file.source, f"<bundle {file.path}>", "exec", dont_inherit=True)
            exec(code, module.__dict__)  # noqa: S102 - running approved bytes is what this module is for
        except BundleRefused:
            raise
        except (Exception, SystemExit) as error:
            raise BundleRefused(f"{file.path} cannot be run: {type(error).__name__}: {error}") from error
        return module

    def _import(
        self,
        name: str,
        module_globals: Mapping[str, Any] | None = None,
        module_locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = None,
        level: int = 0,
    ) -> ModuleType:
        del module_locals
        if level:
            name = resolve_name("." * level + name, (module_globals or {}).get("__package__"))
        if name in ALLOWED_MODULES:
            module = importlib.import_module(name)
            return module if fromlist else importlib.import_module(name.partition(".")[0])
        if not fromlist:
            raise BundleRefused(
                f"`import {name}` is not allowed in a strategy: write `from {name} import ...`"
            )
        return self.load(name)


def _module_name(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")
