"""Runs the migrations: on the connection that Jax hands over, or by hand on the server of DATABASE_URL."""

import asyncio
import os
from typing import Any

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.schema.metadata import SCHEMAS, metadata


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name in SCHEMAS


def _run_on(connection: Connection, /, **options: Any) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_schemas=True,
        include_name=_is_ours,
        compare_server_default=True,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _run_by_hand() -> None:
    url = os.environ.get("DATABASE_URL")
    if url is None:
        raise CommandError("DATABASE_URL is not set: it names the database to migrate")
    database = PostgresDatabase(url)
    try:
        async with database.engine().begin() as connection:
            await connection.run_sync(_run_on)
    finally:
        await database.close()


if context.is_offline_mode():
    raise CommandError("these migrations need a database: leave out --sql")
elif "connection" in context.config.attributes:
    _run_on(
        context.config.attributes["connection"],
        on_version_apply=context.config.attributes["on_version_apply"],
    )
else:
    asyncio.run(_run_by_hand())
