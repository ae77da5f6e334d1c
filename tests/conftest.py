"""What all tests may use: a real Postgres, started when the first test asks for it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from jax.adapters.postgres.migrations import migrate_to_head
from tests.postgres_server import empty_tables, fresh_database, running_server


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """A database on a server where databases may be made and dropped."""
    with running_server(waits_for_disk=False) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_template_url(postgres_server_url: str) -> Iterator[str]:
    """A migrated database to copy; nobody may be connected to it."""
    with fresh_database(postgres_server_url) as url:
        asyncio.run(migrate_to_head(url))
        yield url


@pytest.fixture
def empty_database_url(postgres_server_url: str) -> Iterator[str]:
    """A database of its own for the test, without any table."""
    with fresh_database(postgres_server_url) as url:
        yield url


@pytest.fixture
def database_url(postgres_server_url: str, migrated_template_url: str) -> Iterator[str]:
    """A database of its own for the test, migrated and empty."""
    with fresh_database(postgres_server_url, template=migrated_template_url) as url:
        yield url


@pytest.fixture(scope="session")
def shared_database_url(postgres_server_url: str, migrated_template_url: str) -> Iterator[str]:
    """A migrated database for all the tests that leave its tables as they are."""
    with fresh_database(postgres_server_url, template=migrated_template_url) as url:
        yield url


@pytest.fixture
def emptied_database_url(shared_database_url: str) -> str:
    """A migrated database without any row; whoever changes its tables needs a `database_url` instead."""
    empty_tables(shared_database_url)
    return shared_database_url


@pytest.fixture(scope="session")
def kernel_folder(request: pytest.FixtureRequest) -> Path:
    """Where compiled kernels are kept from run to run: under names that follow from all their sources."""
    cache = request.config.cache
    assert cache is not None
    return Path(cache.mkdir("kernels"))
