"""Each import rule of .importlinter refuses what it is there to refuse."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.architecture import model_house
from tests.architecture.checkout import ROOT, environment_with, python_command
from tests.architecture.planted_violations import PLANTS

CONFIG = ROOT / ".importlinter"
STALE_EXCEPTION = "an exception is left over"


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Return the broken contracts of every planted tree, of the clean tree ("") and of a stale exception."""
    folder = tmp_path_factory.mktemp("planted trees")
    planted: dict[str, Mapping[str, str]] = {name: plant.files for name, plant in PLANTS.items()}
    trees = {**planted, "": {}, STALE_EXCEPTION: {"domain/canonical_json.py": "import json"}}
    for number, files in enumerate(trees.values()):
        model_house.build(folder / str(number), files)
    folders = [str(folder / str(number)) for number in range(len(trees))]
    done = subprocess.run(
        python_command("-m", "tests.architecture.lint_trees", str(CONFIG), *folders),
        capture_output=True,
        check=True,
        cwd=folder,
        env=environment_with(ROOT),
        text=True,
    )
    results = json.loads(done.stdout.splitlines()[-1])
    return {name: results[path] for name, path in zip(trees, folders, strict=True)}


def test_keeps_every_rule_in_the_model_house(broken: dict[str, dict[str, str]]) -> None:
    assert broken[""] == {}


@pytest.mark.parametrize("name", PLANTS)
def test_refuses_when(broken: dict[str, dict[str, str]], name: str) -> None:
    contract, _, named = PLANTS[name]
    assert contract in broken[name], f"kept although {name}; broken are {sorted(broken[name])}"
    assert named in broken[name][contract]


def test_an_exception_that_nothing_needs_is_an_error(broken: dict[str, dict[str, str]]) -> None:
    assert "rfc8785" in broken[STALE_EXCEPTION]["error"]


def test_every_rule_has_a_planted_violation() -> None:
    sections = [
        line for line in CONFIG.read_text().splitlines() if line.startswith("[importlinter:contract:")
    ]
    assert {line.split(":")[2].rstrip("]") for line in sections} == {
        plant.contract for plant in PLANTS.values()
    }


def lint_imports(search_path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        python_command(
            "-c",
            "from importlinter.cli import lint_imports_command as run; run()",
            *("--config", str(CONFIG), "--no-cache", "--no-logo"),
        ),
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environment_with(search_path),
        text=True,
    )


def test_the_command_fails_on_a_planted_tree(tmp_path: Path) -> None:
    model_house.build(tmp_path, {"domain/planted.py": "import numpy"})
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert "jax.domain.planted -> numpy (l.1)" in done.stdout
