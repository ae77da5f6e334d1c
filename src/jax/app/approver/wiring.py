"""Builds what the approver's command reads from, over the folder `home`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.app.database_wiring import open_database
from jax.ports.unit_of_work import UnitOfWork


@asynccontextmanager
async def open_gate(home: Path, database_url: str | None) -> AsyncIterator[UnitOfWork]:
    """The gate's store, at the newest schema."""
    async with open_database(home, database_url) as database:
        yield PostgresUnitOfWork(database)
