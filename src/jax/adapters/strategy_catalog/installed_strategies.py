"""Finds strategies by the entry-point group `jax.strategies` and reads their sources, running none."""

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points

from jax.adapters.strategy_catalog.checkout import commit_of
from jax.adapters.strategy_catalog.imports import imported_modules
from jax.adapters.strategy_catalog.source_finder import FoundSource, find_source
from jax.domain import checks
from jax.domain.bundle import bundle_of
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
        found = _reached_from(module)
        return StrategySource(
            name=name,
            entry=entry.value,
            bundle=bundle_of([source.file for source in found.values()]),
            repo=_owner(entry),
            commit=_commit(found, top=module.partition(".")[0]),
        )


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


def _owner(entry: EntryPoint) -> str:
    """The distribution that registers the strategy, and its version."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else "unknown"


def _commit(found: Mapping[str, FoundSource], *, top: str) -> str:
    """The commit of the strategy's own modules; those it shares with Jax lie where Jax is installed."""
    own = (source for module, source in found.items() if module.partition(".")[0] == top)
    return commit_of({source.origin: source.file.source.encode() for source in own})


def _reached_from(entry_module: str) -> Mapping[str, FoundSource]:
    top = entry_module.partition(".")[0]
    found: dict[str, FoundSource] = {}
    waiting = [entry_module]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found[module] = find_source(module)
        file = found[module].file
        for imported in imported_modules(module, file):
            shared = imported == _SHARED_MODULE or imported.startswith(_SHARED_PACKAGE)
            if not (shared or imported.partition(".")[0] == top):
                raise InvalidValue(
                    file.path,
                    f"imports {imported}; a strategy may import math, typing, collections.abc, enum, "
                    f"__future__, modules of {top}, jax.domain.strategy and jax.domain.indicators",
                )
            waiting.append(imported)
    return found
