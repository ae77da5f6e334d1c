"""When the server starts and when it stops."""

import fcntl
import os
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

from jax.adapters.embedded_postgres import attach_embedded_postgres
from tests.integration.embedded_postgres.processes import (
    Client,
    base_of,
    eventually,
    fetch,
    leave_mark,
    postmasters,
    processes_of,
    stop,
)

HOSTILE = {
    "PGHOST": "/nowhere",
    "PGPORT": "1",
    "PGUSER": "stranger",
    "PGDATA": "/nowhere",
    "PGOPTIONS": "-c fsync=off",
    "LC_ALL": "weird",
    "LANG": "weird",
    "TZ": "Mars/Olympus",
    "LD_LIBRARY_PATH": "/nowhere",
    "PYTHONHOME": "",
}


def test_data_password_and_port_survive_a_stop(home: Path) -> None:
    with attach_embedded_postgres(home) as session:
        url = session.url
        find = leave_mark(url)
    eventually(lambda: not processes_of(home), "a stop after the last client")
    with attach_embedded_postgres(home) as session:
        assert session.url == url
        assert fetch(url, find) == 1


def test_a_lost_password_is_replaced_and_the_data_stay(home: Path) -> None:
    with attach_embedded_postgres(home) as session:
        url = session.url
        find = leave_mark(url)
    stop(home)
    (base_of(home) / "cluster" / "password").unlink()
    with attach_embedded_postgres(home) as session:
        assert session.url != url
        assert fetch(session.url, find) == 1


def test_the_server_outlives_a_client_while_another_is_attached_and_not_the_last(home: Path) -> None:
    first, second = Client(home), Client(home)
    assert first.said == second.said
    server = postmasters(home)
    # It started the server, which must not hold on to its output.
    assert first.leave() == ""
    third = Client(home)
    assert third.said == second.said
    assert postmasters(home) == server
    second.kill()
    third.kill()
    eventually(lambda: not processes_of(home), "a stop after the last client was killed")


def test_processes_that_race_to_start_get_one_server_in_a_folder_closed_to_others(
    fresh_home: Path, is_root: bool
) -> None:
    old_mask = os.umask(0)
    try:
        clients = [Client(fresh_home) for _ in range(5)]
        assert len({client.said for client in clients}) == 1
    finally:
        os.umask(old_mask)
    assert clients[0].said.startswith("postgresql://jax:")
    assert len(postmasters(fresh_home)) == 1
    # Under root Postgres's user must pass through, and may see nothing.
    assert stat.S_IMODE(fresh_home.stat().st_mode) == (0o711 if is_root else 0o700)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in fresh_home.iterdir() if path.is_file())


def test_who_comes_while_the_server_stops_gets_a_running_one(home: Path) -> None:
    attach_embedded_postgres(home).close()
    eventually(lambda: is_stopping(home), "a supervisor that takes the clients' lock to stop")
    with attach_embedded_postgres(home) as session:
        assert fetch(session.url, "SELECT 1") == 1
        assert len(postmasters(home)) == 1


def is_stopping(home: Path) -> bool:
    with (home / "clients.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_a_taken_port_is_given_up_for_another(home: Path) -> None:
    with attach_embedded_postgres(home) as session:
        port = int(urlsplit(session.url).port or 0)
    stop(home)
    with socket.create_server(("127.0.0.1", port)), attach_embedded_postgres(home) as session:
        assert urlsplit(session.url).port != port
        assert fetch(session.url, "SELECT 1") == 1


def test_the_environment_of_the_caller_does_not_matter(fresh_home: Path) -> None:
    old_mask = os.umask(0o077)
    try:
        client = Client(fresh_home, env=HOSTILE)
        assert client.said.startswith("postgresql://jax:")
    finally:
        os.umask(old_mask)
    assert fetch(client.said, "SHOW fsync") == "on"
    assert fetch(client.said, "SHOW TimeZone") == "UTC"
    client.leave()
