"""A throw-away environment with the other engines in it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
_REQUIREMENTS = Path(__file__).with_name("requirements.txt")


@contextmanager
def peers_python(given: str | None) -> Iterator[Path]:
    """The Python of an environment that holds requirements.txt: the `given` one, or one made for this run.

    The new one is in a temporary folder and gone afterwards; its packages come from whatever index pip is set
    up with. OSError: it could not be made.
    """
    if given is not None:
        yield Path(given)
        return
    with tempfile.TemporaryDirectory(prefix="bench-peers-") as folder:
        print(f"setting up the other engines in {folder}", flush=True)
        python = Path(folder, "bin", "python")
        _run(sys.executable, "-m", "venv", folder)
        quiet = ("--quiet", "--no-input", "--disable-pip-version-check", "--only-binary", ":all:")
        _run(str(python), "-m", "pip", "install", *quiet, "-r", str(_REQUIREMENTS))
        yield python


def without_jax(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for a process that is not to see Jax's source or packages."""
    return {name: value for name, value in environ.items() if name != "PYTHONPATH"}


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, env=without_jax(os.environ), stdout=sys.stderr)
    if done.returncode:
        raise OSError(f"the other engines' environment could not be made: {' '.join(command[:4])} failed")
