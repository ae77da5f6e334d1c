"""What a strategy's source imports, read from its syntax tree."""

import ast
from collections.abc import Iterator
from importlib.util import resolve_name

from jax.adapters.strategy_catalog.source_finder import is_module
from jax.domain.bundle import SourceFile
from jax.domain.errors import InvalidValue

ALLOWED = frozenset({"__future__", "collections.abc", "enum", "math", "typing"})
_DYNAMIC_NAMES = frozenset({"compile", "eval", "exec"})
_DYNAMIC_ATTRIBUTES = frozenset({"__builtins__", "__import__", "__loader__", "__spec__"})


def imported_modules(module: str, file: SourceFile) -> list[str]:
    """The modules that `module` imports and a bundle must hold, sorted; those in ALLOWED need no holding.

    InvalidValue names the line of an import that a bundle may not have: of everything (`*`), of a module as
    a name (`import package.module`), of code that is chosen while it runs (`__import__`, `exec`).
    """
    try:
        tree = ast.parse(file.source, filename=file.path)
    except (SyntaxError, ValueError) as error:
        raise InvalidValue(file.path, f"is not Python ({error})") from error
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            _check_plain(node, file)
        elif isinstance(node, ast.ImportFrom):
            found.update(_from(node, module, file))
        else:
            _check_static(node, file)
    return sorted(found)


def _check_plain(node: ast.Import, file: SourceFile) -> None:
    for alias in node.names:
        if alias.name not in ALLOWED:
            raise _refused(
                node, file, f"`import {alias.name}`: write `from {alias.name} import ...` if it may be"
            )


def _from(node: ast.ImportFrom, module: str, file: SourceFile) -> Iterator[str]:
    source = _absolute(node, module, file)
    if any(alias.name == "*" for alias in node.names):
        raise _refused(node, file, f"`from {source} import *`: name what is imported")
    if source in ALLOWED:
        return
    for alias in node.names:
        inner = f"{source}.{alias.name}"
        if is_module(inner):
            raise _refused(
                node,
                file,
                f"the module {inner} as a name: write `from {inner} import ...`, naming what is used",
            )
    yield source


def _absolute(node: ast.ImportFrom, module: str, file: SourceFile) -> str:
    try:
        return resolve_name("." * node.level + (node.module or ""), module.rpartition(".")[0])
    except ImportError as error:
        raise _refused(node, file, f"a module by a relative name that leads nowhere ({error})") from error


def _check_static(node: ast.AST, file: SourceFile) -> None:
    name = ""
    if isinstance(node, ast.Attribute):
        name = node.attr
    elif isinstance(node, ast.Name):
        name = node.id
    called = isinstance(node, ast.Name) and name in _DYNAMIC_NAMES
    if called or name in _DYNAMIC_ATTRIBUTES:
        raise InvalidValue(f"{file.path} line {_line(node)}", f"uses {name}, which no strategy may")


def _refused(node: ast.AST, file: SourceFile, what: str) -> InvalidValue:
    return InvalidValue(f"{file.path} line {_line(node)}", f"imports {what}")


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))
