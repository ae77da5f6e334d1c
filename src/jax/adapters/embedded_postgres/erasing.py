"""Deleting an embedded database for good."""

import os
import shutil
import signal
import time
from pathlib import Path

from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError, naming_the_folder
from jax.adapters.embedded_postgres.file_lock import FileLock, wait_until
from jax.adapters.embedded_postgres.home import Home
from jax.adapters.embedded_postgres.leftovers import clear_leftovers
from jax.adapters.embedded_postgres.place import place_of
from jax.adapters.embedded_postgres.server_state import ServerState
from jax.adapters.embedded_postgres.start_lock import starting

_CLIENTS_SECONDS = 1.0
_STOP_SECONDS = 60.0


def erase_embedded_postgres(home: Path) -> None:
    """Delete the database of the folder `home`, the folder, and what root keeps outside of it.

    Raises EmbeddedPostgresError, and deletes nothing, when a process is attached.
    """
    here = Home(home.absolute())
    if not here.path.exists():
        return
    with naming_the_folder(here.path), starting(here, time.monotonic() + _STOP_SECONDS):
        clients, supervisor = FileLock(here.clients_lock), FileLock(here.supervisor_lock)
        try:
            # The supervisor takes this lock for moments, to see whether anybody is attached.
            if not wait_until(clients.try_exclusive, deadline=time.monotonic() + _CLIENTS_SECONDS):
                raise _in_use(here)
            # While the start lock is held nobody attaches, and the supervisor has to see that it may stop.
            clients.unlock()
            if not supervisor.try_exclusive():
                _stop(here, supervisor)
            place = place_of(here)
            if place.base.exists():
                clear_leftovers(place)
                shutil.rmtree(place.base)
            if here.path.exists():
                shutil.rmtree(here.path)
        finally:
            supervisor.close()
            clients.close()


def _stop(home: Home, supervisor: FileLock) -> None:
    """Ask it to stop at once; one that is still starting stops by itself."""
    state = ServerState.load_boot(home.state_file, supervisor.read())
    if state is not None:
        os.kill(state.supervisor_pid, signal.SIGTERM)
    if not wait_until(supervisor.try_exclusive, deadline=time.monotonic() + _STOP_SECONDS):
        raise _in_use(home)


def _in_use(home: Home) -> EmbeddedPostgresError:
    return EmbeddedPostgresError(
        f"The embedded Postgres in {home.path} is in use: stop what uses it, then erase it."
    )
