"""The strategies that are installed where research runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from jax.domain.bundle import Bundle


@dataclass(frozen=True, slots=True)
class StrategySource:
    """`entry` is `module:ATTRIBUTE`; `bundle` holds that module and every module of the same
    distribution that it reaches by imports.

    `repo` is the distribution that registers it, with its version. `commit` is the git commit (40 or 64
    hexadecimal digits) that holds the distribution's own modules with these very bytes, where they lie in a
    checkout of it, and `unversioned` otherwise.
    """

    name: str
    entry: str
    bundle: Bundle
    repo: str = "local"
    commit: str = "unversioned"


class StrategyCatalog(Protocol):
    """Finds strategies and reads their sources, without running them."""

    def names(self) -> Sequence[str]:
        """The registered names, sorted."""
        ...

    def source(self, name: str) -> StrategySource:
        """The strategy's sources as they are on disk; NotFound names the registered ones.

        InvalidValue when a source imports anything that a bundle may not: only `math`, `typing`,
        `collections.abc`, `enum`, `__future__` and files of the bundle itself.
        """
        ...
