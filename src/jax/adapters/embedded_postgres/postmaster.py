"""One run of the Postgres server, from its start to its end."""

import secrets
import signal
import socket
import subprocess
import time

from jax.adapters.embedded_postgres.answer import LOOPBACK
from jax.adapters.embedded_postgres.commands import PostgresCommands
from jax.adapters.embedded_postgres.events import Events
from jax.adapters.embedded_postgres.place import Place
from jax.adapters.embedded_postgres.postmaster_file import PostmasterFile

# Outside the ranges from which kernels give ports to outgoing connections: after a crash the port must still
# be free, and not taken by a client of ours that tries to reconnect.
_FIRST_PORT, _LAST_PORT = 20_000, 29_999

# Fast shutdown first: open transactions are rolled back and everything is written.
STOP_SEQUENCE = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))


def port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As Postgres does, so that connections of an earlier run that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def choose_port(preferred: int | None) -> int:
    """`preferred` when it is free, else any free port of the range."""
    if preferred is not None and port_is_free(preferred):
        return preferred
    while True:
        port = _FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT + 1)
        if port_is_free(port):
            return port


class Postmaster:
    """The running server; `events` must be waited on, or its log fills the pipe and it stands still."""

    def __init__(self, place: Place, commands: PostgresCommands, *, port: int, events: Events) -> None:
        self._place = place
        self._events = events
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(port),
            # A socket's path has at most 107 bytes, and a checkout's path may have more.
            "unix_socket_directories": "",
            "logging_collector": "off",
            "log_destination": "stderr",
        }
        self._process: subprocess.Popen[bytes] = commands.start(
            "postgres",
            [
                "-D",
                str(place.data),
                *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
            ],
            on_parent_death=signal.SIGINT,
            stdin=subprocess.DEVNULL,
        )
        if self._process.stdout is not None:
            events.watch(self._process.stdout)

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_status(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        return self._process.poll()

    def is_ready(self) -> bool:
        """Whether it takes connections, by its own word."""
        said = PostmasterFile.load(self._place.data)
        return said is not None and said.pid == self.pid and said.is_ready

    def stop(self) -> None:
        """Shut down: politely first, by force in the end."""
        for number, patience_seconds in STOP_SEQUENCE:
            if self.exit_status() is not None:
                return
            self._process.send_signal(number)
            deadline = time.monotonic() + patience_seconds
            while self.exit_status() is None and time.monotonic() < deadline:
                self._events.wait(0.1)
