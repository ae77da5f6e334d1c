"""A strategy is what its bundle's bytes say, and can reach nothing else."""

import sys
from pathlib import Path

import pytest

import jax.domain
from jax.domain.bundle import Bundle, SourceFile, bundle_of
from jax.domain.strategy import BUY, BarValues, Strategy
from jax.domain.strategy_runner import StrategyRunner
from jax.modules.artifacts.load_bundle import BundleRefused, load_strategy

_ENTRY = "jax.domain.strategies.ma_crossover_v1:STRATEGY"
_FILES = (
    "jax/domain/strategies/ma_crossover_v1.py",
    "jax/domain/strategy.py",
    "jax/domain/indicators/simple_moving_average.py",
    "jax/domain/indicators/average_true_range.py",
)


def _shipped_bundle() -> Bundle:
    root = Path(jax.domain.__path__[0]).parent.parent
    return bundle_of([SourceFile(path, (root / path).read_text()) for path in _FILES])


def _bundle_with(source: str, **more: str) -> Bundle:
    strategy = next(file for file in _shipped_bundle().files if file.path == "jax/domain/strategy.py")
    files = [SourceFile("mine.py", source), strategy]
    return bundle_of(files + [SourceFile(f"{name}.py", text) for name, text in more.items()])


_MINIMAL = """
from typing import NamedTuple
from jax.domain.strategy import NO_DECISION, Strategy

class Params(NamedTuple):
    length: int = 3

class Inputs(NamedTuple):
    pass

def indicators(params):
    return ()

def decide(state, bar, inputs, params):
    return state, NO_DECISION

STRATEGY = Strategy("mine", Params(), Inputs, indicators, 0, decide, ("none",), lambda params: "")
"""


def test_the_bundle_decides_exactly_as_the_installed_strategy_does() -> None:
    from jax.domain.strategies.ma_crossover_v1 import STRATEGY

    loaded = load_strategy(_shipped_bundle(), _ENTRY)
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
        for file in _shipped_bundle().files
    ]
    with pytest.raises(BundleRefused, match=r"ma_crossover_v1\.py cannot be run: RuntimeError"):
        load_strategy(bundle_of(changed), _ENTRY)


def test_a_loaded_bundle_leaves_nothing_in_the_interpreter() -> None:
    before = set(sys.modules)
    load_strategy(_bundle_with(_MINIMAL), "mine:STRATEGY")
    assert set(sys.modules) == before


def test_a_file_of_the_bundle_may_import_another_relatively() -> None:
    source = "from .sums import ONE\n" + _MINIMAL
    files = [
        SourceFile("user/mine.py", source),
        SourceFile("user/sums.py", "ONE = 1\n"),
        next(file for file in _shipped_bundle().files if file.path == "jax/domain/strategy.py"),
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
        ("open('/etc/hostname')", "NameError: name 'open' is not defined"),
        ("exec('1')", "NameError: name 'exec' is not defined"),
        ("__import__('os')", "`import os` is not allowed"),
        ("1 / 0", "ZeroDivisionError"),
        ("def broken(", "SyntaxError"),
    ],
)
def test_refuses_a_file_that_reaches_outside_or_fails(line: str, problem: str) -> None:
    with pytest.raises(BundleRefused) as refusal:
        load_strategy(_bundle_with(f"{line}\n{_MINIMAL}"), "mine:STRATEGY")
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
        load_strategy(_bundle_with(_MINIMAL), entry)


def test_allows_the_modules_that_strategies_may_use() -> None:
    source = (
        "from __future__ import annotations\nimport math\nimport collections.abc\nfrom enum import Enum\n"
    )
    use = "\nassert math.sqrt(4.0) == 2.0 and collections.abc.Sequence and Enum\n"
    strategy = load_strategy(_bundle_with(source + _MINIMAL.lstrip() + use), "mine:STRATEGY")
    assert isinstance(strategy, Strategy)


def test_the_class_of_strategies_is_no_strategy() -> None:
    with pytest.raises(BundleRefused, match="strategy:Strategy is not a Strategy"):
        load_strategy(_shipped_bundle(), "jax.domain.strategy:Strategy")
