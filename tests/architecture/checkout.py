"""Where the checkout is, whatever the working directory."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
JAX = SRC / "jax"


def environment_with(*search_path: Path) -> dict[str, str]:
    """Return the environment of a child process that imports from `search_path` first."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(str(folder) for folder in search_path)}


def module_name(file: Path, *, below: Path) -> str:
    """Return the dotted name of the module in `file`, for a package whose parent folder is `below`."""
    parts = file.relative_to(below).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_command(*arguments: str) -> list[str]:
    """Return the command that runs this interpreter with `arguments`."""
    return [sys.executable, *arguments]
