"""The contract type `unreachable`: no chain of imports leads from the sources to what is forbidden."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from typing import cast

from grimp import ImportGraph
from importlinter.domain import fields
from importlinter.domain.contract import Contract, ContractCheck

from tests.architecture.contracts.illegal_imports import render_illegal_imports
from tests.architecture.contracts.module_pattern import ModulePattern, ModulePatternField, any_covers


class UnreachableContract(Contract):
    """Follows every import from `sources`, and refuses to arrive at `forbidden` modules.

    `allowed` names exceptions from `forbidden`, so that `jax.modules.*` with a list of exceptions
    refuses a module that is added tomorrow. `packages`, when given, names the installed packages that
    may be reached; every other one is refused, the standard library never is.

    Unlike import-linter's `forbidden`, it follows what Python runs without being told to: importing
    `a.b.c` runs `a` and `a.b` too.
    """

    type_name = "unreachable"

    sources = fields.SetField(subfield=ModulePatternField())
    forbidden = fields.SetField(subfield=ModulePatternField())
    allowed = fields.SetField(subfield=ModulePatternField(), default=set())
    packages = fields.SetField(subfield=ModulePatternField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Return the check, with the shortest chain to each forbidden module that is reached.

        Raises:
            ValueError: no module of the graph is a source, so the contract would hold for nothing.
        """
        sources = cast("Iterable[ModulePattern]", self.sources)
        starts = [module for module in sorted(graph.modules) if any_covers(sources, module)]
        if not starts:
            raise ValueError(f"The contract '{self.name}' is about modules that do not exist.")
        found = [" -> ".join(chain) for chain in self._forbidden_chains(graph, starts)]
        return ContractCheck(kept=not found, metadata={"illegal": found})

    def _forbidden_chains(self, graph: ImportGraph, starts: list[str]) -> Iterator[list[str]]:
        importer_of = dict.fromkeys(starts, "")
        waiting = deque(starts)
        while waiting:
            module = waiting.popleft()
            if self._is_forbidden(module):
                yield _chain(module, importer_of)
                continue  # what lies behind a forbidden module is that module's affair
            for imported in sorted(_run_by_importing(graph, module)):
                if imported not in importer_of:
                    importer_of[imported] = module
                    waiting.append(imported)

    def _is_forbidden(self, module: str) -> bool:
        if any_covers(cast("Iterable[ModulePattern]", self.allowed), module):
            return False
        if any_covers(cast("Iterable[ModulePattern]", self.forbidden), module):
            return True
        root = module.partition(".")[0]
        if self.packages is None or root in self.session_options["root_packages"]:
            return False
        packages = cast("Iterable[ModulePattern]", self.packages)
        return root not in sys.stdlib_module_names and not any_covers(packages, module)

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print the chains."""
        render_illegal_imports(check.metadata["illegal"], "No chain of imports may lead there: cut one link.")


def _run_by_importing(graph: ImportGraph, module: str) -> set[str]:
    """Return the modules that Python runs because it runs `module`, as far as the source shows them."""
    imported = graph.find_modules_directly_imported_by(module)
    return imported | {parent for child in (module, *imported) for parent in _parents(child)}


def _parents(module: str) -> Iterator[str]:
    while module := module.rpartition(".")[0]:
        yield module


def _chain(module: str, importer_of: dict[str, str]) -> list[str]:
    chain = [module]
    while importer := importer_of[chain[0]]:
        chain.insert(0, importer)
    return chain
