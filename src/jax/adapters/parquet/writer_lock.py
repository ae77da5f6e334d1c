"""One writer at a time."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from jax.ports.errors import Unavailable

_WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.02


@asynccontextmanager
async def writer_lock(
    root: Path, *, what: str = "market data", wait_seconds: float = _WAIT_SECONDS
) -> AsyncIterator[None]:
    """Makes `root` (mode 0700) and holds the lock on it; the kernel frees it when the process dies.

    `what` is written there, for whoever is told that it cannot be.
    Unavailable when the folder cannot be written, or another writer still holds it after `wait_seconds`.
    """
    descriptor = _open_lock(root, what)
    try:
        for _ in range(max(1, round(wait_seconds / _POLL_SECONDS))):
            if _try_lock(descriptor):
                break
            await asyncio.sleep(_POLL_SECONDS)
        else:
            raise Unavailable(
                f"Another process has been writing {what} to {root} for {wait_seconds:.0f} seconds: "
                "try again when it has ended"
            )
        yield
    finally:
        os.close(descriptor)


def _open_lock(root: Path, what: str) -> int:
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(
            f"The {what} folder {root} cannot be written ({error.strerror or error}): "
            "make it writable, with free space"
        ) from error


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
