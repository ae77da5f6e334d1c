"""Attaching to the embedded Postgres, and letting go of it."""

import time
from pathlib import Path
from types import TracebackType
from typing import Self

from jax.adapters.embedded_postgres.answer import LOOPBACK, answers
from jax.adapters.embedded_postgres.cluster import DATABASE, ROLE
from jax.adapters.embedded_postgres.errors import naming_the_folder
from jax.adapters.embedded_postgres.file_lock import POLL_SECONDS, FileLock
from jax.adapters.embedded_postgres.home import Home
from jax.adapters.embedded_postgres.server_state import ServerState, Status
from jax.adapters.embedded_postgres.spawning import spawn_supervisor
from jax.adapters.embedded_postgres.start_lock import acquire, not_ready_in_time, starting


class Session:
    """A process's hold on the server, which runs at least until every session is closed or its process gone.

    `url` holds the password: it is for connecting, not for printing.
    """

    def __init__(self, url: str, hold: FileLock) -> None:
        self.url = url
        self._hold = hold

    def close(self) -> None:
        """Let go; the last to do so lets the server stop. Closing twice is harmless."""
        self._hold.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def attach_embedded_postgres(home: Path, *, wait_seconds: float = 60.0) -> Session:
    """Attach to the server of the folder `home`, made and started when necessary.

    Blocks up to `wait_seconds`: milliseconds when the server runs, seconds the first time or after a crash.
    Raises EmbeddedPostgresError, whose message names the thing and the remedy.
    """
    here = Home(home.absolute())
    deadline = time.monotonic() + wait_seconds
    with naming_the_folder(here.path), starting(here, deadline):
        hold = FileLock(here.clients_lock)
        try:
            # Refused only while a supervisor stops; it ends soon, and holding this lock no other one will.
            acquire(hold.try_shared, here, deadline)
            return Session(_url(_running_server(here, deadline)), hold)
        except BaseException:
            hold.close()
            raise


def _running_server(home: Home, deadline: float) -> ServerState:
    while True:
        boot_lock = FileLock(home.supervisor_lock)
        try:
            if boot_lock.try_exclusive():
                boot_id = spawn_supervisor(home, boot_lock, deadline=deadline)
            else:
                boot_id = boot_lock.read()
        finally:
            boot_lock.close()
        state = ServerState.load_boot(home.state_file, boot_id)
        # It is asked, since a crash of a moment ago is not in the file yet.
        if state is not None and state.status is Status.READY and answers(state.port):
            return state
        if time.monotonic() >= deadline:
            raise not_ready_in_time(home)
        time.sleep(POLL_SECONDS)


def _url(state: ServerState) -> str:
    password = Path(state.password_file).read_text(encoding="ascii")
    return f"postgresql://{ROLE}:{password}@{LOOPBACK}:{state.port}/{DATABASE}"
