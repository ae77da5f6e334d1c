"""Opens the system of record: the server that DATABASE_URL names, or a Postgres of our own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from jax.adapters.embedded_postgres import EmbeddedPostgresError, attach_embedded_postgres
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.migrations import migrate_to_head
from jax.app.console import CommandFailed


@asynccontextmanager
async def open_database(
    home: Path,
    database_url: str | None,
    *,
    role: str | None = None,
    lock_timeout_seconds: float | None = None,
) -> AsyncIterator[PostgresDatabase]:
    """The database at the newest schema, for PostgresDatabase's `role` and `lock_timeout_seconds`.

    CommandFailed or Unavailable say why there is none.
    """
    with _server(home, database_url) as url:
        await migrate_to_head(url)
        database = PostgresDatabase(url, role=role, lock_timeout_seconds=lock_timeout_seconds)
        try:
            yield database
        finally:
            await database.close()


@contextmanager
def _server(home: Path, database_url: str | None) -> Iterator[str]:
    if database_url is not None:
        yield database_url
        return
    try:
        session = attach_embedded_postgres(home / "postgres")
    except EmbeddedPostgresError as error:
        raise CommandFailed(str(error)) from error
    with session:
        yield session.url
