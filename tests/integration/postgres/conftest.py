"""A migrated Postgres database for each test, as the adapters see it and as SQL does."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from tests.integration.postgres.gate_scene import Scene, running_scene
from tests.integration.postgres.plain_server import installed_servers

_SERVERS = installed_servers()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[PostgresDatabase]:
    opened = PostgresDatabase(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def unit_of_work(database: PostgresDatabase) -> PostgresUnitOfWork:
    return PostgresUnitOfWork(database)


@pytest.fixture
async def sql(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of somebody who does not go through the adapters."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="session", params=_SERVERS.values(), ids=[f"postgres-{major}" for major in _SERVERS])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A desk on a server of its own; whoever writes there takes it back."""
    with running_scene(request.param) as running:
        yield running
