"""A migrated database on a server of its own, which waits for the disk as a real one does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jax.adapters.postgres.migrations import migrate_to_head
from tests.postgres_server import fresh_database, running_server


@asynccontextmanager
async def own_database() -> AsyncIterator[str]:
    """Its URL; both are gone when the block ends."""
    server = running_server()
    server_url = await asyncio.to_thread(server.__enter__)
    made = fresh_database(server_url)
    url = await asyncio.to_thread(made.__enter__)
    try:
        await migrate_to_head(url)
        yield url
    finally:
        await asyncio.to_thread(made.__exit__, None, None, None)
        await asyncio.to_thread(server.__exit__, None, None, None)
