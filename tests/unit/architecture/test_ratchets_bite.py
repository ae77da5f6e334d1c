"""Each ratchet finds what it is there to find, and leaves alone what only looks like it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.ratchets import doors, exceptions, money, names, shape
from tests.architecture.ratchets.exceptions import Exempted
from tests.architecture.ratchets.source import Finding, Source, parse, sources_below


def found(
    rule: Callable[[Source], Iterator[Finding]], text: str, module: str = "jax.domain.planted"
) -> list[str]:
    return [finding.where for finding in rule(parse(module, text))]


def function_of(lines: int, *, indent: str = "") -> str:
    return f"{indent}def planted():\n" + f"{indent}    a = 1\n" * (lines - 1)


def test_finds_a_file_of_401_lines_but_not_one_of_400() -> None:
    assert found(shape.long_files, "a = 1\n" * 401) == ["jax.domain.planted"]
    assert found(shape.long_files, "a = 1\n" * 400) == []


def test_finds_a_function_of_71_lines_but_not_one_of_70() -> None:
    assert found(shape.long_functions, function_of(71)) == ["jax.domain.planted:planted"]
    assert found(shape.long_functions, function_of(70)) == []


def test_finds_a_long_method_and_a_long_function_within_a_function() -> None:
    method = "class C:\n" + function_of(71, indent="    ")
    inner = "async def outer():\n" + function_of(71, indent="    ")
    assert found(shape.long_functions, method) == ["jax.domain.planted:C.planted"]
    assert "jax.domain.planted:outer.planted" in found(shape.long_functions, inner)


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b, c, d, e, g): ...",
        "def f(a, b, *, c, d, e, g): ...",
        "def f(a, b, /, c, d, *rest, e, g): ...",
        "class C:\n    async def f(self, a, b, c, d, e, g): ...",
        "class C:\n    @staticmethod\n    def f(a, b, c, d, e, g): ...",
        "if True:\n    def f(a, b, c, d, e, g): ...",
    ],
)
def test_finds_six_parameters(text: str) -> None:
    assert len(found(shape.many_parameters, text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b, c, d, e, *rest, **named): ...",
        "class C:\n    def f(self, a, b, c, d, e): ...",
        "class C:\n    @classmethod\n    def f(cls, a, b, c, d, e): ...",
    ],
)
def test_leaves_five_parameters_alone(text: str) -> None:
    assert found(shape.many_parameters, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "def f(bid: Decimal, ask: Decimal): ...",
        "def f(symbol: str, quantity: Decimal, mic: str): ...",
        "class C:\n    def f(self, bid: Decimal, ask: Decimal): ...",
        "class C:\n    async def f(self, bid: Decimal | None, ask: Decimal | None = None): ...",
    ],
)
def test_finds_two_positional_parameters_of_one_type(text: str) -> None:
    assert len(found(shape.swappable_parameters, text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "def f(bid: Decimal, *, ask: Decimal): ...",
        "def f(price: Decimal, symbol: str): ...",
        "def _f(bid: Decimal, ask: Decimal): ...",
        "class C:\n    def __init__(self, bid: Decimal, ask: Decimal): ...",
        "class C(NamedTuple):\n    bid: Decimal\n    ask: Decimal",
    ],
)
def test_leaves_other_parameters_alone(text: str) -> None:
    assert found(shape.swappable_parameters, text) == []


@pytest.mark.parametrize(
    "module", ["jax.domain.indicators.planted", "jax.adapters.planted", "jax.app.planted"]
)
def test_leaves_kernels_and_what_is_above_the_modules_alone(module: str) -> None:
    assert found(shape.swappable_parameters, "def f(high: float, low: float): ...", module) == []


def test_finds_an_assert_wherever_it_stands() -> None:
    assert found(shape.assertions, "def f():\n    if 1:\n        assert 1") == ["jax.domain.planted"]
    assert found(shape.assertions, "def f():\n    raise AssertionError") == []


@pytest.mark.parametrize(
    "module",
    [
        *("jax.utils", "jax.domain.util", "jax.domain.order_utils", "jax.helpers.orders", "jax.ports.common"),
        *(
            "jax.modules.order_manager",
            "jax.adapters.base",
            "jax.adapters.base_broker",
            "jax.adapters.broker_base",
        ),
    ],
)
def test_finds_a_module_whose_name_says_nothing(module: str) -> None:
    assert found(names.empty_names, "", module) == [module]


@pytest.mark.parametrize(
    "module", ["jax.domain.base_currency", "jax.domain.database", "jax.domain.uncommon", "jax.app.management"]
)
def test_leaves_names_that_say_something_alone(module: str) -> None:
    assert found(names.empty_names, "", module) == []


@pytest.mark.parametrize(
    "name",
    [
        *(
            "IBroker",
            "IClock",
            "AbstractStore",
            "_AbstractStore",
            "StoreImpl",
            "Base",
            "BaseStore",
            "StoreBase",
        ),
        *("OrderManager", "OrderHelper", "OrderHelpers", "StringUtils", "CommonStore"),
    ],
)
def test_finds_a_class_whose_name_says_nothing(name: str) -> None:
    assert found(names.empty_names, f"class {name}: ...") == [f"jax.domain.planted:{name}"]


@pytest.mark.parametrize(
    "name", ["IBBroker", "IdSource", "Instrument", "InMemoryClock", "Database", "Implied"]
)
def test_leaves_classes_named_by_what_they_are_alone(name: str) -> None:
    assert found(names.empty_names, f"class {name}: ...") == []


@pytest.mark.parametrize(
    ("text", "door"),
    [
        ("import time", "time"),
        ("from time import monotonic as now", "time"),
        ("import time as clock\nclock.time_ns()", "time"),
        ("from datetime import datetime\ndatetime.now(UTC)", "datetime.datetime.now"),
        ("from datetime import datetime as d\nf(default_factory=d.utcnow)", "datetime.datetime.utcnow"),
        ("import datetime as dt\ndt.datetime.now().date()", "datetime.datetime.now"),
        ("import datetime\ndatetime.date.today()", "datetime.date.today"),
        ("def f():\n    import random", "random"),
        ("from secrets import token_hex", "secrets"),
        ("import numpy as np\nnp.random.default_rng()", "numpy.random"),
        ("import numpy.random", "numpy.random"),
        ("from numpy.random import default_rng", "numpy.random"),
        ("import os\nos.environ['MODE']", "os.environ"),
        ("import os\nos.environ.get('MODE')", "os.environ"),
        ("from os import environ", "os.environ"),
        ("from os import getenv as read", "os.getenv"),
        ("import os\nos.urandom(8)", "os.urandom"),
        ("import uuid\nuuid.uuid4()", "uuid.uuid4"),
        ("from uuid import uuid1", "uuid.uuid1"),
        ("from pathlib import Path\nPath.home()", "pathlib.Path.home"),
        ("from importlib import import_module", "importlib.import_module"),
        ("__import__('numpy')", "__import__"),
    ],
)
@pytest.mark.parametrize("package", ["jax.domain", "jax.ports", "jax.modules.backtest"])
def test_finds_an_open_door(package: str, text: str, door: str) -> None:
    assert found(doors.open_doors, text, f"{package}.planted") == [f"{package}.planted {door}"]


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\ndef f(now: datetime): return now.date()",
        "clock.now()\nself.clock.now()",
        "def f(time, random): return time.time(), random.random()",
        "import uuid\nuuid.uuid5(uuid.NAMESPACE_URL, 'x')",
        "import os\nos.fsync(1)\nos.path.join('a', 'b')",
        "import numpy as np\ndef f(generator: np.random.Generator): ...",
        "from pathlib import Path\nPath('x').read_bytes()",
    ],
)
def test_leaves_what_is_no_door_alone(text: str) -> None:
    assert found(doors.open_doors, text) == []


def test_opens_doors_only_where_they_belong() -> None:
    text = "import time, os\nos.environ"
    assert found(doors.open_doors, text, "jax.app.settings") == []
    assert found(doors.open_doors, text, "jax.adapters.embedded_postgres.server") == []
    assert found(doors.open_doors, text, "jax.adapters.system.clock") == [
        "jax.adapters.system.clock os.environ"
    ]
    assert found(doors.open_doors, text, "jax.adapters.system_of_old") == [
        "jax.adapters.system_of_old os.environ",
        "jax.adapters.system_of_old time",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "class Fill:\n    price: float",
        "class Order:\n    limit_price: float | None",
        "class Account:\n    buying_power: 'Decimal' | list[float]",
        "def f(*, quantity: float): ...",
        "class Trade:\n    @property\n    def realized_pnl(self) -> float: ...",
    ],
)
def test_finds_money_in_float(text: str) -> None:
    assert len(found(money.float_money, text)) == 1


def test_leaves_decimal_money_and_floats_of_strategies_alone() -> None:
    text = "class Fill:\n    price: Decimal\n    confidence: float"
    assert found(money.float_money, text) == []
    for module in ("jax.domain.strategy", "jax.domain.strategies.planted", "jax.domain.indicators.planted"):
        assert found(money.float_money, "class Bar:\n    price: float", module) == []


def test_reads_every_file_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "jax" / "inner").mkdir(parents=True)
    for file in ("__init__.py", "inner/__init__.py", "inner/planted.py", "notes.txt"):
        (tmp_path / "jax" / file).touch()
    modules = [source.module for source in sources_below(tmp_path / "jax", root=tmp_path)]
    assert modules == ["jax", "jax.inner", "jax.inner.planted"]


BREACH = Finding("function-length", "jax.app:run", "90 lines, at most 70", 90)


def test_a_listed_exception_is_silent_while_it_is_exact() -> None:
    assert (
        list(exceptions.complaints([BREACH], [Exempted("function-length", "jax.app:run", 90, "why")])) == []
    )


@pytest.mark.parametrize(
    ("listed", "complaint"),
    [
        ([], "function-length: jax.app:run: 90 lines"),
        ([Exempted("function-length", "jax.app:run", 89, "why")], "function-length: jax.app:run: 90 lines"),
        ([Exempted("function-length", "jax.app:run", 95, "why")], "write size = 90, it has shrunk"),
        ([Exempted("parameters", "jax.app:run", 90, "why")], "function-length: jax.app:run: 90 lines"),
    ],
)
def test_an_exception_that_is_missing_or_not_exact_is_complained_about(
    listed: list[Exempted], complaint: str
) -> None:
    assert complaint in next(exceptions.complaints([BREACH], listed))


def test_an_exception_that_nothing_needs_is_complained_about() -> None:
    complaints = exceptions.complaints([], [Exempted("function-length", "jax.app:run", 90, "why")])
    assert "remove it" in next(complaints)


def test_an_exception_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        exceptions.read('[[exception]]\nrule = "parameters"\nwhere = "jax.app:run"\nsize = 6\n')
