"""One process at a time starts, attaches or erases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError
from jax.adapters.embedded_postgres.file_lock import FileLock, wait_until
from jax.adapters.embedded_postgres.home import Home


@contextmanager
def starting(home: Home, deadline: float) -> Iterator[None]:
    """Hold the start lock for the block; raises EmbeddedPostgresError after the monotonic `deadline`."""
    lock = _open_start_lock(home, deadline)
    try:
        yield
    finally:
        # A child forked meanwhile shares this lock, so closing alone would not give it back.
        lock.unlock()
        lock.close()


def _open_start_lock(home: Home, deadline: float) -> FileLock:
    while True:
        home.create()
        home.refuse_another_owner()
        lock = FileLock(home.start_lock)
        try:
            acquire(lock.try_exclusive, home, deadline)
        except BaseException:
            lock.close()
            raise
        if lock.is_still(home.start_lock):
            return lock
        # Somebody erased the folder while we waited.
        lock.close()


def acquire(attempt: Callable[[], bool], home: Home, deadline: float) -> None:
    if not wait_until(attempt, deadline=deadline):
        raise not_ready_in_time(home)


def not_ready_in_time(home: Home) -> EmbeddedPostgresError:
    return EmbeddedPostgresError(
        f"The embedded Postgres in {home.path} is not ready yet; its log is {home.log_file}. "
        "Try again when it has recovered, or set DATABASE_URL."
    )
