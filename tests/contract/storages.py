"""The systems of record that the contract tests run against: in memory, and on a real Postgres."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import asyncpg

from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.event_bus import MemoryEventBus
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.event_bus import PostgresEventBus
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.ports.event_bus import EventBus
from jax.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Storage:
    """A system of record; `lose_subscriptions` cuts the connections on which subscribers listen."""

    unit_of_work: UnitOfWork
    event_bus: EventBus
    lose_subscriptions: Callable[[], Awaitable[None]]


@asynccontextmanager
async def _memory() -> AsyncIterator[Storage]:
    database = MemoryDatabase()
    event_bus = MemoryEventBus(database)

    async def lose() -> None:
        event_bus.lose_connections()

    yield Storage(MemoryUnitOfWork(database), event_bus, lose)


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[Storage]:
    database = PostgresDatabase(url)

    async def lose() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
        )
        await connection.close()

    try:
        yield Storage(PostgresUnitOfWork(database), PostgresEventBus(database), lose)
    finally:
        await database.close()


IN_MEMORY = "memory"
ON_POSTGRES = "postgres"


def open_storage(database_url: str | None) -> AbstractAsyncContextManager[Storage]:
    """An empty system of record: on that database, or in memory."""
    return _memory() if database_url is None else _postgres(database_url)
