"""Finds strategies by the entry-point group `jax.strategies` and reads their sources, running none."""

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points

from jax.adapters.strategy_catalog.imports import imported_modules
from jax.adapters.strategy_catalog.source_finder import find_source
from jax.domain import checks
from jax.domain.bundle import SourceFile, bundle_of
from jax.domain.errors import InvalidValue
from jax.ports.errors import NotFound
from jax.ports.strategy_catalog import StrategySource

GROUP = "jax.strategies"
# What a strategy of any package may use of Jax itself.
_SHARED_MODULE = "jax.domain.strategy"
_SHARED_PACKAGE = "jax.domain.indicators."


class InstalledStrategies:
    """A StrategyCatalog of the running interpreter's environment.

    A bundle holds the entry module and what it reaches of its own top-level package, and of Jax the module
    `jax.domain.strategy` and the indicators. A package's `__init__` is never part of it.
    """

    def names(self) -> Sequence[str]:
        """See StrategyCatalog."""
        return sorted(_registered())

    def source(self, name: str) -> StrategySource:
        """See StrategyCatalog; InvalidValue too when the entry names no module that has a source file."""
        registered = _registered()
        entry = registered.get(name)
        if entry is None:
            known = ", ".join(sorted(registered)) or "none"
            raise NotFound(f"No strategy {name!r} is installed; there are: {known}")
        module, _, attribute = entry.value.partition(":")
        if not (attribute.isidentifier() and all(part.isidentifier() for part in module.split("."))):
            raise InvalidValue(
                f"entry point {name!r}", f"{entry.value!r} is not of the form package.module:ATTRIBUTE"
            )
        return StrategySource(name, entry.value, bundle_of(_reached_from(module)))


def _registered() -> Mapping[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        checks.name(f"entry point {entry.name!r}", entry.name)
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise InvalidValue(
                f"entry point {entry.name!r}",
                f"is registered twice, as {other.value} and as {entry.value}: uninstall one of the two",
            )
    return found


def _reached_from(entry_module: str) -> list[SourceFile]:
    top = entry_module.partition(".")[0]
    files: dict[str, SourceFile] = {}
    waiting = [entry_module]
    while waiting:
        module = waiting.pop()
        if module in files:
            continue
        files[module] = find_source(module)
        for imported in imported_modules(module, files[module]):
            shared = imported == _SHARED_MODULE or imported.startswith(_SHARED_PACKAGE)
            if not (shared or imported.partition(".")[0] == top):
                raise InvalidValue(
                    files[module].path,
                    f"imports {imported}; a strategy may import math, typing, collections.abc, enum, "
                    f"__future__, modules of {top}, jax.domain.strategy and jax.domain.indicators",
                )
            waiting.append(imported)
    return list(files.values())
