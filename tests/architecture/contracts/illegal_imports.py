"""How the contracts of this folder describe and print the imports they refuse."""

from collections.abc import Iterable

from grimp import ImportGraph
from importlinter.application import output


def illegal_import(graph: ImportGraph, *, importer: str, imported: str) -> str:
    """Return one line that names the import and where it is written."""
    details = graph.get_import_details(importer=importer, imported=imported)
    lines = ", ".join(f"l.{number}" for number in sorted({detail["line_number"] for detail in details}))
    return f"{importer} -> {imported} ({lines})" if lines else f"{importer} -> {imported}"


def render_illegal_imports(lines: Iterable[str], remedy: str) -> None:
    """Print `lines` as a list, then what to do about them."""
    for line in lines:
        output.print_error(f"- {line}", bold=False)
    output.new_line()
    output.print_error(remedy, bold=False)
    output.new_line()
