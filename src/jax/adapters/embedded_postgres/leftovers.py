"""What an earlier run may have left: processes without a supervisor, and a stale `postmaster.pid`."""

import os
import signal
import time

from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError
from jax.adapters.embedded_postgres.file_lock import is_free, wait_until
from jax.adapters.embedded_postgres.place import Place
from jax.adapters.embedded_postgres.postmaster_file import PostmasterFile, path_in, serves

_SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
_PATIENCE_SECONDS = 10.0


def clear_leftovers(place: Place) -> None:
    """Return when nothing of an earlier run works on the cluster; raises EmbeddedPostgresError otherwise."""
    for number in _SIGNALS:
        if is_quiet(place):
            break
        _signal_postmaster(place, number)
        wait_until(lambda: is_quiet(place), deadline=time.monotonic() + _PATIENCE_SECONDS)
    if not is_quiet(place):
        raise EmbeddedPostgresError(
            f"Processes of an earlier Postgres still work on {place.data} and do not end: "
            "end them (they show that path), then try again."
        )
    _remove_stale_file(place)


def is_quiet(place: Place) -> bool:
    """Whether no process of Postgres that we started works on the cluster."""
    return is_free(place.postgres_lock)


def _signal_postmaster(place: Place, number: signal.Signals) -> None:
    left = PostmasterFile.load(place.data)
    if left is None or not serves(left.pid, place.data):
        return
    try:
        os.kill(left.pid, number)
    except ProcessLookupError:
        return


def _remove_stale_file(place: Place) -> None:
    """Postgres refuses a stale file that is empty, or whose number another process of its user has now."""
    left = PostmasterFile.load(place.data)
    if left is not None and serves(left.pid, place.data):
        raise EmbeddedPostgresError(
            f"{place.data} is served by a Postgres that Jax did not start (process {left.pid}): "
            "stop that one, or set DATABASE_URL to use it."
        )
    path_in(place.data).unlink(missing_ok=True)
