"""Locks that the kernel gives back by itself when their holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

POLL_SECONDS = 0.02


class FileLock:
    """One open description of a lock file; the lock lives until its last copy is closed.

    The descriptor is not inherited by other programs unless it is handed over on purpose.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @classmethod
    def handed_over(cls, descriptor: int) -> Self:
        """Take over a lock that the starting process acquired and passed on."""
        lock = cls.__new__(cls)
        lock._descriptor = descriptor
        os.set_inheritable(descriptor, False)
        return lock

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def try_exclusive(self) -> bool:
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        return self._try(fcntl.LOCK_SH)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def is_still(self, path: Path) -> bool:
        """Whether `path` still names this file, and not a later one or none."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), path.stat())
        except FileNotFoundError:
            return False

    def read(self) -> str:
        return os.pread(self._descriptor, 256, 0).decode("ascii", errors="replace")

    def write(self, text: str) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode("ascii"), 0)

    def close(self) -> None:
        """Close this copy; closing twice is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def wait_until(condition: Callable[[], bool], *, deadline: float) -> bool:
    """Ask until `condition` holds (True) or the monotonic `deadline` in seconds has passed (False)."""
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock file `path` at this moment."""
    lock = FileLock(path)
    try:
        return lock.try_exclusive()
    finally:
        lock.close()
