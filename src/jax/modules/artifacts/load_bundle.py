"""Turns a bundle's bytes into a strategy, in memory: the files on the path and their .pyc play no part.

Three fences, each of which would do for most escapes: the source's syntax is checked before it runs; while it
runs it finds only the vocabulary; and what it leaves behind must not be able to change. What remains possible
is in docs/adr/0012-what-a-strategy-may-do.md.
"""

import ast
import builtins
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import resolve_name
from types import CodeType, ModuleType
from typing import Any

from jax.domain.bundle import Bundle, SourceFile
from jax.domain.strategy import Decision, Indicator, Strategy
from jax.modules.artifacts.bundle_refused import BundleRefused
from jax.modules.artifacts.frozen_values import FrozenValues
from jax.modules.artifacts.strategy_namespace import (
    allowed_builtins,
    allowed_modules,
    module_named,
    parents_of_class,
)
from jax.modules.artifacts.strategy_source_rules import check_source, check_text
from jax.modules.artifacts.strategy_vocabulary import ALLOWED_MODULES

__all__ = ["ALLOWED_MODULES", "BundleRefused", "load_strategy"]

_LONGEST_REASON = 200
_CONTRACT = "jax.domain.strategy"
_REMEDY = "use a tuple or a number; what must last from bar to bar belongs in the state tuple"


def load_strategy(bundle: Bundle, entry: str) -> Strategy:
    """The strategy `entry` (`module:ATTRIBUTE`) compiled from the bundle's bytes and nothing else.

    BundleRefused when a file says what no strategy may, does not compile or fails, imports something that is
    neither in the bundle nor in ALLOWED_MODULES, keeps or declares something that can change, was built with
    another version's contract, or the entry is not a strategy. Its `indicators` raises BundleRefused too,
    when it does so for other parameters only.
    """
    module_name, _, attribute = entry.partition(":")
    loading = _Loading(bundle)
    found = getattr(loading.load(module_name), attribute, None)
    if not isinstance(found, tuple) or getattr(type(found), "_fields", None) != Strategy._fields:
        raise BundleRefused(f"{entry} is not a Strategy")
    loading.check_frozen()
    loading.check_contract()
    strategy = Strategy(*found)
    strategy = strategy._replace(indicators=loading.frozen_result(strategy.indicators))
    with _refusing(loading.file(module_name)):
        strategy.indicators(strategy.params)
    return strategy


class _Loading:
    """The modules of one bundle while they are loaded; nothing of it enters sys.modules."""

    def __init__(self, bundle: Bundle) -> None:
        self._sources = {_module_name(file.path): file for file in bundle.files}
        self._bundled = frozenset(self._sources)
        self._allowed = allowed_modules()
        self._builtins = allowed_builtins(self._import, self._build_class)
        self._loaded: dict[str, ModuleType] = {}
        self._lines: dict[str, Mapping[str, int]] = {}
        self._namespaces: list[dict[str, Any]] = []
        self._classes: set[type] = set()
        self._frozen = FrozenValues(
            namespaces=self._namespaces, modules=self._allowed.values(), classes=self._classes
        )

    def load(self, name: str) -> ModuleType:
        if name in self._loaded:
            return self._loaded[name]
        file = self.file(name)
        code, self._lines[name] = _checked_code(file, self._bundled)
        module = module_named(name)
        module.__dict__.update(__builtins__=self._builtins, __package__=name.rpartition(".")[0])
        self._loaded[name] = module
        self._namespaces.append(module.__dict__)
        with _refusing(file):
            exec(code, module.__dict__)  # noqa: S102 - running approved bytes is what this module is for
        return module

    def file(self, name: str) -> SourceFile:
        if name not in self._sources:
            raise BundleRefused(f"{name} is not in the bundle")
        return self._sources[name]

    def check_frozen(self) -> None:
        for name, module in self._loaded.items():
            for own, value in vars(module).items():
                kind = "" if own.startswith("__") else self._frozen.changeable(value)
                if kind:
                    where = f"{self._sources[name].path} line {self._lines[name].get(own, 0)}"
                    raise BundleRefused(f"{where}: `{own}` holds a {kind}, which can change: {_REMEDY}")

    def check_contract(self) -> None:
        """A bundle carries the contract that it was built with, and this version runs by its own."""
        carried = vars(self._loaded[_CONTRACT]) if _CONTRACT in self._loaded else {}
        _check_fields("decision", carried.get("Decision", Decision), Decision)

    def frozen_result(self, declare: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def declared(params: Any) -> Any:
            found = declare(params)
            kind = self._frozen.changeable(found)
            if kind:
                raise BundleRefused(f"an indicator is declared with a {kind}, which can change: {_REMEDY}")
            for one in found:
                _check_fields("indicator", type(one), Indicator)
            return found

        return declared

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
            return self._allowed[name if fromlist else name.partition(".")[0]]
        return self.load(name)

    def _build_class(self, body: Callable[[], Any], name: str, parent: Any) -> type:
        made: type = builtins.__build_class__(body, name, *parents_of_class(name, parent))
        self._classes.add(made)
        return made


def _check_fields(kind: str, theirs: Any, ours: Any) -> None:
    fields = getattr(theirs, "_fields", ("none",))
    if fields != ours._fields:
        raise BundleRefused(
            f"its {kind} has the fields {', '.join(fields)}, and this version of Jax runs those with "
            f"{', '.join(ours._fields)}: build the artifact again with this version"
        )


# The trader verifies again and again: a text that was checked is known by the whole of it.
@lru_cache(maxsize=256)
def _checked_code(file: SourceFile, bundled: frozenset[str]) -> tuple[CodeType, Mapping[str, int]]:
    check_text(file.source, path=file.path)
    with _refusing(file):
        tree = ast.parse(file.source, _shown(file))
        lines = check_source(tree, path=file.path, bundled=bundled)
        # The tree that was checked is what is compiled, and the same under every optimization of Python's.
        return compile(tree, _shown(file), "exec", dont_inherit=True, optimize=0), lines


@contextmanager
def _refusing(file: SourceFile) -> Iterator[None]:
    try:
        yield
    except BundleRefused:
        raise
    except Exception as error:
        raise _failed(file, error) from error


def _failed(file: SourceFile, error: Exception) -> BundleRefused:
    reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
    return BundleRefused(f"{file.path} cannot be run: {reason}{_at_line(file, error)}")


def _at_line(file: SourceFile, error: Exception) -> str:
    line, step = 0, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == _shown(file):
            line = step.tb_lineno
        step = step.tb_next
    return f" (line {line})" if line else ""


def _shown(file: SourceFile) -> str:
    return f"<bundle {file.path}>"


def _module_name(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")
