"""Files that nobody but their owner or root can have changed, replaced whole and durably."""

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jax.domain.canonical_json import LARGEST_DOCUMENT_BYTES
from jax.domain.errors import InvalidValue

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# O_NONBLOCK: a pipe under the file's name must not make us wait.
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LOCK_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


class NotGuarded(InvalidValue):
    """Somebody else may have written the file; the field is its path, and the problem says what to do."""


def read_guarded(path: Path) -> bytes:
    """The content; NotGuarded, FileNotFoundError, OSError."""
    with _opened(os.open(path.parent, _FOLDER_FLAGS)) as folder:
        _check_guarded(path.parent, os.fstat(folder))
        try:
            descriptor = os.open(path.name, _READ_FLAGS, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EMLINK):
                raise NotGuarded(
                    str(path), "is a symbolic link, which is not followed: put the file itself there"
                ) from error
            raise
        with _opened(descriptor):
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise NotGuarded(str(path), "is no regular file: put one there")
            _check_guarded(path, status)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(LARGEST_DOCUMENT_BYTES + 1)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other writers of `path` waiting, in this process and in others; makes its folder; OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    with _opened(os.open(path.with_name(f".{path.name}.lock"), _LOCK_FLAGS, 0o600)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def replace(path: Path, content: bytes, *, mode: int) -> None:
    """Puts `content` in the place of what `path` was; all of it survives a loss of power, or OSError."""
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(draft).replace(path)
        with _opened(os.open(path.parent, _FOLDER_FLAGS)) as folder:
            os.fsync(folder)
    except OSError:
        with suppress(OSError):
            Path(draft).unlink()
        raise


def _check_guarded(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in (0, os.geteuid()):
        raise NotGuarded(
            str(path),
            "belongs to another user, who could change it: it has to be root's, or this user's own (chown)",
        )
    if status.st_mode & _WRITABLE_BY_OTHERS:
        raise NotGuarded(
            str(path),
            f"can be changed by others than its owner (mode {stat.S_IMODE(status.st_mode):04o}): look "
            f"whether somebody did, then run `chmod go-w {path}`",
        )


@contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)
