"""A virtual environment that holds the wheel of this checkout and what the trader needs, and no more."""

import json
import os
import subprocess
import sys
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dev
from tests.unit.packaging.project_metadata import DECLARED, LOCK

_BUILD = "import sys; from flit_core.buildapi import build_wheel; print(build_wheel(sys.argv[1]))"


def build_wheel(folder: Path) -> Path:
    """Build this checkout's wheel into `folder`, with nothing but what is installed here."""
    name = _run(sys.executable, "-c", _BUILD, str(folder)).splitlines()[-1]
    return folder / name


def closure(requirements: list[Requirement]) -> set[str]:
    """Return the canonical names of what `requirements` need here, as the installed packages declare it."""
    needed: set[str] = set()
    asked: set[tuple[str, str]] = set()
    waiting = [(each, "") for each in requirements]
    while waiting:
        requirement, asking_extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": asking_extra}):
            continue
        needed.add(canonicalize_name(requirement.name))
        for extra in ("", *requirement.extras):
            if (requirement.name, extra) not in asked:
                asked.add((requirement.name, extra))
                waiting += [(Requirement(line), extra) for line in requires(requirement.name) or []]
    return needed


class FreshEnvironment:
    """A new environment in `folder`."""

    def __init__(self, folder: Path) -> None:
        """Make it, without pip, and install the base dependencies by their hashes and then the wheel."""
        self.venv = folder / "venv"
        self.python = self.venv / "bin" / "python"
        _run(sys.executable, "-m", "venv", "--without-pip", str(self.venv))
        blocks = dev.lock_blocks(LOCK)
        self.needed = closure(DECLARED[""])
        locked = folder / "base.lock"
        locked.write_text("".join(blocks[name] for name in sorted(self.needed)), encoding="utf-8")
        self.wheel = build_wheel(folder)
        self._install("--no-deps", *dev.HASHED_WHEELS, "-r", str(locked))
        self._install("--no-deps", "--no-index", str(self.wheel))

    def run(self, *command: str) -> str:
        """Run a program of the environment, away from the checkout, and return what it prints."""
        return _run(str(self.venv / "bin" / command[0]), *command[1:], cwd=self.venv)

    def distributions(self) -> set[str]:
        """Return the canonical names of what is installed in it."""
        source = (
            "import importlib.metadata as m, json; print(json.dumps([d.name for d in m.distributions()]))"
        )
        return {canonicalize_name(name) for name in json.loads(self.run("python", "-I", "-c", source))}

    def _install(self, *arguments: str) -> None:
        if find_spec("uv"):
            command, environment = dev.uv_pip("install", "--quiet", "--python", str(self.python), *arguments)
            _run(*command, environment=environment)
        else:
            _run(sys.executable, "-m", "pip", "--quiet", "--python", str(self.python), "install", *arguments)


def _run(*command: str, cwd: Path = dev.ROOT, environment: dict[str, str] | None = None) -> str:
    clean = dev.without_leaks(os.environ)
    done = subprocess.run(
        command, capture_output=True, check=False, cwd=cwd, env=environment or clean, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{command} failed with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout
