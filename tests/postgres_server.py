"""A real Postgres for tests: the server of DATABASE_URL_FOR_TESTS, or one of our own for the session."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from jax.adapters.embedded_postgres import attach_embedded_postgres, erase_embedded_postgres

_NUMBERS = itertools.count(1)


@contextmanager
def running_server() -> Iterator[str]:
    """The URL of a database on a server where databases may be made and dropped."""
    given = os.environ.get("DATABASE_URL_FOR_TESTS")
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="jax-tests-") as folder:
        home = Path(folder) / "postgres"
        with attach_embedded_postgres(home) as session:
            yield session.url
        erase_embedded_postgres(home)


@contextmanager
def fresh_database(server_url: str, *, template: str | None = None, encoding: str = "UTF8") -> Iterator[str]:
    """A database of its own, empty or a copy of the database that `template` is the URL of."""
    name = f"jax_test_{os.getpid()}_{next(_NUMBERS)}"
    empty = f"TEMPLATE template0 ENCODING '{encoding}' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
    copied = f"TEMPLATE {_database_of(template)}" if template else empty
    run_sql(server_url, f"CREATE DATABASE {name} {copied}")
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        _drop(server_url, name)


def _drop(server_url: str, name: str) -> None:
    """Ends whoever is connected, then drops: FORCE would also try to end the server's own vacuum, in vain."""
    clients = f"datname = '{name}' AND backend_type = 'client backend'"
    ending = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {clients}"
    run_sql(server_url, ending, f"DROP DATABASE {name}")


# Nobody but a test may do this, and nobody else could: it takes the owner of the tables.
_EMPTY = """
    DO $$
    DECLARE
        guard record;
        guards CONSTANT text :=
            'SELECT tgrelid::regclass AS guarded, tgname FROM pg_trigger WHERE NOT tgisinternal';
    BEGIN
        PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND backend_type = 'client backend';
        FOR guard IN EXECUTE guards LOOP
            EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', guard.guarded, guard.tgname);
        END LOOP;
        EXECUTE (
            SELECT 'TRUNCATE ' || string_agg(format('%I.%I', schemaname, tablename), ', ')
                || ' RESTART IDENTITY'
            FROM pg_tables
            WHERE schemaname IN ('gate', 'trading', 'reference', 'audit') AND tablename !~ '_transition$'
        );
        FOR guard IN EXECUTE guards LOOP
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', guard.guarded, guard.tgname);
        END LOOP;
    END
    $$
"""


def empty_tables(url: str) -> None:
    """Takes everything out of a migrated database but the tables of steps: quicker than a new database."""
    run_sql(url, _EMPTY)


def run_sql(url: str, *statements: str) -> None:
    """Runs statements one after the other, each in its own transaction."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


def _database_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
