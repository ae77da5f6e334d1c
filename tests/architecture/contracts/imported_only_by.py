"""The contract type `imported_only_by`: some packages are named in some places only."""

from collections.abc import Iterable
from typing import cast

from grimp import ImportGraph
from importlinter.domain import fields
from importlinter.domain.contract import Contract, ContractCheck

from tests.architecture.contracts.illegal_imports import illegal_import, render_illegal_imports
from tests.architecture.contracts.module_pattern import ModulePattern, ModulePatternField, any_covers


class ImportedOnlyByContract(Contract):
    """Refuses direct imports of `packages` (ours or installed) from outside them and outside `importers`.

    import-linter's own `protected` contract does this for whole names; wiring files are known by the
    end of their name, and a package that nothing imports yet must not break the contract.
    """

    type_name = "imported_only_by"

    packages = fields.SetField(subfield=ModulePatternField())
    importers = fields.SetField(subfield=ModulePatternField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Return the check, with a line for each import from a place that is not listed."""
        packages = cast("Iterable[ModulePattern]", self.packages)
        allowed = [*packages, *cast("Iterable[ModulePattern]", self.importers)]
        found = [
            illegal_import(graph, importer=importer, imported=imported)
            for imported in sorted(graph.modules)
            if any_covers(packages, imported)
            for importer in sorted(graph.find_modules_that_directly_import(imported))
            if not any_covers(allowed, importer)
        ]
        return ContractCheck(kept=not found, metadata={"illegal": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print the imports and the places that may import the packages."""
        importers = sorted(pattern.text for pattern in cast("Iterable[ModulePattern]", self.importers))
        render_illegal_imports(
            check.metadata["illegal"], f"Only these may import it: {', '.join(importers)}."
        )
