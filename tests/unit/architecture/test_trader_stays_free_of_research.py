"""What the trader really loads: the import rules read source, and source does not show every import."""

import configparser
import json
import subprocess

import pytest

from tests.architecture.checkout import ROOT, SRC, environment_with, python_command
from tests.architecture.planted_violations import RESEARCH_PACKAGES

TRADER = ("jax.app.trader.wiring", "jax.app.trader.http.app")


def allowed_by_the_import_rules() -> set[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    return set(config["importlinter:contract:trader-reaches-no-research"]["allowed"].split())


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """Return the names of `sys.modules` of a fresh interpreter that has imported the trader."""
    done = subprocess.run(
        python_command(
            "-c", f"import {', '.join(TRADER)}, json, sys; print(json.dumps(sorted(sys.modules)))"
        ),
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environment_with(SRC),
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_trader_loads_no_research_package(loaded: set[str]) -> None:
    roots = {name.partition(".")[0] for name in loaded}
    assert "fastapi" in roots
    assert not roots & set(RESEARCH_PACKAGES)


def test_the_trader_loads_no_broker_package(loaded: set[str]) -> None:
    assert not {"ib_async", "ccxt"} & {name.partition(".")[0] for name in loaded}


def test_the_trader_loads_only_its_own_half_of_jax(loaded: set[str]) -> None:
    halves = {
        ".".join(name.split(".")[:3]) for name in loaded if name.startswith(("jax.modules.", "jax.adapters."))
    }
    assert halves
    assert halves <= allowed_by_the_import_rules()


def test_the_trader_loads_no_other_service(loaded: set[str]) -> None:
    services = ("approver", "bridge", "demo", "research", "shadow")
    others = tuple(f"jax.app.{service}" for service in services)
    assert [name for name in loaded if name.startswith(others)] == []
