"""The contract type `standard_library_only`: the sources import no installed package."""

import sys
from collections.abc import Iterable
from typing import cast

from grimp import ImportGraph
from importlinter.application import contract_utils
from importlinter.domain import fields
from importlinter.domain.contract import Contract, ContractCheck
from importlinter.domain.imports import ImportExpression

from tests.architecture.contracts.illegal_imports import illegal_import, render_illegal_imports
from tests.architecture.contracts.module_pattern import ModulePattern, ModulePatternField, any_covers


class StandardLibraryOnlyContract(Contract):
    """Refuses every direct import of a package that is neither ours nor the standard library's.

    It names what is allowed, not what is forbidden: a package that is installed tomorrow is refused
    without an edit. An exception is one import (`jax.domain.canonical_json -> rfc8785`), and one that
    matches no import is an error, so that the list of exceptions shrinks by itself.
    """

    type_name = "standard_library_only"

    sources = fields.SetField(subfield=ModulePatternField())
    exceptions = fields.SetField(subfield=fields.ImportExpressionField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Return the check, with a line for each import that leaves the standard library."""
        removal = contract_utils.remove_ignored_imports_and_report(
            graph,
            sorted(cast("Iterable[ImportExpression]", self.exceptions or ()), key=str),
            contract_utils.AlertLevel.ERROR,
        )
        sources = cast("Iterable[ModulePattern]", self.sources)
        found = [
            illegal_import(graph, importer=importer, imported=imported)
            for importer in sorted(graph.modules)
            if any_covers(sources, importer)
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if self._is_installed(imported)
        ]
        return ContractCheck(
            kept=not found, metadata={"illegal": found}, ignored_import_count=removal.ignored_import_count
        )

    def _is_installed(self, module: str) -> bool:
        root = module.partition(".")[0]
        return root not in sys.stdlib_module_names and root not in self.session_options["root_packages"]

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print the imports and what to do about them."""
        render_illegal_imports(
            check.metadata["illegal"],
            "Here only the standard library may be imported: put the package behind a port.",
        )
