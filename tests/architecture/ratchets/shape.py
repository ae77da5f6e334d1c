"""The shape of files and functions, as docs/adr/0002-import-rules.md asks for it."""

import ast
from collections import Counter
from collections.abc import Iterator

from tests.architecture.ratchets.source import Finding, Source, functions, positional_parameters

LONGEST_FILE = 400
LONGEST_FUNCTION = 70
MOST_PARAMETERS = 5

# Research compiles indicators, strategies and its own loops, and the compiler knows no keyword-only
# parameters; and each check takes (field, value), an order so fixed that names at a hundred calls would only
# be noise.
_FIXED_ORDER = (
    "jax.domain.checks",
    "jax.domain.indicators",
    "jax.domain.strategies",
    "jax.modules.backtest.kernel",
)
_BELOW_ADAPTERS = ("jax.domain", "jax.ports", "jax.modules")


def long_files(source: Source) -> Iterator[Finding]:
    """Find a file of more than 400 lines."""
    lines = len(source.text.splitlines())
    if lines > LONGEST_FILE:
        yield Finding("file-length", source.module, f"{lines} lines, at most {LONGEST_FILE}", lines)


def long_functions(source: Source) -> Iterator[Finding]:
    """Find functions of more than 70 lines, counted from `def` to the last line."""
    for where, node, _ in functions(source):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield Finding("function-length", where, f"{lines} lines, at most {LONGEST_FUNCTION}", lines)


def many_parameters(source: Source) -> Iterator[Finding]:
    """Find functions of more than 5 parameters, keyword-only ones included, self and cls not."""
    for where, node, bound in functions(source):
        count = len(positional_parameters(node, bound=bound)) + len(node.args.kwonlyargs)
        if count > MOST_PARAMETERS:
            yield Finding("parameters", where, f"{count} parameters, at most {MOST_PARAMETERS}", count)


def swappable_parameters(source: Source) -> Iterator[Finding]:
    """Find public functions of domain, ports and modules with two positional parameters of one type."""
    if not is_in(source.module, _BELOW_ADAPTERS) or is_in(source.module, _FIXED_ORDER):
        return
    for where, node, bound in functions(source):
        parameters = positional_parameters(node, bound=bound)
        types = Counter(ast.unparse(arg.annotation) for arg in parameters if arg.annotation)
        twice = [name for name, count in types.items() if count > 1]
        if twice and not node.name.startswith("_"):
            yield Finding("swappable-parameters", where, f"make those of type {twice[0]} keyword-only")


def assertions(source: Source) -> Iterator[Finding]:
    """Find `assert`: `python -O` removes it, and a named error says more."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assert):
            yield Finding("assert", source.module, f"line {node.lineno}: raise a named error")


def is_in(module: str, packages: tuple[str, ...]) -> bool:
    """Return whether `module` is one of `packages` or lies below one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)
