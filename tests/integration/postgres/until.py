"""Waiting for what the server will show, without guessing how long it takes."""

import asyncio

import asyncpg


async def until(sql: asyncpg.Connection, question: str) -> None:
    """Asks until the answer is true; TimeoutError after 20 seconds."""
    async with asyncio.timeout(20):
        while not await sql.fetchval(question):  # noqa: ASYNC110 - the server has no event to wait for
            await asyncio.sleep(0.01)
