"""What the trader really loads: the import rules read source, and source does not show every import."""

import configparser
import json
import re
import subprocess
import tomllib

import pytest

from tests.architecture.checkout import ROOT, SRC, environment_with, python_command
from tests.architecture.planted_violations import RESEARCH_PACKAGES

TRADER = ("jax.app.trader.wiring", "jax.app.trader.http.app")


# Installed by another dependency, and named by the code that uses them: starlette by fastapi.
INSTALLED_WITH_ANOTHER = {"starlette"}


def listed_in_the_import_rules(option: str) -> set[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    return set(config["importlinter:contract:trader-reaches-no-research"][option].split())


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
    assert halves <= listed_in_the_import_rules("allowed")


def test_the_trader_loads_no_other_service(loaded: set[str]) -> None:
    services = ("approver", "bridge", "demo", "research", "shadow")
    others = tuple(f"jax.app.{service}" for service in services)
    assert [name for name in loaded if name.startswith(others)] == []


def test_everything_that_the_trader_may_import_is_installed_without_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = {re.split(r"[\[<>=~!; ]", line)[0].replace("-", "_") for line in project["dependencies"]}
    assert listed_in_the_import_rules("packages") - INSTALLED_WITH_ANOTHER <= installed
