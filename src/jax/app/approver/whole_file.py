"""Files that are there whole, or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from jax.app.console import CommandFailed


def refuse_taken(path: Path, remedy: str = "name another file") -> None:
    """CommandFailed when something is at `path`: said before anything takes long."""
    if path.exists() or path.is_symlink():
        raise CommandFailed(f"{path} is there already, and is not overwritten: {remedy}")


@contextmanager
def whole_file(path: Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """What the block writes is at `path` (mode 0600) once it has ended well; CommandFailed says why not."""
    if not overwrite:
        refuse_taken(path)
    try:
        with _draft(path) as draft:
            with draft.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if overwrite:
                draft.replace(path)
            else:
                _put(draft, path)
            _sync_folder(path.parent)
    except OSError as error:
        raise CommandFailed(
            f"{path} cannot be written ({error.strerror or error}): name a file in a folder that you can "
            "write, with free space"
        ) from error


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """An empty file beside `path` that nobody else may read; gone afterwards."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(descriptor)
    draft = Path(name)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _put(draft: Path, path: Path) -> None:
    """Gives the draft its name, unless somebody has taken it meanwhile."""
    try:
        os.link(draft, path)
    except FileExistsError:
        refuse_taken(path)
        raise
    except OSError:
        # Where there are no hard links, as on many a stick, the name is taken first and then replaced.
        path.open("xb").close()
        draft.replace(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
