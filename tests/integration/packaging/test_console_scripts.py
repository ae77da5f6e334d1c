"""Every command of pyproject.toml is installed and answers the two questions that anybody asks first."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import dev
from tests.unit.packaging.project_metadata import PROJECT

SCRIPTS: dict[str, str] = PROJECT["scripts"]


def answer(script: str, option: str) -> str:
    file = Path(sys.executable).with_name(script)
    assert file.exists(), f"{script} is not installed: run `python3 dev.py test`."
    done = subprocess.run(
        [str(file), option],
        capture_output=True,
        check=False,
        env=dev.run_environment({}),
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_prints_help_that_names_it(script: str) -> None:
    assert f"Usage: {script} " in answer(script, "--help")


@pytest.mark.parametrize("script", SCRIPTS)
def test_prints_its_version(script: str) -> None:
    assert answer(script, "--version").split() == [script, PROJECT["version"]]


def test_the_scripts_are_those_of_the_architecture() -> None:
    assert set(SCRIPTS) == {
        "jax",
        "jax-trader",
        "jax-research",
        "artifact-approver",
        "jax-shadow",
        "ib-bridge",
    }


def test_the_strategies_that_pyproject_registers_can_be_found() -> None:
    registered = PROJECT["entry-points"]["jax.strategies"]
    found = {entry.name: entry.value for entry in entry_points(group="jax.strategies")}
    assert found.items() >= registered.items()
    assert all(entry.load() for entry in entry_points(group="jax.strategies") if entry.name in registered)
