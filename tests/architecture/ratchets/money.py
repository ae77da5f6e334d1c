"""Money is Decimal: a binary fraction of a cent is lost somewhere, sometime."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.ratchets.shape import is_in
from tests.architecture.ratchets.source import Finding, Source, functions

_MONEY = frozenset(
    {"amount", "balance", "cash", "commission", "cost", "costs", "equity", "fee", "fees", "notional", "pnl"}
    | {"power", "price", "prices", "proceeds", "quantities", "quantity"}
)
_IN_DECIMAL = ("jax.domain", "jax.ports", "jax.modules.bridge", "jax.modules.execution", "jax.modules.risk")
# Strategies and indicators are functions of floats, so that research can compile the same source.
_IN_FLOAT = re.compile(r"jax\.domain\.(?:strateg|indicators)\w*(?:\..+)?")


def float_money(source: Source) -> Iterator[Finding]:
    """Find fields, parameters and results that are named as money or quantity and annotated as float."""
    if not is_in(source.module, _IN_DECIMAL) or _IN_FLOAT.fullmatch(source.module):
        return
    for where, name, annotation in _annotated(source):
        if _MONEY.intersection(name.split("_")) and _names_float(annotation):
            yield Finding("float-money", f"{where}.{name}", "prices, quantities and money are Decimal")


def _annotated(source: Source) -> Iterator[tuple[str, str, ast.expr | None]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield source.module, node.target.id, node.annotation
    for where, function, _ in functions(source):
        yield source.module, function.name, function.returns
        for arg in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
            yield where, arg.arg, arg.annotation


def _names_float(annotation: ast.expr | None) -> bool:
    names = ast.walk(annotation) if annotation else ()
    return any(isinstance(node, ast.Name) and node.id == "float" for node in names)
