"""A DATABASE_URL that is wrong is refused with one sentence that helps and does not show the password."""

import asyncio
import socket
from urllib.parse import urlsplit, urlunsplit

import pytest

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.database_address import parse_address
from jax.ports.errors import Unavailable

_PASSWORD = "S3cr3t-of-mine"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@db.example:6543/jax", ("db.example", 6543, "jax", "u")),
        ("postgres://u:p@db.example/jax", ("db.example", 5432, "jax", "u")),
        ("postgresql+asyncpg://u@127.0.0.1/jax", ("127.0.0.1", 5432, "jax", "u")),
        ("postgresql://u:p%40%2F@[::1]:1/my%20db", ("::1", 1, "my db", "u")),
        ("postgresql://u:p@/jax?host=/run/postgresql&port=6000", ("/run/postgresql", 6000, "jax", "u")),
        ("postgresql://u:p@h/jax?sslmode=require", ("h", 5432, "jax", "u")),
    ],
)
def test_reads_host_port_database_and_user(url: str, expected: tuple[str, int, str, str]) -> None:
    address = parse_address(url)
    assert (address.host, address.port, address.database, address.user) == expected


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (f"mysql://u:{_PASSWORD}@h/jax", "begins with mysql://"),
        (f"u:{_PASSWORD}@h/jax", "has no scheme"),
        ("", "has no scheme"),
        (f"postgresql://u:{_PASSWORD}@/jax", "names no host"),
        ("postgresql://h/jax", "names no user"),
        (f"postgresql://u:{_PASSWORD}@h", "names no database"),
        (f"postgresql://u:{_PASSWORD}@h/", "names no database"),
        ("postgresql://", "names no host and no user and no database"),
        (f"postgresql://u:{_PASSWORD}@h:many/jax", "no number from 1 to 65535 for its port"),
        (f"postgresql://u:{_PASSWORD}@h:99999/jax", "no number from 1 to 65535 for its port"),
        (f"postgresql://u:{_PASSWORD}@h:0/jax", "no number from 1 to 65535 for its port"),
        (f"postgresql://u:{_PASSWORD}@h/jax?port=70000", "no number from 1 to 65535 for its port"),
        (f"postgresql://u:0/{_PASSWORD}@h/jax", "names no"),
        (f"postgresql://u:x/{_PASSWORD}@h/jax", "percent-encoded"),
        (f"postgresql://u:{_PASSWORD}@[h/jax", "cannot be read"),
    ],
)
def test_says_what_is_wrong_with_a_url_and_how_to_write_it(url: str, problem: str) -> None:
    with pytest.raises(Unavailable) as refused:
        PostgresDatabase(url)
    message = str(refused.value)
    assert problem in message
    assert "postgresql://user:password@host:port/database" in message
    assert _PASSWORD not in message


def test_an_address_and_a_database_are_printed_without_the_password() -> None:
    url = f"postgresql://u:{_PASSWORD}@h:5433/jax"
    address = parse_address(url)
    for shown in (str(address), repr(address), repr(PostgresDatabase(url))):
        assert _PASSWORD not in shown
    assert str(address) == "database jax at h:5433 as user u"


def _changed(url: str, **parts: str | int) -> str:
    split = urlsplit(url)
    netloc = (
        f"{parts.get('user', split.username)}:{parts.get('password', split.password)}"
        f"@{parts.get('host', split.hostname)}:{parts.get('port', split.port)}"
    )
    return urlunsplit(split._replace(netloc=netloc, path=str(parts.get("path", split.path))))


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _refusal(url: str) -> str:
    database = PostgresDatabase(url)
    try:
        with pytest.raises(Unavailable) as refused:
            await database.ping()
        with pytest.raises(Unavailable):
            await database.connect_alone()
    finally:
        await database.close()
    message = str(refused.value)
    assert str(urlsplit(url).password) not in message
    assert str(parse_address(url)) in message
    return message


async def test_a_right_url_answers(database_url: str) -> None:
    database = PostgresDatabase(database_url)
    await database.ping()
    await database.close()


async def test_a_host_that_nobody_knows(database_url: str) -> None:
    message = await _refusal(_changed(database_url, host="no-such-host.invalid", password=_PASSWORD))
    assert "no such host is known; correct the host in DATABASE_URL" in message


async def test_a_port_where_nothing_listens(database_url: str) -> None:
    message = await _refusal(_changed(database_url, port=_unused_port(), password=_PASSWORD))
    assert "nothing listens there; start Postgres" in message


async def test_a_folder_without_a_socket(database_url: str) -> None:
    message = await _refusal(f"postgresql://u:{_PASSWORD}@/jax?host=/no/such/folder")
    assert "nothing listens there; start Postgres" in message


async def test_a_wrong_password(database_url: str) -> None:
    message = await _refusal(_changed(database_url, password=_PASSWORD))
    assert "the server refuses this user or its password" in message


async def test_a_user_that_does_not_exist(database_url: str) -> None:
    message = await _refusal(_changed(database_url, user="nobody_of_that_name", password=_PASSWORD))
    assert "the server refuses this user or its password" in message


async def test_a_database_that_does_not_exist(database_url: str) -> None:
    message = await _refusal(_changed(database_url, path="/no_such_database"))
    assert "no such database; create it with `createdb no_such_database`" in message


async def test_something_that_is_not_a_postgres(database_url: str) -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        message = await _refusal(_changed(database_url, port=port, password=_PASSWORD))
    assert "correct DATABASE_URL" in message
