"""What the source of a strategy may say, read from its syntax tree before anything of it runs.

The list is one of what is allowed: a kind of syntax that is not in `_RULES` is refused, so that a new
Python version opens nothing. The rules keep a strategy from reaching the interpreter (no name or attribute
that leads there) and from remembering anything outside its state tuple (nothing at module level that can
change, no closure, no assignment to an attribute). And what a reviewer reads is what runs: no character that
does not show, no name that looks like another.
"""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.util import resolve_name
from typing import Any

from jax.modules.artifacts.bundle_refused import BundleRefused
from jax.modules.artifacts.strategy_vocabulary import ALLOWED_MODULES, BUILTIN_NAMES, MODULE_NAMES

_MODULE, _CLASS, _FUNCTION = range(3)

# `__x__`, and `_x_`, by which Enum is told how to behave; `__x` too, which a class renames.
_RESERVED_NAME = re.compile(r"__.*|_.+_")
# Frames and code by their prefixes, and what turns text into names or code, or changes what others see.
_REFUSED_ATTRIBUTE = re.compile(
    r"_(?!(?:asdict|fields|make|replace)$).*"
    r"|(?:ag|co|cr|f|gi|tb)_.*"
    r"|add_note|decode|encode|format|format_map|from_bytes|mro|register|to_bytes|with_traceback"
).fullmatch
_BUILTINS = frozenset(BUILTIN_NAMES)
_NO_LINE = float("inf")
_SCALARS = (bool, float, int, str, type(None), type(...))
_MUTABLE_BUILTINS = frozenset({"dict", "list"})
_STATE_REMEDY = "what must last from bar to bar belongs in the state tuple"


class _Reading:
    """One file while it is being read: its findings, and the line of each name it binds and looks up."""

    def __init__(self, module: str, bundled: frozenset[str]) -> None:
        self.package = module.rpartition(".")[0]
        self.bundled = bundled
        self.findings: list[tuple[int, str]] = []
        self.bound: dict[str, int] = {}
        self.looked_up: dict[str, int] = {}
        self.type_arguments: set[ast.AST] = set()

    def refuse(self, node: ast.AST, what: str) -> None:
        self.findings.append((getattr(node, "lineno", 0), what))

    def bind(self, node: ast.AST, name: str) -> None:
        line = getattr(node, "lineno", 0)
        self.bound[name] = min(line, self.bound.get(name, line))
        self.name(node, name)
        if not name.isascii():
            self.refuse(node, f"the name `{name}` can look like another one: use the letters a to z")

    def name(self, node: ast.AST, name: str) -> None:
        if name[0] == "_" and _RESERVED_NAME.fullmatch(name):
            self.refuse(node, f"the name `{name}` belongs to Python: choose another")


def check_text(source: str, *, path: str) -> None:
    """BundleRefused names the first line with a character that a reviewer does not see."""
    for line, text in enumerate(source.split("\n"), start=1):
        if not text.removesuffix("\r").replace("\t", "").isprintable():
            raise BundleRefused(f"{path} line {line}: holds a character that does not show: remove it")


def check_source(tree: ast.Module, *, path: str, bundled: frozenset[str]) -> Mapping[str, int]:
    """The line on which each name of the file is first bound, if the file may run.

    `path` is the file's in its bundle, `bundled` holds the bundle's modules by their dotted names.
    BundleRefused names the file, the first line that may not be, and what to write instead.
    """
    reading = _Reading(path.removesuffix(".py").replace("/", "."), bundled)
    parts: list[tuple[int, list[Any]]] = [(_MODULE, [tree])]
    while parts:
        level, waiting = parts.pop()
        while waiting:
            node = waiting.pop()
            kind = type(node)
            rule = _RULES.get(kind, _refuse_kind)
            if rule is not None:
                rule(reading, node, level)
            for field in _CHILDREN.get(kind, ()):
                child = getattr(node, field)
                if child.__class__ is list:
                    waiting.extend(child)
                else:
                    waiting.append(child)
            if kind in _LEVEL_WITHIN:
                body = node.body
                parts.append((_LEVEL_WITHIN[kind], list(body) if kind is not ast.Lambda else [body]))
    _check_known(reading)
    if reading.findings:
        line, what = min(reading.findings)
        raise BundleRefused(f"{path} line {line}: {what}")
    return reading.bound


def _check_known(reading: _Reading) -> None:
    for name in reading.looked_up.keys() - reading.bound.keys() - _BUILTINS:
        reading.findings.append(
            (
                reading.looked_up[name],
                f"`{name}` is not defined here and no builtin that a strategy may use: there are "
                + ", ".join(BUILTIN_NAMES),
            )
        )


def _name(reading: _Reading, node: ast.Name, level: int) -> None:
    name = node.id
    if node.ctx.__class__ is not ast.Load:
        reading.bind(node, name)
    elif node.lineno < reading.looked_up.get(name, _NO_LINE):
        reading.looked_up[name] = node.lineno


def _attribute(reading: _Reading, node: ast.Attribute, level: int) -> None:
    if _REFUSED_ATTRIBUTE(node.attr):
        reading.refuse(node, f"no strategy may use the attribute `{node.attr}`: work with values alone")
    if node.ctx.__class__ is not ast.Load:
        reading.refuse(node, f"assigns to the attribute `{node.attr}`: {_STATE_REMEDY}")


def _constant(reading: _Reading, node: ast.Constant, level: int) -> None:
    if type(node.value) not in _SCALARS:
        reading.refuse(node, f"{node.value!r:.20} is no number or text: use floats, ints and text")


def _operation(reading: _Reading, node: ast.BinOp | ast.AugAssign, level: int) -> None:
    if isinstance(node.op, ast.Pow):
        reading.refuse(node, "`**` gives other bits when compiled: write `x * x` or `math.pow(x, y)`")


def _list(reading: _Reading, node: ast.List, level: int) -> None:
    if node.ctx.__class__ is ast.Load and node not in reading.type_arguments:
        _changeable(reading, node, level)


def _changeable(reading: _Reading, node: ast.expr, level: int) -> None:
    if level != _FUNCTION:
        reading.refuse(node, f"makes a list or dict outside a function: use a tuple; {_STATE_REMEDY}")


def _subscript(reading: _Reading, node: ast.Subscript, level: int) -> None:
    # Callable[[int], str] holds a list that only the annotation sees.
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else (node.slice,)
    reading.type_arguments.update(each for each in inner if isinstance(each, ast.List))


def _call(reading: _Reading, node: ast.Call, level: int) -> None:
    if isinstance(node.func, ast.Name) and node.func.id in _MUTABLE_BUILTINS:
        _changeable(reading, node, level)


def _keyword(reading: _Reading, node: ast.keyword, level: int) -> None:
    if node.arg is not None:
        reading.name(node, node.arg)


def _comprehension(reading: _Reading, node: ast.comprehension, level: int) -> None:
    if node.is_async:
        reading.refuse(node.target, "`async` is not allowed in a strategy: loop over values")


def _argument(reading: _Reading, node: ast.arg, level: int) -> None:
    reading.bind(node, node.arg)


def _function(reading: _Reading, node: ast.FunctionDef | ast.Lambda, level: int) -> None:
    if level == _FUNCTION:
        reading.refuse(node, "a function within a function can remember: move it to the module's level")
    if isinstance(node, ast.FunctionDef):
        _definition(reading, node)


def _class(reading: _Reading, node: ast.ClassDef, level: int) -> None:
    _definition(reading, node)
    if level != _MODULE:
        reading.refuse(node, "a class within a class or function: move it to the module's level")
    if node.keywords or len(node.bases) != 1:
        reading.refuse(node, f"class {node.name} needs one base and no keyword: NamedTuple, Enum or Protocol")


def _definition(reading: _Reading, node: ast.FunctionDef | ast.ClassDef) -> None:
    reading.bind(node, node.name)
    if node.decorator_list:
        reading.refuse(node, f"`{node.name}` is decorated: write a plain function or class")


def _import(reading: _Reading, node: ast.Import, level: int) -> None:
    _check_import_level(reading, node, level)
    for alias in node.names:
        reading.bind(node, alias.asname or alias.name.partition(".")[0])
        if alias.name not in ALLOWED_MODULES:
            reading.refuse(
                node,
                f"`import {alias.name}` is not allowed in a strategy: write `from {alias.name} import ...` "
                f"if it is in the bundle",
            )


def _import_from(reading: _Reading, node: ast.ImportFrom, level: int) -> None:
    _check_import_level(reading, node, level)
    try:
        module = resolve_name("." * node.level + (node.module or ""), reading.package)
    except ImportError as error:
        reading.refuse(node, f"a relative import that leads nowhere ({error}): name the module")
        return
    names = MODULE_NAMES.get(module)
    if names is None and module not in reading.bundled:
        reading.refuse(
            node,
            f"{module} is not in the bundle: a strategy imports its own files and "
            + ", ".join(sorted(ALLOWED_MODULES)),
        )
    for alias in node.names:
        reading.bind(node, alias.asname or alias.name)
        reading.name(node, alias.name)
        if alias.name == "*":
            reading.refuse(node, f"`from {module} import *`: name what is imported")
        elif names is not None and alias.name not in names:
            reading.refuse(
                node,
                f"a strategy may not use {module}.{alias.name}: of {module} there are {', '.join(names)}",
            )


def _check_import_level(reading: _Reading, node: ast.Import | ast.ImportFrom, level: int) -> None:
    if level != _MODULE:
        reading.refuse(node, "an import within a class or function: move it to the top of the file")


_REMEDIES: Mapping[type[ast.AST], tuple[str, str]] = {
    ast.Global: ("`global`", _STATE_REMEDY),
    ast.Nonlocal: ("`nonlocal`", _STATE_REMEDY),
    ast.Try: ("`try`", "test for what could fail before it does"),
    ast.TryStar: ("`try`", "test for what could fail before it does"),
    ast.With: ("`with`", "a strategy has nothing to open or close"),
    ast.Match: ("`match`", "write `if` and `elif`"),
    ast.Set: ("a set", "its order is another one in each process: write a tuple"),
    ast.SetComp: ("a set", "its order is another one in each process: write a tuple"),
    ast.Yield: ("`yield`", "return a value"),
    ast.YieldFrom: ("`yield from`", "return a value"),
    ast.AsyncFunctionDef: ("`async`", "write a plain function"),
    ast.Await: ("`await`", "write a plain function"),
}


def _refuse_kind(reading: _Reading, node: ast.AST, level: int) -> None:
    what, remedy = _REMEDIES.get(type(node), (f"`{type(node).__name__}`", "leave it out"))
    reading.refuse(node, f"{what} is not allowed in a strategy: {remedy}")


_Rule = Callable[[_Reading, Any, int], None]
_RULES: Mapping[type[Any], _Rule | None] = {
    type(None): None,  # a field that is left out
    **dict.fromkeys((ast.Module, ast.Expr, ast.Pass, ast.Assign, ast.AnnAssign, ast.Return, ast.Delete)),
    **dict.fromkeys((ast.If, ast.For, ast.While, ast.Break, ast.Continue, ast.Assert, ast.Raise)),
    **dict.fromkeys((ast.BoolOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.NamedExpr, ast.GeneratorExp)),
    **dict.fromkeys((ast.Tuple, ast.Slice, ast.Starred, ast.JoinedStr, ast.FormattedValue, ast.arguments)),
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Constant: _constant,
    ast.BinOp: _operation,
    ast.AugAssign: _operation,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.keyword: _keyword,
    ast.List: _list,
    ast.ListComp: _changeable,
    ast.Dict: _changeable,
    ast.DictComp: _changeable,
    ast.comprehension: _comprehension,
    ast.arg: _argument,
    ast.Lambda: _function,
    ast.FunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
}
_LEVEL_WITHIN = {ast.FunctionDef: _FUNCTION, ast.Lambda: _FUNCTION, ast.ClassDef: _CLASS}
# Fields that hold no syntax of their own: names are the rules' business, operators hold nothing.
_LEAVES = frozenset(
    (
        *("arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "level", "module", "name"),
        *("names", "op", "ops", "simple", "type_comment", "type_ignores"),
    )
)
_CHILDREN: Mapping[type[ast.AST], Sequence[str]] = {
    kind: tuple(
        field
        for field in kind._fields
        if field not in _LEAVES and not (field == "body" and kind in _LEVEL_WITHIN)
    )
    for kind in _RULES
    if kind not in {ast.Constant, type(None)}
}
