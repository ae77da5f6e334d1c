"""What the ratchets look at, and what they find in it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.architecture.checkout import module_name

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Source(NamedTuple):
    """One Python file: its dotted name, its text and its syntax tree."""

    module: str
    text: str
    tree: ast.Module


class Finding(NamedTuple):
    """Something a rule refuses. `size` is a count that may only shrink, 0 for what is simply forbidden."""

    rule: str
    where: str
    detail: str
    size: int = 0


def parse(module: str, text: str) -> Source:
    """Return the source of a module that is given as text."""
    return Source(module, text, ast.parse(text))


def sources_below(folder: Path, *, root: Path) -> list[Source]:
    """Return every Python file below `folder`, named as if `root` were on the search path."""
    files = sorted(folder.rglob("*.py"))
    return [parse(module_name(file, below=root), file.read_text(encoding="utf-8")) for file in files]


def functions(source: Source) -> Iterator[tuple[str, FunctionNode, bool]]:
    """Yield each function with its qualified name, and whether its first parameter is self or cls."""
    yield from _functions_in(source.tree, f"{source.module}:", in_class=False)


def _functions_in(node: ast.AST, prefix: str, *, in_class: bool) -> Iterator[tuple[str, FunctionNode, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode):
            is_static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in child.decorator_list)
            yield prefix + child.name, child, in_class and not is_static
            yield from _functions_in(child, f"{prefix}{child.name}.", in_class=False)
        elif isinstance(child, ast.ClassDef):
            yield from _functions_in(child, f"{prefix}{child.name}.", in_class=True)
        else:
            yield from _functions_in(child, prefix, in_class=in_class)


def positional_parameters(node: FunctionNode, *, bound: bool) -> list[ast.arg]:
    """Return the parameters that a caller may pass by position, without self or cls."""
    return [*node.args.posonlyargs, *node.args.args][bound:]
