"""Files that are made once: whole, with their mode from the first byte on, and never over another."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NewFile:
    """What is to be written, and who may read it."""

    path: Path
    content: bytes
    mode: int


def create(files: Sequence[NewFile]) -> None:
    """Makes all of them, in one folder, or none; FileExistsError names the path that is taken; OSError."""
    folder = files[0].path.parent
    with _staged(folder, files) as staged:
        made: list[Path] = []
        try:
            for file, draft in zip(files, staged, strict=True):
                os.link(draft, file.path)  # unlike a rename, it fails where something is
                made.append(file.path)
            _sync_folder(folder)
        except OSError as error:
            for path in made:
                with suppress(OSError):
                    path.unlink()
            if isinstance(error, FileExistsError):
                raise FileExistsError(error.errno, error.strerror, str(file.path)) from None
            raise


@contextmanager
def _staged(folder: Path, files: Sequence[NewFile]) -> Iterator[list[Path]]:
    drafts: list[Path] = []
    try:
        for file in files:
            # Opened with O_EXCL and mode 0600.
            descriptor, name = tempfile.mkstemp(prefix=".jax-new-", dir=folder)
            drafts.append(Path(name))
            with os.fdopen(descriptor, "wb") as stream:
                os.fchmod(descriptor, file.mode)
                stream.write(file.content)
                stream.flush()
                os.fsync(descriptor)
        yield drafts
    finally:
        for draft in drafts:
            with suppress(OSError):
                draft.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
