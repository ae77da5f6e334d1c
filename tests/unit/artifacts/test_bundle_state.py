"""What lasts from bar to bar is the state tuple: nothing else of a strategy can remember."""

from typing import Any

import pytest

from jax.domain.bundle import SourceFile
from jax.domain.strategy import BarValues
from jax.domain.strategy_runner import StrategyRunner
from jax.modules.artifacts.load_bundle import BundleRefused, load_strategy
from tests.unit.artifacts.small_bundles import ENTRY, MINIMAL, bundle_with, run_plainly

_TUPLE = "from typing import NamedTuple\n"
_MAKE = "def make():\n    return [0]\n"
_APPEND = "    CALLS.append(0)\n    return len(CALLS)\n"
_FIRST = "def remember():\n    for each in CALLS:\n        return each\n"

# Each defines `remember`, which in plain Python answers differently each time it is called.
HIDDEN = {
    "a global number": "CALLS = 0\ndef remember():\n    global CALLS\n    CALLS += 1\n    return CALLS",
    "a list": f"CALLS = []\ndef remember():\n{_APPEND}",
    "a list by call": f"CALLS = list()\ndef remember():\n{_APPEND}",
    "a list by comprehension": f"CALLS = [n for n in (1, 2)]\ndef remember():\n{_APPEND}",
    "a list in an assignment to two names": f"CALLS, OTHER = [], 0\ndef remember():\n{_APPEND}",
    "a list in a conditional": f"if True:\n    CALLS = [0]\ndef remember():\n{_APPEND}",
    "a list by walrus": f"print_ = (CALLS := [])\ndef remember():\n{_APPEND}",
    "a list that a function made": f"{_MAKE}CALLS = make()\ndef remember():\n{_APPEND}",
    "a list that a lambda made": f"CALLS = (lambda: [0])()\ndef remember():\n{_APPEND}",
    "a private list that a function made": (
        f"{_MAKE}_CALLS = make()\ndef remember():\n    _CALLS.append(0)\n    return len(_CALLS)"
    ),
    "a list of sorted": f"CALLS = sorted((2, 1))\ndef remember():\n{_APPEND}",
    "a list that text was split into": f"CALLS = 'a b'.split()\ndef remember():\n{_APPEND}",
    "a list in a tuple": (
        f"{_MAKE}CALLS = (1, (2, make()))\n"
        "def remember():\n    CALLS[1][1].append(0)\n    return len(CALLS[1][1])"
    ),
    "a list in a NamedTuple": (
        f"{_TUPLE}{_MAKE}class Box(NamedTuple):\n    calls: list[int]\nBOX = Box(make())\n"
        "def remember():\n    BOX.calls.append(0)\n    return len(BOX.calls)"
    ),
    "a dict": "CALLS = {}\ndef remember():\n    CALLS[len(CALLS)] = 0\n    return len(CALLS)",
    "a dict by call": "CALLS = dict(a=1)\ndef remember():\n    CALLS[len(CALLS)] = 0\n    return len(CALLS)",
    "a dict by comprehension": (
        "CALLS = {n: n for n in (0, 1)}\ndef remember():\n    CALLS[len(CALLS)] = 0\n    return len(CALLS)"
    ),
    "a dict of a NamedTuple": (
        f"{_TUPLE}class Box(NamedTuple):\n    calls: int = 0\nCALLS = Box()._asdict()\n"
        "def remember():\n    CALLS[len(CALLS)] = 0\n    return len(CALLS)"
    ),
    "a set": "CALLS = {0}\ndef remember():\n    CALLS.add(len(CALLS))\n    return len(CALLS)",
    "a bytearray": f"CALLS = bytearray()\ndef remember():\n{_APPEND}",
    "a default argument": "def remember(calls=[]):\n    calls.append(0)\n    return len(calls)",
    "a default argument by keyword": "def remember(*, calls=[]):\n    calls.append(0)\n    return len(calls)",
    "a default argument that a function made": (
        f"{_MAKE}def remember(calls=make()):\n    calls.append(0)\n    return len(calls)"
    ),
    "a default by keyword that a function made": (
        f"{_MAKE}def remember(*, calls=make()):\n    calls.append(0)\n    return len(calls)"
    ),
    "a default argument of a lambda": f"{_MAKE}remember = lambda calls=make(): (calls.append(0), len(calls))",
    "a default argument of a method": (
        f"{_TUPLE}{_MAKE}class Box(NamedTuple):\n    x: int = 0\n"
        "    def remember(self, calls=make()):\n        calls.append(0)\n        return len(calls)\n"
        "def remember():\n    return Box().remember()"
    ),
    "the defaults of a function": (
        "def remember(calls=0):\n    remember.__defaults__ = (calls + 1,)\n    return calls"
    ),
    "a function's attribute": (
        "def remember():\n    remember.calls += 1\n    return remember.calls\nremember.calls = 0"
    ),
    "a function's attribute by setattr": (
        "def remember(calls=0):\n    calls = getattr(remember, 'calls', 0) + 1\n"
        "    setattr(remember, 'calls', calls)\n    return calls"
    ),
    "a function's dictionary": (
        "def remember():\n    remember.__dict__['calls'] = remember.__dict__.get('calls', 0) + 1\n"
        "    return remember.__dict__['calls']"
    ),
    "a class's attribute": (
        f"{_TUPLE}class Box(NamedTuple):\n    x: int = 0\n    def one(self):\n        return 1\n"
        "Box.calls = 0\ndef remember():\n    Box.calls += 1\n    return Box.calls"
    ),
    "a list in a class": (
        f"{_TUPLE}class Box(NamedTuple):\n    calls = [0]\n"
        "def remember():\n    Box.calls.append(0)\n    return len(Box.calls)"
    ),
    "a list in a class that a function made": (
        f"{_TUPLE}{_MAKE}class Box(NamedTuple):\n    calls = make()\n"
        "def remember():\n    Box.calls.append(0)\n    return len(Box.calls)"
    ),
    "a list in a protocol": (
        f"from typing import Protocol\n{_MAKE}class Box(Protocol):\n    calls = make()\n"
        "def remember():\n    Box.calls.append(0)\n    return len(Box.calls)"
    ),
    "a list in a class that is gone": (
        f"{_TUPLE}{_MAKE}class Box(NamedTuple):\n    calls = make()\nBOX = Box()\ndel Box\n"
        "def remember():\n    BOX.calls.append(0)\n    return len(BOX.calls)"
    ),
    "a default of a field": (
        f"{_TUPLE}{_MAKE}class Box(NamedTuple):\n    calls: list[int] = make()\n"
        "def remember():\n    Box().calls.append(0)\n    return len(Box().calls)"
    ),
    "the defaults of all fields": (
        f"{_TUPLE}class Box(NamedTuple):\n    calls: int = 0\ndef remember():\n"
        "    Box._field_defaults['calls'] += 1\n    return Box._field_defaults['calls']"
    ),
    "an instance of a class": (
        "class Box:\n    calls = 0\nBOX = Box()\ndef remember():\n    BOX.calls += 1\n    return BOX.calls"
    ),
    "a member of an Enum": (
        f"from enum import Enum\n{_MAKE}class Box(Enum):\n    CALLS = make()\n"
        "def remember():\n    Box.CALLS.value.append(0)\n    return len(Box.CALLS.value)"
    ),
    "a member of an Enum that is gone": (
        f"from enum import Enum\n{_MAKE}class Box(Enum):\n    CALLS = make()\nCALLS = Box.CALLS\ndel Box\n"
        "def remember():\n    CALLS.value.append(0)\n    return len(CALLS.value)"
    ),
    "a default in an Enum": (
        f"from enum import Enum\n{_MAKE}class Box(Enum):\n    ONE = 1\n"
        "    def remember(self, calls=make()):\n        calls.append(0)\n        return len(calls)\n"
        "def remember():\n    return Box.ONE.remember()"
    ),
    "a default of a private function in an Enum": (
        f"from enum import Enum\n{_MAKE}class Box(Enum):\n    ONE = 1\n"
        "    def _remember(self, calls=make()):\n        calls.append(0)\n        return len(calls)\n"
        "    def remember(self):\n        return self._remember()\nremember = Box.ONE.remember"
    ),
    "an attribute of a member": (
        "from enum import Enum\nclass Box(Enum):\n    ONE = 1\nBox.ONE.calls = 0\n"
        "def remember():\n    Box.ONE.calls += 1\n    return Box.ONE.calls"
    ),
    "a closure": (
        "def make():\n    calls = []\n    def remember():\n        calls.append(0)\n"
        "        return len(calls)\n    return remember\nremember = make()"
    ),
    "a closure over a number": (
        "def make():\n    calls = 0\n    def remember():\n        nonlocal calls\n        calls += 1\n"
        "        return calls\n    return remember\nremember = make()"
    ),
    "a lambda in a function": (
        "def make():\n    calls = []\n    return lambda: (calls.append(0), len(calls))\nremember = make()"
    ),
    "a lambda in a lambda": "remember = (lambda calls: lambda: (calls.append(0), len(calls)))('a'.split())",
    "a lambda in a generator": (
        f"{_MAKE}(remember,) = ((lambda: (calls.append(0), len(calls))) for calls in (make(),))"
    ),
    "an iterator": "CALLS = iter(range(9))\ndef remember():\n    return next(CALLS)",
    "an iterator by enumerate": f"CALLS = enumerate((7, 8, 9))\n{_FIRST}",
    "an iterator by zip": f"CALLS = zip((7, 8, 9))\n{_FIRST}",
    "an iterator by reversed": f"CALLS = reversed((7, 8, 9))\n{_FIRST}",
    "a generator expression": f"CALLS = (n for n in (7, 8, 9))\n{_FIRST}",
    "a generator": f"def count():\n    yield 7\n    yield 8\nCALLS = count()\n{_FIRST}",
    "a method of a list": (
        "def make():\n    return [1, 2, 3].pop\nNEXT = make()\ndef remember():\n    return NEXT()"
    ),
    "a method of an iterator": "NEXT = iter((1, 2)).__next__\ndef remember():\n    return NEXT()",
    "an error": (
        "ERROR = ValueError(0)\ndef remember():\n    ERROR.args = (ERROR.args[0] + 1,)\n    return ERROR.args"
    ),
    "a count of itertools": (
        "from itertools import count\nCALLS = count()\ndef remember():\n    return next(CALLS)"
    ),
    "a random generator": (
        "from random import Random\nCALLS = Random(1)\ndef remember():\n    return CALLS.random()"
    ),
}


@pytest.mark.parametrize("source", HIDDEN.values(), ids=HIDDEN)
def test_plain_python_would_remember(source: str) -> None:
    remember = run_plainly(source)["remember"]
    assert remember() != remember()


@pytest.mark.parametrize("source", HIDDEN.values(), ids=HIDDEN)
def test_a_bundle_that_could_remember_is_refused_with_the_line(source: str) -> None:
    with pytest.raises(BundleRefused, match=r"^mine\.py line [1-9]\d*: .{20}"):
        load_strategy(bundle_with(f"{source}\n{MINIMAL}"), ENTRY)


def test_the_same_is_refused_in_a_file_that_the_entry_imports() -> None:
    memory = SourceFile("memory.py", f"{_MAKE}\nCALLS = make()\n")
    with pytest.raises(
        BundleRefused, match=r"^memory\.py line 4: `CALLS` holds a list, which can change: use a"
    ):
        load_strategy(bundle_with(f"from memory import make\n{MINIMAL}", memory), ENTRY)


def test_a_type_with_a_list_in_it_is_refused() -> None:
    with pytest.raises(BundleRefused, match="`KIND` holds a list"):
        load_strategy(bundle_with(f"KIND = tuple[[1]]\n{MINIMAL}"), ENTRY)


def test_a_name_that_is_bound_by_a_loop_is_looked_at_as_well() -> None:
    with pytest.raises(BundleRefused, match=r"mine\.py line 3: `each` holds a list"):
        load_strategy(bundle_with(f"{_MAKE}for each in (make(),):\n    pass\n{MINIMAL}"), ENTRY)


def test_a_method_of_the_library_is_no_function_of_the_strategys() -> None:
    with pytest.raises(BundleRefused, match="`LATER` holds a function, which can change"):
        load_strategy(bundle_with(f"{MINIMAL}\nLATER = Params._replace\n"), ENTRY)


_DECLARES = MINIMAL.replace("NO_DECISION, ", "Decision, Indicator, NO_DECISION, ").replace(
    "    pass", "    value: float"
)
_STEP = """
def step(state, bar, lagged, length):
    {}
    return state, {}

def indicators(params):
    return (Indicator("calls", {}, 0, {}, step),)

def decide(state, bar, inputs, params):
    return state, Decision(0, inputs.value, 0.0, 0.0, 0.0, 0.0, 0)

STRATEGY = STRATEGY._replace(indicators=indicators, decide=decide)
"""


@pytest.mark.parametrize(
    ("doing", "value", "length", "initial"),
    [("length.append(0)", "len(length)", "[0]", "0"), ("state.append(0)", "len(state)", "3", "[0]")],
    ids=["in its length", "in its first state"],
)
def test_an_indicator_that_is_declared_with_a_list_is_refused(
    doing: str, value: str, length: str, initial: str
) -> None:
    source = _DECLARES + _STEP.format(doing, value, length, initial)
    with pytest.raises(
        BundleRefused, match="an indicator is declared with a list, which can change: use a tuple"
    ):
        load_strategy(bundle_with(source), ENTRY)


def test_one_that_is_declared_so_for_other_parameters_is_refused_when_a_runner_starts() -> None:
    source = _DECLARES + _STEP.format("length.append(0)", "0.0", "[0] if params.length == 7 else 3", "0")
    strategy = load_strategy(bundle_with(source), ENTRY)
    StrategyRunner(strategy, strategy.params)
    with pytest.raises(BundleRefused, match="an indicator is declared with a list, which can change"):
        StrategyRunner(strategy, strategy.params._replace(length=7))


def _confidences(strategy: Any) -> list[float]:
    runner = StrategyRunner(strategy, strategy.params)
    return [runner.on_bar(BarValues(1.0, 1.0, 1.0, close, 1.0)).confidence for close in (1.0, 2.0, 4.0)]


def test_lists_and_dicts_within_a_function_are_gone_when_it_returns() -> None:
    body = (
        "local = [n for n in (1, 2)]; table = {'a': 1}; table['b'] = 2; "
        "local.append(len(table)); local.append(sum_of(local))"
    )
    helper = (
        "def sum_of(values):\n    total = 0\n    for n in values:\n        total += n\n    return total\n"
    )
    source = _DECLARES + helper + _STEP.format(body, "float(len(local)) + bar.close", "3", "0")
    strategy = load_strategy(bundle_with(source), ENTRY)
    assert _confidences(strategy) == _confidences(strategy) == [5.0, 6.0, 8.0]


def test_what_a_strategy_needs_cannot_change_and_loads() -> None:
    source = """
from __future__ import annotations
import math
from collections.abc import Callable
from enum import Enum, IntEnum
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

Step: TypeAlias = Callable[[float, int], float]
T = TypeVar("T")
Number = int | float | None
Pair = tuple[int, ...]
LEVELS: Final = (1.0, (2.0, None, ...), "text", range(3))
DOUBLED = tuple(level * 2 for level in (1, 2))
ROOT = math.sqrt
smallest = min

class Side(Enum):
    UP = (1, 2)
    DOWN = -1
    def sign(self, scale=(1, 2)):
        return 1

class Size(IntEnum):
    SMALL = 1

class Shape(Protocol):
    def area(self, *, exactly: bool = True) -> float: ...

class Point(NamedTuple):
    x: float
    side: Side = Side.UP
    LIMIT = 3
    def doubled(self, by: float = 2.0) -> Point:
        return self._replace(x=self.x * by)

ORIGIN = Point(0.0)
UP = Side.UP
def nearest(point: Point = ORIGIN, *, then: Step = ROOT, table: tuple[Point, ...] = (ORIGIN,)) -> float:
    return then(point.x)
"""
    assert load_strategy(bundle_with(source.lstrip() + MINIMAL), ENTRY).name == "mine"
