"""Attaching to a server that runs: what one gets, and what nobody else gets."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from jax.adapters.embedded_postgres import Session, attach_embedded_postgres
from tests.architecture.checkout import SRC, environment_with
from tests.integration.embedded_postgres.processes import (
    Client,
    base_of,
    fetch,
    log_of,
    postmasters,
    processes_of,
)

STARTED = "SELECT pg_postmaster_start_time()"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("password_encryption", "scram-sha-256"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("lc_messages", "C"),
        ("listen_addresses", "127.0.0.1"),
        ("max_connections", "100"),
    ],
)
def test_the_server_runs_with_the_promised_setting(shared_session: Session, setting: str, value: str) -> None:
    assert fetch(shared_session.url, f"SELECT current_setting('{setting}')") == value


def test_the_server_is_postgres_18_and_sorts_by_code_point(shared_session: Session) -> None:
    assert str(fetch(shared_session.url, "SHOW server_version")).startswith("18.")
    assert fetch(shared_session.url, "SELECT 'Z' < 'a' AND 'z' < 'é' AND upper('é') = 'É'") is True


def test_the_server_makes_no_unix_socket(shared_home: Path, shared_session: Session) -> None:
    assert "listening on IPv4 address" in log_of(shared_home)
    assert "Unix socket" not in log_of(shared_home)


def test_a_second_process_attaches_to_the_same_server(shared_home: Path, shared_session: Session) -> None:
    other = Client(shared_home)
    assert other.said == shared_session.url
    assert len(postmasters(shared_home)) == 1
    other.leave()
    assert fetch(shared_session.url, "SELECT 1") == 1


def test_one_process_may_attach_twice_and_close_twice(shared_home: Path, shared_session: Session) -> None:
    before = fetch(shared_session.url, STARTED)
    again = attach_embedded_postgres(shared_home)
    again.close()
    again.close()
    assert fetch(shared_session.url, STARTED) == before


async def test_the_role_may_create_roles_and_act_as_them_but_is_no_superuser(shared_session: Session) -> None:
    connection = await asyncpg.connect(shared_session.url)
    try:
        await connection.execute(
            "CREATE ROLE gate_owner NOLOGIN; CREATE SCHEMA gate AUTHORIZATION gate_owner"
        )
        await connection.execute("SET ROLE gate_owner; CREATE TABLE gate.vote (); RESET ROLE")
        assert await connection.fetchval("SHOW is_superuser") == "off"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("COPY (SELECT 1) TO PROGRAM 'true'")
    finally:
        await connection.execute("DROP SCHEMA gate CASCADE; DROP ROLE gate_owner")
        await connection.close()


@pytest.mark.parametrize("credentials", ["jax:wrong", "jax:", "postgres:", "postgres:postgres"])
def test_nobody_enters_without_the_password(shared_session: Session, credentials: str) -> None:
    parts = urlsplit(shared_session.url)
    url = urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{parts.port}"))
    with pytest.raises((asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)):
        fetch(url, "SELECT 1")


def test_credentials_and_data_are_closed_to_others(shared_home: Path, shared_session: Session) -> None:
    files = [path for path in shared_home.iterdir() if path.is_file()]
    assert {path.name for path in files} >= {"state.json", "postgres.log", "clients.lock"}
    password_file = shared_home / "cluster" / "password"
    assert password_file.read_text() in shared_session.url
    assert {stat.S_IMODE(path.stat().st_mode) for path in (*files, password_file)} == {0o600}
    data = (base_of(shared_home) / "cluster" / "data").stat()
    assert base_of(shared_home) == shared_home
    assert stat.S_IMODE(data.st_mode) == 0o700
    assert data.st_uid != 0


def test_the_password_is_in_no_log_state_or_command_line(shared_home: Path, shared_session: Session) -> None:
    password = str(urlsplit(shared_session.url).password)
    assert len(password) >= 32
    shown = [log_of(shared_home), (shared_home / "state.json").read_text(), repr(shared_session)]
    environments = [Path(f"/proc/{pid}/environ").read_text() for pid in processes_of(shared_home)]
    assert processes_of(shared_home)
    assert all(password not in text for text in (*shown, *environments, *processes_of(shared_home).values()))


def test_what_a_client_leaves_behind_holds_neither_its_output_nor_the_server(
    shared_home: Path, shared_session: Session
) -> None:
    sleeper = "import os, time; print(os.getpid(), flush=True); os.closerange(0, 3); time.sleep(600)"
    client = Client(shared_home, sys.executable, "-c", sleeper)
    assert client.said == shared_session.url
    pid = int(client.leave())
    try:
        held = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    finally:
        os.kill(pid, 9)
    assert not [name for name in held if name.startswith(str(shared_home))]


def test_attaching_imports_nothing_but_the_standard_library() -> None:
    imports = "import jax.adapters.embedded_postgres, jax.adapters.embedded_postgres.__main__, sys"
    foreign = (
        "{name.partition('.')[0] for name in sys.modules} - {*sys.stdlib_module_names, '__main__', 'jax'}"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"{imports}; print(*{foreign})"],
        capture_output=True,
        text=True,
        check=True,
        env=environment_with(SRC),
    )
    assert done.stdout.strip() == ""
