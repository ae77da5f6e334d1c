"""The bytes that were hashed are the bytes that run, whatever lies on the path before, between or after."""

import importlib
import py_compile
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jax.adapters.strategy_catalog.installed_strategies import InstalledStrategies
from jax.domain.bundle import Bundle, decode_bundle
from jax.domain.strategy import BarValues
from jax.domain.strategy_runner import StrategyRunner
from jax.modules.artifacts.load_bundle import load_strategy
from tests.unit.artifacts.small_bundles import MINIMAL

_ENTRY = "grown.rule:STRATEGY"
_RULE = "from grown.limits import LIMIT\n" + MINIMAL.replace(
    "return state, NO_DECISION", "return state, NO_DECISION._replace(confidence=LIMIT)"
)
_LIMITS, _POISON = "LIMIT = 1.5\n", "LIMIT = 9.5\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package `grown`, first on the path, which registers its strategy."""
    folder = tmp_path / "grown"
    folder.mkdir()
    for name, text in {"__init__": "", "rule": _RULE, "limits": _LIMITS}.items():
        (folder / f"{name}.py").write_text(text)
    entries = tmp_path / "grown-1.0.dist-info"
    entries.mkdir()
    (entries / "METADATA").write_text("Metadata-Version: 2.1\nName: grown\nVersion: 1.0\n")
    (entries / "entry_points.txt").write_text(f"[jax.strategies]\ngrown = {_ENTRY}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "grown"]:
        del sys.modules[name]


def bundled() -> Bundle:
    return InstalledStrategies().source("grown").bundle


def decided(bundle: Bundle) -> float:
    strategy = load_strategy(bundle, _ENTRY)
    return StrategyRunner(strategy, strategy.params).on_bar(BarValues(1.0, 1.0, 1.0, 1.0, 1.0)).confidence


def imported() -> float:
    """What an import of the package finds, which is not what a trader may trust."""
    importlib.invalidate_caches()
    return float(importlib.import_module("grown.limits").LIMIT)


def poison_the_cache(folder: Path) -> None:
    """Leave other code in limits.py's .pyc, which Python believes without a look at the source."""
    source = folder / "limits.py"
    source.write_text(_POISON)
    py_compile.compile(
        str(source), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    source.write_text(_LIMITS)


def test_a_poisoned_cache_plays_no_part(package: Path) -> None:
    poison_the_cache(package)
    assert imported() == 9.5
    assert decided(bundled()) == 1.5


def test_a_module_that_was_imported_before_plays_no_part(package: Path) -> None:
    (package / "limits.py").write_text(_POISON)
    assert imported() == 9.5
    (package / "limits.py").write_text(_LIMITS)
    assert decided(bundled()) == 1.5


def test_a_file_that_is_changed_after_it_was_hashed_plays_no_part(package: Path) -> None:
    bundle = bundled()
    (package / "limits.py").write_text(_POISON)
    assert imported() == 9.5
    assert decided(bundle) == 1.5
    assert bundled().sha256 != bundle.sha256


def test_a_package_that_comes_first_on_the_path_later_plays_no_part(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = bundled()
    other = tmp_path / "other" / "grown"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    (other / "limits.py").write_text(_POISON)
    monkeypatch.syspath_prepend(str(other.parent))
    assert imported() == 9.5
    assert decided(bundle) == 1.5
    assert package.exists()


def test_files_that_vanish_between_check_and_load_are_not_missed(package: Path) -> None:
    encoded = bundled().encoded()
    for file in package.iterdir():
        file.unlink()
    assert decided(decode_bundle(encoded)) == 1.5


def test_a_file_that_is_swapped_while_the_bundle_runs_plays_no_part(package: Path) -> None:
    strategy = load_strategy(bundled(), _ENTRY)
    runner = StrategyRunner(strategy, strategy.params)
    (package / "limits.py").write_text(_POISON)
    bar = BarValues(1.0, 1.0, 1.0, 1.0, 1.0)
    assert [runner.on_bar(bar).confidence for _ in range(2)] == [1.5, 1.5]


def test_a_changed_text_is_another_bundle_also_for_what_was_compiled_before(package: Path) -> None:
    assert decided(bundled()) == 1.5
    (package / "limits.py").write_text(_POISON)
    assert decided(bundled()) == 9.5


def test_a_module_of_the_path_with_the_name_of_an_allowed_one_plays_no_part(package: Path) -> None:
    (package.parent / "math.py").write_text("def sqrt(x):\n    return -1.0\n")
    (package.parent / "typing.py").write_text("raise RuntimeError\n")
    (package / "rule.py").write_text(
        "from math import sqrt\n" + _RULE.replace("=LIMIT)", "=sqrt(LIMIT * LIMIT))")
    )
    assert decided(bundled()) == 1.5
