"""Files and users, for a test that runs as root or as anybody."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SOMEBODY_ELSE = 4242


def give_away(path: Path) -> None:
    """Makes `path` another user's; only root can, so that others skip the test."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(path, _SOMEBODY_ELSE, _SOMEBODY_ELSE)


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """This process is another user for a while; only root can be, so that others skip the test."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as another user")
    os.seteuid(_SOMEBODY_ELSE)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def folder_that_all_may_enter() -> Iterator[Path]:
    """A new folder that every user may list; those of pytest are its own user's alone."""
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder)
