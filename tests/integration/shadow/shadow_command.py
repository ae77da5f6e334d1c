"""jax-shadow as a process of its own."""

import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from tests.architecture.checkout import SRC

_OURS = ("DATABASE_URL", "LEGACY_", "JAX_")


def run_compare(home: Path, legacy: str, shadow: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """A comparison of everything up to now that ends by itself."""
    return subprocess.run(
        _command(options),
        capture_output=True,
        check=False,
        env=_environment(home, legacy, shadow),
        text=True,
        timeout=60,
    )


def start_compare(
    home: Path, legacy: str, shadow: str, *options: str
) -> "AbstractContextManager[subprocess.Popen[bytes]]":
    """One that goes on by itself."""
    return subprocess.Popen(
        _command(options),
        env=_environment(home, legacy, shadow),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _command(options: tuple[str, ...]) -> list[str]:
    return [
        sys.executable,
        "-m",
        "jax.app.shadow.cli",
        "compare",
        "--since",
        "1d",
        "--settle",
        "0s",
        *options,
    ]


def _environment(home: Path, legacy: str, shadow: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    ours = {"JAX_HOME": str(home), "LEGACY_DATABASE_URL": legacy, "DATABASE_URL": shadow}
    return {**inherited, "PYTHONPATH": str(SRC), "NO_COLOR": "1", **ours}
