"""A strategy says what the rules list; the first line that does not is named, with what to write instead."""

import ast
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path

import pytest

import jax.domain
from jax.modules.artifacts.bundle_refused import BundleRefused
from jax.modules.artifacts.strategy_namespace import Annotation, allowed_modules
from jax.modules.artifacts.strategy_source_rules import check_source
from jax.modules.artifacts.strategy_vocabulary import BUILTIN_NAMES, MODULE_NAMES

_SHIPPED = [
    file
    for folder in ("strategies", "indicators")
    for file in sorted((Path(jax.domain.__path__[0]) / folder).glob("*.py"))
]


def check(source: str, path: str = "user/mine.py") -> dict[str, int]:
    return dict(check_source(ast.parse(source), path=path, bundled=frozenset({"user.mine", "user.sums"})))


@pytest.mark.parametrize(
    "file", [*_SHIPPED, Path(jax.domain.__path__[0]) / "strategy.py"], ids=lambda f: f.stem
)
def test_what_jax_ships_keeps_the_rules(file: Path) -> None:
    modules = {f"jax.domain.{other.parent.name}.{other.stem}" for other in _SHIPPED} | {"jax.domain.strategy"}
    path = f"jax/domain/{file.parent.name}/{file.name}"
    assert check_source(ast.parse(file.read_text()), path=path, bundled=frozenset(modules)) is not None


STATE = "what must last from bar to bar belongs in the state tuple"
REFUSED = {
    "x = 1\nx = x ** 2": (2, "`**` gives other bits when compiled: write `x * x` or `math.pow(x, y)`"),
    "x = 2\nx **= 0.5": (2, "`**` gives other bits when compiled: write `x * x` or `math.pow(x, y)`"),
    "from math import hypot": (1, "a strategy may not use math.hypot: of math there are acos, "),
    "from typing import get_type_hints": (1, "a strategy may not use typing.get_type_hints: of typing there"),
    "from typing import ForwardRef": (
        1,
        "a strategy may not use typing.ForwardRef: of typing there are Any, ",
    ),
    "from typing import *": (1, "`from typing import *`: name what is imported"),
    "from .sums import *": (1, "`from user.sums import *`: name what is imported"),
    "from .more import X": (
        1,
        "user.more is not in the bundle: a strategy imports its own files and __future__",
    ),
    "from ... import x": (
        1,
        "a relative import that leads nowhere (attempted relative import beyond top-level",
    ),
    "import typing, os": (1, "`import os` is not allowed in a strategy: write `from os import ...` if it is"),
    "import user.sums": (1, "`import user.sums` is not allowed in a strategy: write `from user.sums import"),
    "if 1:\n    def f():\n        import math": (
        3,
        "an import within a class or function: move it to the top",
    ),
    "def f():\n    from math import pi": (2, "an import within a class or function: move it to the top"),
    "from .sums import __dict__ as x": (1, "the name `__dict__` belongs to Python: choose another"),
    "from .sums import X as __builtins__": (1, "the name `__builtins__` belongs to Python: choose another"),
    "\n\nx = __name__": (
        3,
        "`__name__` is not defined here and no builtin that a strategy may use: there are abs",
    ),
    "x = opem(1)": (
        1,
        "`opem` is not defined here and no builtin that a strategy may use: there are abs, all, ",
    ),
    "__all__ = ('x',)": (1, "the name `__all__` belongs to Python: choose another"),
    "def __getattr__(name):\n    pass": (1, "the name `__getattr__` belongs to Python: choose another"),
    "class A(B):\n    def __eq__(self, o):\n        pass\nB = 1": (2, "the name `__eq__` belongs to Python"),
    "class A(B):\n    _ignore_ = 1\nB = 1": (2, "the name `_ignore_` belongs to Python: choose another"),
    "class A(B):\n    __x = 1\nB = 1": (2, "the name `__x` belongs to Python: choose another"),
    "def f(__debug):\n    pass": (1, "the name `__debug` belongs to Python: choose another"),
    "f = lambda *__a: 1": (1, "the name `__a` belongs to Python: choose another"),
    "def f(a):\n    pass\nf(__a=1)": (3, "the name `__a` belongs to Python: choose another"),
    "for __x in (1,):\n    pass": (1, "the name `__x` belongs to Python: choose another"),
    "x = 1\np\u0430rams = 2": (2, "the name `p\u0430rams` can look like another one: use the letters a to z"),
    "x = 1\nx.y = 2": (2, f"assigns to the attribute `y`: {STATE}"),
    "x = 1\nx.y += 2": (2, f"assigns to the attribute `y`: {STATE}"),
    "x = 1\ndel x.y": (2, f"assigns to the attribute `y`: {STATE}"),
    "x = 1\nfor x.y in (1,):\n    pass": (2, f"assigns to the attribute `y`: {STATE}"),
    "x = 1\n(x.y, z) = (1, 2)": (2, f"assigns to the attribute `y`: {STATE}"),
    "x = 1\nx.y: int = 1": (2, f"assigns to the attribute `y`: {STATE}"),
    "X = [1]": (1, f"makes a list or dict outside a function: use a tuple; {STATE}"),
    "X = (1, [1])": (1, f"makes a list or dict outside a function: use a tuple; {STATE}"),
    "X = [n for n in (1,)]": (1, "makes a list or dict outside a function: use a tuple; what must last"),
    "X = {'a': 1}": (1, "makes a list or dict outside a function: use a tuple; what must last"),
    "X = {n: n for n in (1,)}": (1, "makes a list or dict outside a function: use a tuple; what must last"),
    "X = list((1,))": (1, "makes a list or dict outside a function: use a tuple; what must last"),
    "X = dict(a=1)": (1, "makes a list or dict outside a function: use a tuple; what must last"),
    "def f(x=[]):\n    pass": (1, "makes a list or dict outside a function: use a tuple; what must last"),
    "def f(*, x={}):\n    pass": (1, "makes a list or dict outside a function: use a tuple; what must last"),
    "f = lambda x=[]: x": (1, "makes a list or dict outside a function: use a tuple; what must last"),
    "class A(B):\n    x = []\nB = 1": (2, "makes a list or dict outside a function: use a tuple; what must"),
    "class A(B):\n    def f(self, x=[]):\n        pass\nB = 1": (
        2,
        "makes a list or dict outside a function",
    ),
    "X = {1}": (
        1,
        "a set is not allowed in a strategy: its order is another one in each process: write a tuple",
    ),
    "def f():\n    return {n for n in (1,)}": (
        2,
        "a set is not allowed in a strategy: its order is another one",
    ),
    "def f():\n    global X": (2, f"`global` is not allowed in a strategy: {STATE}"),
    "def f(x):\n    def g():\n        nonlocal x": (2, "a function within a function can remember: move it"),
    "def f():\n    return lambda: 1": (
        2,
        "a function within a function can remember: move it to the module's",
    ),
    "f = lambda: lambda: 1": (1, "a function within a function can remember: move it to the module's level"),
    "def f():\n    class A(f):\n        pass": (
        2,
        "a class within a class or function: move it to the module's",
    ),
    "class A(B):\n    class C(B):\n        pass\nB = 1": (
        2,
        "a class within a class or function: move it to",
    ),
    "class A:\n    pass": (1, "class A needs one base and no keyword: NamedTuple, Enum or Protocol"),
    "B = 1\nclass A(B, B):\n    pass": (
        2,
        "class A needs one base and no keyword: NamedTuple, Enum or Protocol",
    ),
    "B = 1\nclass A(B, metaclass=B):\n    pass": (
        2,
        "class A needs one base and no keyword: NamedTuple, Enum",
    ),
    "@len\ndef f():\n    pass": (2, "`f` is decorated: write a plain function or class"),
    "B = 1\n@len\nclass A(B):\n    pass": (3, "`A` is decorated: write a plain function or class"),
    "try:\n    pass\nexcept ValueError:\n    pass": (
        1,
        "`try` is not allowed in a strategy: test for what could",
    ),
    "try:\n    pass\nexcept* ValueError:\n    pass": (1, "`try` is not allowed in a strategy: test for what"),
    "with 1:\n    pass": (1, "`with` is not allowed in a strategy: a strategy has nothing to open or close"),
    "match 1:\n    case _:\n        pass": (1, "`match` is not allowed in a strategy: write `if` and `elif`"),
    "def f():\n    yield 1": (2, "`yield` is not allowed in a strategy: return a value"),
    "def f():\n    yield from ()": (2, "`yield from` is not allowed in a strategy: return a value"),
    "async def f():\n    pass": (1, "`async` is not allowed in a strategy: write a plain function"),
    "x = (n async for n in ())": (1, "`async` is not allowed in a strategy: loop over values"),
    "x = b'1'": (1, "b'1' is no number or text: use floats, ints and text"),
    "x = 1j": (1, "1j is no number or text: use floats, ints and text"),
}


@pytest.mark.parametrize(("source", "finding"), REFUSED.items(), ids=REFUSED)
def test_names_the_line_and_what_to_write_instead(source: str, finding: tuple[int, str]) -> None:
    line, what = finding
    with pytest.raises(BundleRefused) as refusal:
        check(source)
    assert str(refusal.value).startswith(f"user/mine.py line {line}: {what}")


ATTRIBUTES = (
    *("__globals__", "__class__", "_evaluate", "_field_defaults", "_member_map_", "_fields_", "__x"),
    *("f_back", "f_globals", "tb_frame", "gi_frame", "gi_yieldfrom", "cr_await", "ag_frame", "co_consts"),
    *("format", "format_map", "encode", "decode", "to_bytes", "from_bytes", "mro", "register"),
    *("with_traceback", "add_note"),
)


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_refuses_attributes_that_lead_to_the_interpreter(attribute: str) -> None:
    with pytest.raises(BundleRefused) as refusal:
        check(f"def f(x):\n    return x.{attribute}")
    assert str(refusal.value) == (
        f"user/mine.py line 2: no strategy may use the attribute `{attribute}`: work with values alone"
    )


ACCEPTED = (
    "import math\nimport collections.abc as abc\nfrom math import sqrt as root, pi\nfrom .sums import X",
    "from __future__ import annotations\nimport enum",
    "import math as m\nimport collections.abc\nx = m.pi\ny = collections.abc.Callable",
    "def f(x, *y, z=(1, 'a', None), **k):\n    return x[0], x[1:2], -x, not x, x < 1 < 2, x if y else z",
    "def f(x):\n    values = [1, *x]\n    values[0] = 2\n    del x\n    return values, {'a': 1, **{}}",
    "def f(x):\n    return [n for n in x if n], {n: n for n in x}, tuple(n for n in x), (y := 1), y",
    "def f(x, y):\n    return f'{x!r:>{y}} and {y=}'",
    "def f(x):\n    while x:\n        x -= 1\n        if x > 3:\n            continue\n        break",
    "def f(x):\n    for y in x:\n        pass\n    else:\n        return y or x",
    "def f(x):\n    assert x, 'text'\n    raise ValueError('x')",
    "X = (1, 2.5, 'text', True, None, ...)\nY = X[0] + max(X)\nF = lambda x, y=1: [x, y]",
    "from collections.abc import Callable as C\nF = C[[int, float], str]\nG: C[[int], C[[], str]]",
    "from typing import NamedTuple as N\nclass A(N):\n    x: int = 1\n    def f(self):\n        return 1",
    "def f(a):\n    return a._replace(x=1), a._fields, a._asdict(), a._make((1,)), a.close, a.format_",
    "def _private(_, _x, x_):\n    return _x",
    "[first, *rest] = (1, 2)\nfor [a, b] in ((1, 2),):\n    pass",
)


@pytest.mark.parametrize("source", ACCEPTED)
def test_accepts_what_a_strategy_needs(source: str) -> None:
    assert check(source)


def test_tells_the_first_line_on_which_each_name_is_bound() -> None:
    bound = check("x = 1\ndef f(y):\n    z = x = y\n    return z\nx = 2\nfrom math import pi as p")
    assert bound == {"x": 1, "f": 2, "y": 2, "z": 3, "p": 6}


def test_of_several_findings_the_first_line_is_named() -> None:
    with pytest.raises(BundleRefused, match=r"^user/mine\.py line 2: `opem` is not defined"):
        check("def f():\n    opem()\n    opem()\n\nX = []\nY = {1}")


def test_a_name_that_is_bound_somewhere_else_in_the_file_is_pythons_to_judge() -> None:
    assert check("class A(int):\n    open: int\ndef f():\n    return open") == {"A": 1, "open": 2, "f": 3}


class Answer(Enum):
    YES = 1


class Novelty(ast.stmt):
    """A statement of a Python that is still to come."""


def test_syntax_that_the_rules_do_not_know_is_refused() -> None:
    tree = ast.parse("x = 1")
    tree.body.append(Novelty(lineno=7))
    with pytest.raises(BundleRefused, match=r"line 7: `Novelty` is not allowed in a strategy: leave it out"):
        check_source(tree, path="mine.py", bundled=frozenset())


def _held() -> Iterator[object]:
    """One of every kind of value that a strategy can have in its hands."""

    def function() -> None:
        pass

    plain = type("Plain", (), {})
    yield from (
        *(1, 1.0, True, "", (), [], {}, None, ..., range(1), slice(1), zip(), enumerate(()), function, len),
        *(reversed(()), iter(()), iter([]), iter({}), {}.keys(), {}.values(), {}.items(), "".join, [].append),
        *(list[int], int | None, ValueError(), int, plain, plain(), Answer, Answer.YES, NotImplemented),
        *((n for n in (1,)), Annotation("Any"), Annotation, *allowed_modules().values()),
    )


# Work on numbers and text; they neither evaluate nor import, nor change what another bar or strategy sees.
_HARMLESS = (
    "append args as_integer_ratio bit_count bit_length capitalize casefold center clear close "
    "conjugate copy count denominator endswith expandtabs extend find from_number fromhex fromkeys "
    "get hex imag index indices insert is_integer isalnum isalpha isascii isdecimal isdigit "
    "isdisjoint isidentifier islower isnumeric isprintable isspace istitle isupper items join keys "
    "ljust lower lstrip maketrans mapping name numerator partition pop popitem real remove removeprefix "
    "removesuffix replace reverse rfind rindex rjust rpartition rsplit rstrip send setdefault sort "
    "split splitlines start startswith step stop strip swapcase throw title translate update upper value "
    "values zfill"
)


def test_every_public_attribute_of_what_a_strategy_can_hold_is_refused_or_known_to_be_harmless() -> None:
    names = {name for value in _held() for kind in (type(value), value) for name in dir(kind)}
    known = {*_HARMLESS.split(), *(name for names in MODULE_NAMES.values() for name in names), "abc", "YES"}
    unknown = {name for name in names - known if _passes(check, f"def f(x):\n    return x.{name}")}
    assert not unknown


def _passes(rule: Callable[[str], object], source: str) -> bool:
    try:
        rule(source)
    except BundleRefused:
        return False
    return True


def test_no_builtin_of_the_vocabulary_leads_out_or_differs_from_process_to_process() -> None:
    missing = (
        "breakpoint bytearray bytes classmethod compile delattr dir eval exec format frozenset "
        "getattr globals hash hasattr help id input iter locals map memoryview next object open pow "
        "print property repr set setattr staticmethod sum super type vars BaseException SystemExit "
        "KeyboardInterrupt StopIteration"
    )
    assert not set(BUILTIN_NAMES) & set(missing.split())
