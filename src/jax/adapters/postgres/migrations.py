"""Brings a database to the tables that this version of Jax works with."""

import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.port_errors import speaking_port_errors
from jax.ports.errors import Conflict, Unavailable

# The revision that the stores are written for; a test compares it with migrations/.
HEAD: Final = "0017"
_LOCK = 0x6A61785F6D696772
_OLDEST_SERVER = 150000


def migrations_folder() -> Path:
    """The folder of Alembic's scripts: the checkout's, or where the wheel has put them."""
    candidates = (
        Path(__file__).parents[4] / "migrations",
        Path(sysconfig.get_path("data")) / "share" / "jax-trading-assistant" / "migrations",
    )
    for folder in candidates:
        if (folder / "env.py").is_file():
            return folder
    looked_at = " nor in ".join(str(folder) for folder in candidates)
    raise Unavailable(f"Jax finds its migrations neither in {looked_at}: install Jax again.")


async def migrate_to_head(url: str) -> list[str]:
    """Applies the migrations that the database lacks, all or none, and returns their revisions.

    Processes that start at once queue: the first migrates, the others find nothing to do. Unavailable when
    the database cannot be reached, is older than Postgres 15, does not speak UTF-8, or was migrated by a
    newer Jax, or when this login may not make what it lacks.
    """
    database = PostgresDatabase(url)
    try:
        if await _stored_revision(database) == HEAD:
            return []
        return await _run(database, "upgrade", HEAD)
    finally:
        await database.close()


async def downgrade(url: str, *, to: str = "base") -> list[str]:
    """Takes the migrations after `to` back, with all that is stored in their tables; returns them."""
    database = PostgresDatabase(url)
    try:
        return await _run(database, "downgrade", to)
    finally:
        await database.close()


async def _stored_revision(database: PostgresDatabase) -> str | None:
    with speaking_port_errors(database.address):
        async with database.engine().connect() as connection:
            return await _revision(connection)


async def _revision(connection: AsyncConnection) -> str | None:
    there = await connection.scalar(text("SELECT to_regclass('public.alembic_version') IS NOT NULL"))
    if not there:
        return None
    revision: str | None = await connection.scalar(text("SELECT version_num FROM public.alembic_version"))
    return revision


async def _run(database: PostgresDatabase, direction: str, to: str) -> list[str]:
    applied: list[str] = []
    try:
        with speaking_port_errors(database.address):
            async with database.engine().begin() as connection:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                await _check_server(connection, database)
                await connection.run_sync(_alembic(direction, to), applied)
    except Conflict as error:
        # The user may not make tables, or the roles of the gate.
        raise Unavailable(
            f"The {database.address} cannot be migrated, and was left as it is. {error}"
        ) from error
    except DBAPIError as error:
        # Something of the same name is there already.
        raise Unavailable(
            f"The {database.address} cannot be migrated, and was left as it is: {_said(error)}. "
            "Give Jax a database of its own, owned by this user."
        ) from error
    return applied


def _said(error: DBAPIError) -> str:
    return str(error.orig.__cause__ if error.orig is not None and error.orig.__cause__ else error.orig)


def _alembic(direction: str, to: str) -> Callable[[Connection, list[str]], None]:
    # Alembic takes a tenth of a second to import: only whoever has something to migrate pays for it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    def run(connection: Connection, applied: list[str]) -> None:
        def note(*, step: Any, **_: object) -> None:
            applied.append(step.up_revision_id)

        config = Config()
        config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
        config.attributes |= {"connection": connection, "on_version_apply": note}
        try:
            {"upgrade": command.upgrade, "downgrade": command.downgrade}[direction](config, to)
        except CommandError as error:
            raise Unavailable(
                f"The database cannot be migrated: {error}. If a newer Jax has migrated it, run that one."
            ) from error

    return run


async def _check_server(connection: AsyncConnection, database: PostgresDatabase) -> None:
    query = text(
        "SELECT current_setting('server_version_num')::int, current_setting('server_version'), "
        "current_setting('server_encoding')"
    )
    number, version, encoding = (await connection.execute(query)).one()
    if number < _OLDEST_SERVER:
        raise Unavailable(f"The {database.address} is Postgres {version}: Jax needs 15 or newer.")
    if encoding != "UTF8":
        raise Unavailable(
            f"The {database.address} is encoded in {encoding}: create it again with ENCODING 'UTF8'."
        )
