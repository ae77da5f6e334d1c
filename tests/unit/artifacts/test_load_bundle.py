"""A strategy is what its bundle's bytes say, and can reach nothing else."""

import sys

import pytest

from jax.adapters.strategy_catalog.imports import ALLOWED
from jax.domain.bundle import SourceFile, bundle_of
from jax.domain.strategy import BUY, BarValues, Strategy
from jax.domain.strategy_runner import StrategyRunner
from jax.modules.artifacts.load_bundle import ALLOWED_MODULES, BundleRefused, load_strategy
from tests.unit.artifacts.small_bundles import (
    ENTRY,
    MINIMAL,
    SHIPPED_ENTRY,
    bundle_with,
    contract_file,
    shipped_bundle,
)


def test_the_bundle_decides_exactly_as_the_installed_strategy_does() -> None:
    from jax.domain.strategies.ma_crossover_v1 import STRATEGY

    loaded = load_strategy(shipped_bundle(), SHIPPED_ENTRY)
    theirs, ours = StrategyRunner(loaded, loaded.params), StrategyRunner(STRATEGY, STRATEGY.params)
    actions = []
    for day in range(400):
        close = 100.0 + day * 0.1 + (day % 7) - 3.0
        bar = BarValues(close - 0.5, close + 1.0, close - 1.0, close, 1000.0 + day % 11)
        mine, its = ours.on_bar(bar), theirs.on_bar(bar)
        assert tuple(mine) == tuple(its)
        actions.append(its.action)
    assert BUY in actions


def test_what_lies_on_the_path_plays_no_part() -> None:
    changed = [
        SourceFile(file.path, file.source.replace("def decide(", "raise RuntimeError\ndef decide("))
        if file.path.endswith("ma_crossover_v1.py")
        else file
        for file in shipped_bundle().files
    ]
    with pytest.raises(BundleRefused, match=r"ma_crossover_v1\.py cannot be run: RuntimeError"):
        load_strategy(bundle_of(changed), SHIPPED_ENTRY)


def test_a_loaded_bundle_leaves_nothing_in_the_interpreter() -> None:
    before = set(sys.modules)
    load_strategy(bundle_with(MINIMAL), ENTRY)
    assert set(sys.modules) == before


def test_a_file_of_the_bundle_may_import_another_relatively() -> None:
    source = "from .sums import ONE\n" + MINIMAL
    files = [
        SourceFile("user/mine.py", source),
        SourceFile("user/sums.py", "ONE = 1\n"),
        contract_file(),
    ]
    assert load_strategy(bundle_of(files), "user.mine:STRATEGY").name == "mine"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("from os import environ", "os is not in the bundle"),
        ("import os", "`import os` is not allowed"),
        ("import jax.ports.clock", "`import jax.ports.clock` is not allowed"),
        ("from jax.domain.checks import positive", "jax.domain.checks is not in the bundle"),
        ("from importlib import import_module", "importlib is not in the bundle"),
        ("open('/etc/hostname')", "mine.py line 1: `open` is not defined here and no builtin"),
        ("exec('1')", "mine.py line 1: `exec` is not defined here"),
        ("__import__('os')", "mine.py line 1: `__import__` is not defined here"),
        ("X = 1\nY = X / 0", "mine.py cannot be run: ZeroDivisionError: division by zero (line 2)"),
        (
            "def f():\n    return 1 / 0\n\nX = f()",
            "mine.py cannot be run: ZeroDivisionError: division by zero (line 2)",
        ),
        (
            "from typing import NamedTuple\nclass A(NamedTuple):\n    x: int = 1\n    y: int",
            "cannot follow default field x (line 2)",
        ),
        ("raise ValueError('x' * 9999)", "x (line 1)"),
        ("assert 1 > 2, 'is checked whatever Python was told'", "AssertionError: is checked whatever"),
        ("def broken(", "SyntaxError"),
    ],
)
def test_refuses_a_file_that_reaches_outside_or_fails(line: str, problem: str) -> None:
    with pytest.raises(BundleRefused) as refusal:
        load_strategy(bundle_with(f"{line}\n{MINIMAL}"), ENTRY)
    assert problem in str(refusal.value)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("mine:NOTHING", "mine:NOTHING is not a Strategy"),
        ("mine:Params", "mine:Params is not a Strategy"),
        ("elsewhere:STRATEGY", "elsewhere is not in the bundle"),
    ],
)
def test_refuses_an_entry_that_is_no_strategy(entry: str, problem: str) -> None:
    with pytest.raises(BundleRefused, match=problem):
        load_strategy(bundle_with(MINIMAL), entry)


def test_allows_the_modules_that_strategies_may_use() -> None:
    source = (
        "from __future__ import annotations\nimport math\nimport collections.abc\nfrom enum import Enum\n"
    )
    use = "\nassert math.sqrt(4.0) == 2.0 and collections.abc.Sequence and Enum\n"
    strategy = load_strategy(bundle_with(source + MINIMAL.lstrip() + use), ENTRY)
    assert isinstance(strategy, Strategy)


def test_the_class_of_strategies_is_no_strategy() -> None:
    with pytest.raises(BundleRefused, match="strategy:Strategy is not a Strategy"):
        load_strategy(shipped_bundle(), "jax.domain.strategy:Strategy")


def test_a_reason_is_cut_to_a_length_that_a_log_can_hold() -> None:
    with pytest.raises(BundleRefused) as refusal:
        load_strategy(bundle_with("raise ValueError('x' * 9999)"), ENTRY)
    assert len(str(refusal.value)) < 300


def test_an_imitation_of_a_strategy_is_none() -> None:
    imitation = f"class Imitation(Protocol):\n    _fields = {Strategy._fields}\nSTRATEGY = Imitation()\n"
    with pytest.raises(BundleRefused, match="mine:STRATEGY is not a Strategy"):
        load_strategy(bundle_with("from typing import Protocol\n" + imitation), ENTRY)


def test_the_catalog_lets_through_the_modules_that_the_loader_knows() -> None:
    assert ALLOWED == ALLOWED_MODULES


def test_a_text_that_was_checked_in_one_bundle_is_checked_anew_in_another() -> None:
    source = "from sums import ONE\n" + MINIMAL
    load_strategy(bundle_with(source, SourceFile("sums.py", "ONE = 1\n")), ENTRY)
    with pytest.raises(BundleRefused, match=r"mine\.py line 1: sums is not in the bundle"):
        load_strategy(bundle_with(source), ENTRY)


def test_a_file_that_two_others_import_runs_once() -> None:
    sides = SourceFile("sides.py", "from enum import Enum\nclass Side(Enum):\n    UP = 1\n")
    up = SourceFile("up.py", "from sides import Side\nUP = Side.UP\n")
    source = f"from sides import Side\nfrom up import UP\nassert UP is Side.UP\n{MINIMAL}"
    assert load_strategy(bundle_with(source, sides, up), ENTRY).name == "mine"


def test_files_that_import_one_another_in_a_ring_are_refused() -> None:
    ring = SourceFile("ring.py", "from mine import STRATEGY\n")
    with pytest.raises(BundleRefused, match=r"ring\.py cannot be run: ImportError: .*STRATEGY.* \(line 1\)"):
        load_strategy(bundle_with(f"from ring import STRATEGY\n{MINIMAL}", ring), ENTRY)


def test_a_strategy_whose_indicators_fail_on_its_own_parameters_is_refused() -> None:
    source = MINIMAL.replace("    return ()", "    return 1 / (params.length - 3)")
    with pytest.raises(BundleRefused, match=r"mine\.py cannot be run: ZeroDivisionError: .* \(line 12\)"):
        load_strategy(bundle_with(source), ENTRY)


_OF_THE_OLD_CONTRACT = """
class Indicator(NamedTuple):
    name: str
    length: int
    lag: int
    initial: int
    step: int

def indicators(params):
    return (Indicator("average", 3, 0, 0, 0),) if params.length > LIMIT else ()

STRATEGY = STRATEGY._replace(indicators=indicators)
"""


def test_indicators_of_another_versions_contract_are_refused_with_the_remedy() -> None:
    source = f"LIMIT = 0\n{MINIMAL}{_OF_THE_OLD_CONTRACT}"
    with pytest.raises(BundleRefused) as refusal:
        load_strategy(bundle_with(source), ENTRY)
    assert str(refusal.value) == (
        "its indicator has the fields name, length, lag, initial, step, and this version of Jax runs those "
        "with name, arguments, lag, initial, step: build the artifact again with this version"
    )


def test_they_are_refused_when_they_are_declared_for_other_parameters_only() -> None:
    strategy = load_strategy(bundle_with(f"LIMIT = 5\n{MINIMAL}{_OF_THE_OLD_CONTRACT}"), ENTRY)
    assert strategy.indicators(strategy.params) == ()
    with pytest.raises(BundleRefused, match="build the artifact again with this version"):
        strategy.indicators(strategy.params._replace(length=6))


def test_an_indicator_that_is_no_named_tuple_is_refused() -> None:
    source = MINIMAL.replace("    return ()", '    return (("average", (3,), 0, 0, decide),)')
    with pytest.raises(BundleRefused, match="its indicator has the fields none, and this version"):
        load_strategy(bundle_with(source), ENTRY)


def test_a_contract_whose_decisions_have_other_fields_is_refused_with_the_remedy() -> None:
    contract = contract_file()
    six = contract.source.replace("    entry: float\n", "").replace("(NOTHING, 0.0, ", "(NOTHING, ")
    older = SourceFile(contract.path, six)
    with pytest.raises(BundleRefused) as refusal:
        load_strategy(bundle_of([SourceFile("mine.py", MINIMAL), older]), ENTRY)
    assert "its decision has the fields action, confidence, stop, " in str(refusal.value)
    assert "build the artifact again with this version" in str(refusal.value)
