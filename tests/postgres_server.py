"""A real Postgres for tests: the server of DATABASE_URL_FOR_TESTS, or one of our own for the session."""

import asyncio
import itertools
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from jax.adapters.embedded_postgres import attach_embedded_postgres, erase_embedded_postgres
from jax.adapters.embedded_postgres.home import Home
from jax.adapters.embedded_postgres.place import place_of

_GIVEN = os.environ.get("DATABASE_URL_FOR_TESTS")
_NUMBERS = itertools.count(1)
# Copies files as they are, for which everything has to be on the disk: quick where nobody waits for that.
_COPYING = "" if _GIVEN else "STRATEGY FILE_COPY"


@contextmanager
def running_server(*, waits_for_disk: bool = True) -> Iterator[str]:
    """The URL of a database on a server where databases may be made and dropped.

    One of our own that does not wait for the disk keeps what it has committed as long as the machine runs.
    """
    if _GIVEN is not None:
        yield _GIVEN
        return
    with tempfile.TemporaryDirectory(prefix="jax-tests-") as folder:
        home = Path(folder) / "postgres"
        with attach_embedded_postgres(home) as session:
            if not waits_for_disk:
                _stop_waiting_for_disk(place_of(Home(home)).data)
            yield session.url
        erase_embedded_postgres(home)


def _stop_waiting_for_disk(data: Path) -> None:
    """The role that we are given may not do this by SQL, and nobody can log in as the superuser."""
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write("fsync = off\nfull_page_writes = off\n")
    os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGHUP)


@contextmanager
def fresh_database(server_url: str, *, template: str | None = None, encoding: str = "UTF8") -> Iterator[str]:
    """A database of its own, empty or a copy of the database that `template` is the URL of."""
    name = f"jax_test_{os.getpid()}_{next(_NUMBERS)}"
    empty = f"TEMPLATE template0 ENCODING '{encoding}' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
    copied = f"TEMPLATE {_database_of(template)} {_COPYING}" if template else empty
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


# Nobody but a test may do this, and nobody else could: it takes the owner of the tables. Few tables hold
# anything after a test: those are emptied, in one statement, as they refer to one another.
_EMPTY = """
    DO $$
    DECLARE
        stored regclass;
        filled regclass[] := '{}';
        holds_rows boolean;
        guarding text;
        guards CONSTANT text :=
            'SELECT format(''ALTER TABLE %s %s'', tgrelid::regclass, string_agg(format($1, tgname), '', ''))
                FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = ANY ($2) GROUP BY tgrelid';
    BEGIN
        PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND backend_type = 'client backend';
        FOR stored IN
            SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
            WHERE schemaname IN ('advice', 'gate', 'trading', 'shadow', 'reference', 'audit')
                AND tablename !~ '_transition$'
        LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', stored) INTO holds_rows;
            IF holds_rows THEN
                filled := filled || stored;
            END IF;
        END LOOP;
        PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
            FROM pg_sequences WHERE schemaname IN ('gate', 'trading', 'shadow', 'reference', 'audit');
        IF filled = '{}' THEN
            RETURN;
        END IF;
        FOR guarding IN EXECUTE guards USING 'DISABLE TRIGGER %I', filled LOOP
            EXECUTE guarding;
        END LOOP;
        EXECUTE (
            SELECT 'WITH ' || string_agg(format('emptied_%s AS (DELETE FROM %s)', n, name), ', ') || ' SELECT'
            FROM unnest(filled) WITH ORDINALITY AS tables (name, n)
        );
        FOR guarding IN EXECUTE guards USING 'ENABLE ALWAYS TRIGGER %I', filled LOOP
            EXECUTE guarding;
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
