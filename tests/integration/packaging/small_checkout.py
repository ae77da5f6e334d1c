"""A checkout that is small but real: this project's dev.py, a package called jax, and a lock of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import dev
from tests.integration.packaging.wheelhouse import Wheelhouse

_PYPROJECT = """\
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"

[project]
name = "jax-trading-assistant"
version = "1.2.3"
description = "small"
scripts = { jax = "jax.app:main" }

[tool.flit.module]
name = "jax"
"""
# Says what it was given and where its code comes from, and nothing else.
_APP = """\
import json, os, sys

def main():
    import rfc8785
    print(json.dumps({
        "arguments": sys.argv[1:],
        "code": __file__,
        "home": os.environ["JAX_HOME"],
        "library": rfc8785.__file__,
        "prefix": sys.prefix,
        "working_directory": os.getcwd(),
    }))
"""
# Waits until it is told to end, and then takes its time to clean up.
_BENCH = """\
import pathlib, signal, sys, time

def clean_up(*_):
    time.sleep(0.5)
    pathlib.Path("cleaned up").touch()
    sys.exit(0)

signal.signal(signal.SIGTERM, clean_up)
pathlib.Path("started").touch()
time.sleep(60)
"""


class SmallCheckout:
    """The checkout in the folder `root`, which need not exist, and the wheels that it is set up from."""

    def __init__(self, root: Path, wheelhouse: Wheelhouse) -> None:
        """Write the files, and a lock of all the wheels."""
        self.root, self.wheelhouse = root, wheelhouse
        self.venv = root / ".venv"
        self.lock = root / "requirements.lock"
        for name, text in (
            ("pyproject.toml", _PYPROJECT),
            ("src/jax/__init__.py", '"""Small."""\n'),
            ("src/jax/app.py", _APP),
            ("tests/bench/__main__.py", _BENCH),
        ):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        shutil.copy(dev.ROOT / "dev.py", root)
        self.write_lock(*wheelhouse.blocks)

    def write_lock(self, *names: str) -> None:
        """Write a lock of the packages called `names`."""
        self.lock.write_text("".join(self.wheelhouse.blocks[name] for name in names), encoding="utf-8")

    def environment(self, **variables: str) -> dict[str, str]:
        """Return an environment in which pip, and by it uv, take packages from the folder of wheels alone."""
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "UV_", "PYTHON"))
        }
        return {
            **ours,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": self.wheelhouse.folder.as_uri(),
            "PIP_NO_CACHE_DIR": "1",
            "PIP_NO_INDEX": "1",
            "UV_CACHE_DIR": str(self.wheelhouse.folder / "uv cache"),
            **variables,
        }

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of dev.py with `arguments`."""
        return [sys.executable, str(self.root / "dev.py"), *arguments]

    def dev(
        self, *arguments: str, cwd: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run dev.py to its end."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            check=False,
            cwd=cwd or self.root,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            text=True,
        )
