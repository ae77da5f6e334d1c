"""Owns the Postgres server: starts it, starts it again after a crash, stops it when nobody is attached.

Runs as a process of its own, in the background, started by the first process that attaches. Under root it
stays root, since Postgres's user may not be able to reach the interpreter; only Postgres drops privileges.
"""

import os
import time

from jax.adapters.embedded_postgres.attendance import Attendance
from jax.adapters.embedded_postgres.commands import PostgresCommands
from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError
from jax.adapters.embedded_postgres.events import Events
from jax.adapters.embedded_postgres.home import Home
from jax.adapters.embedded_postgres.leftovers import clear_leftovers
from jax.adapters.embedded_postgres.place import Place
from jax.adapters.embedded_postgres.postmaster import Postmaster, choose_port, port_is_free
from jax.adapters.embedded_postgres.report import Report
from jax.adapters.embedded_postgres.restart_budget import RestartBudget
from jax.adapters.embedded_postgres.server_log import ServerLog
from jax.adapters.embedded_postgres.server_state import ServerState, Status

_STARTING_POLL_SECONDS = 0.02
_READY_POLL_SECONDS = 0.5
_LAST_WORDS_SECONDS = 1.0
_PORT_ATTEMPTS = 5


class Supervisor:
    """Serves one cluster: `run` returns when nobody is attached any more, or when a stop was asked for."""

    def __init__(self, home: Home, *, boot_id: str, report: Report, log: ServerLog) -> None:
        self._home = home
        self._boot_id = boot_id
        self._report = report
        self._log = log
        self._events = Events(log)
        self._attendance = Attendance(home)
        self._budget = RestartBudget()
        self._ports_tried = 1
        self._ready_at: float | None = None
        previous = ServerState.load(home.state_file)
        self._port = choose_port(previous.port if previous else None)

    def run(self, place: Place, commands: PostgresCommands) -> None:
        """Raises EmbeddedPostgresError when Postgres does not start, or crashes again and again."""
        final = Status.FAILED
        postmaster = self._start(place, commands)
        try:
            while not self._attendance.is_over() and not self._events.stop_requested:
                if postmaster.exit_status() is not None:
                    self._prepare_restart(postmaster, place)
                    postmaster = self._start(place, commands)
                elif self._ready_at is None and postmaster.is_ready():
                    self._welcome(place)
                self._events.wait(_STARTING_POLL_SECONDS if self._ready_at is None else _READY_POLL_SECONDS)
            final = Status.STOPPED
        finally:
            postmaster.stop()
            self._say(final, place)

    def _start(self, place: Place, commands: PostgresCommands) -> Postmaster:
        clear_leftovers(place)
        self._log.forget()
        self._log.note(f"Starting Postgres on port {self._port}.")
        return Postmaster(place, commands, port=self._port, events=self._events)

    def _welcome(self, place: Place) -> None:
        self._ready_at = time.monotonic()
        self._say(Status.READY, place)
        self._report.ready()

    def _prepare_restart(self, postmaster: Postmaster, place: Place) -> None:
        self._events.drain(deadline=time.monotonic() + _LAST_WORDS_SECONDS)
        self._log.note(f"Postgres (process {postmaster.pid}) ended with status {postmaster.exit_status()}.")
        if not self._report.is_sent:
            self._take_another_port()
            return
        ready_seconds = 0.0 if self._ready_at is None else time.monotonic() - self._ready_at
        delay_seconds = self._budget.delay_after_crash(ready_seconds=ready_seconds)
        if delay_seconds is None:
            raise EmbeddedPostgresError(f"Postgres crashed again and again. It said: {self._log.tail()}")
        self._ready_at = None
        self._say(Status.STARTING, place)
        # Attached processes know this port, so it stays.
        self._events.pause(delay_seconds)

    def _take_another_port(self) -> None:
        """A port may be taken between the look at it and its use; nothing else is worth another attempt."""
        if port_is_free(self._port) or self._ports_tried == _PORT_ATTEMPTS:
            raise EmbeddedPostgresError(
                f"Postgres did not start; its log is {self._home.log_file}. It said: {self._log.tail()}"
            )
        self._ports_tried += 1
        self._port = choose_port(None)

    def _say(self, status: Status, place: Place) -> None:
        state = ServerState(
            boot_id=self._boot_id,
            status=status,
            port=self._port,
            password_file=str(place.password_file),
            supervisor_pid=os.getpid(),
        )
        try:
            state.save(self._home.state_file)
        except OSError as error:
            if status is Status.READY and not self._report.is_sent:
                raise
            self._log.note(f"The state {status} could not be written: {error}")
