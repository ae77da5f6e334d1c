"""One process of a machine compiles at a time, so that the others find what it made."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jax.ports.errors import Unavailable


@contextmanager
def compile_turn(folder: Path) -> Iterator[None]:
    """Makes `folder` (mode 0700) and waits until no other process is in such a block for it.

    The kernel frees it when a process dies; on a file system without locks nobody waits. Unavailable when the
    folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(
            f"The folder for compiled strategies {folder} cannot be written ({error.strerror or error}): "
            "make it writable, with free space"
        ) from error
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
