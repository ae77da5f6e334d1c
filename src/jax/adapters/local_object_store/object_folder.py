"""The folder's files: written once, whole or not at all, found without following links."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from jax.ports.errors import Conflict, NotFound, PortError, Unavailable

_LOCK = ".lock"
# One writer at a time stages here; what a killed one left is overwritten by the next.
_STAGING = ".staging"
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class ObjectFolder:
    """Objects are named by the parts of their keys, which the caller has checked."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, parts: Sequence[str]) -> Path:
        """Where the object is, or would be."""
        return self._root.joinpath(*parts)

    def read(self, parts: Sequence[str]) -> bytes:
        """The object's bytes; NotFound; Unavailable when they cannot be read."""
        path = self.path(parts)
        try:
            with _opened(os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as root:
                return _read(root, parts)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFound(f"There is no object {path}") from error
        except OSError as error:
            raise Unavailable(f"The object {path} cannot be read ({_reason(error)})") from error

    def write(self, parts: Sequence[str], content: bytes) -> None:
        """Stores the object; Conflict when it is there with other bytes; Unavailable."""
        path = self.path(parts)
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _opened(os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as root:
                _lock_and_write(root, parts, content, path)
        except PortError:
            raise
        except OSError as error:
            raise Unavailable(
                f"The object {path} cannot be written ({_reason(error)}): "
                f"make {self._root} a writable folder with free space"
            ) from error


def _lock_and_write(root: int, parts: Sequence[str], content: bytes, path: Path) -> None:
    lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=root)
    with _opened(lock):
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            stored = _read(root, parts)
        except FileNotFoundError:
            _write(root, parts, content)
            return
        except (IsADirectoryError, NotADirectoryError) as error:
            raise Conflict(f"The name {path} is taken by something that is not an object") from error
        if stored != content:
            raise Conflict(f"The object {path} is there already with other content: objects never change")


def _read(root: int, parts: Sequence[str]) -> bytes:
    with _folder(root, parts[:-1]) as folder:
        descriptor = os.open(parts[-1], _READ_FLAGS, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not stat.S_ISREG(mode):
                raise OSError(errno.EINVAL, "it is not a regular file")
            return file.read()


def _write(root: int, parts: Sequence[str], content: bytes) -> None:
    """Stages the content durably before anything of the object's own path is made."""
    made: list[tuple[str, ...]] = []
    try:
        descriptor = os.open(_STAGING, _WRITE_FLAGS, 0o600, dir_fd=root)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        _make_folders(root, parts[:-1], made)
        with _folder(root, parts[:-1]) as folder:
            os.rename(_STAGING, parts[-1], src_dir_fd=root, dst_dir_fd=folder)
            os.fsync(folder)
    except OSError:
        with suppress(OSError):
            os.unlink(_STAGING, dir_fd=root)
        for prefix in reversed(made):
            with suppress(OSError), _folder(root, prefix[:-1]) as parent:
                os.rmdir(prefix[-1], dir_fd=parent)
        raise


def _make_folders(root: int, parts: Sequence[str], made: list[tuple[str, ...]]) -> None:
    for depth in range(1, len(parts) + 1):
        prefix = tuple(parts[:depth])
        with _folder(root, prefix[:-1]) as parent:
            try:
                os.mkdir(prefix[-1], 0o700, dir_fd=parent)
            except FileExistsError:
                continue
            made.append(prefix)
            os.fsync(parent)


@contextmanager
def _folder(root: int, parts: Sequence[str]) -> Iterator[int]:
    """The folder `parts` below `root`, reached step by step, so that no step can be a link."""
    current = os.dup(root)
    try:
        for part in parts:
            below = os.open(part, _FOLDER_FLAGS, dir_fd=current)
            os.close(current)
            current = below
        yield current
    finally:
        os.close(current)


@contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "a symbolic link is in its path, and the store follows none"
    return error.strerror or str(error)
