"""At most one trader for an account."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from jax.adapters.postgres.connecting import DRIVER_ERRORS
from jax.adapters.postgres.database import PostgresDatabase
from jax.ports.errors import Conflict, Unavailable

_ANSWER_WITHIN_SECONDS = 5.0
_HELD = """
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND ((classid::bigint << 32) | objid::bigint) = $1
    )
"""
_HOLDER = """
    SELECT pid, backend_start
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted
      AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND ((classid::bigint << 32) | objid::bigint) = $1
"""


class TraderLock:
    """An advisory lock on a connection of its own: Postgres releases it when the connection ends.

    It says who may live, not who may write: a trader whose lock was lost without its noticing is stopped
    by the account's epoch.
    """

    def __init__(self, connection: asyncpg.Connection, account: str) -> None:
        self._connection = connection
        self._account = account

    async def held(self) -> bool:
        """Whether the server says, within 5 seconds, that this process still holds the lock."""
        try:
            answer = await self._connection.fetchval(
                _HELD, _key(self._account), timeout=_ANSWER_WITHIN_SECONDS
            )
        except DRIVER_ERRORS:
            return False
        return bool(answer)


@asynccontextmanager
async def trader_lock(database: PostgresDatabase, account: str) -> AsyncIterator[TraderLock]:
    """Holds the account's lock for the block; Conflict at once when somebody else does, or Unavailable."""
    connection = await database.connect_alone()
    try:
        await _take(connection, database, account)
        yield TraderLock(connection, account)
    finally:
        connection.terminate()


async def _take(connection: asyncpg.Connection, database: PostgresDatabase, account: str) -> None:
    key = _key(account)
    try:
        if await connection.fetchval("SELECT pg_try_advisory_lock($1)", key):
            return
        holder = await connection.fetchrow(_HOLDER, key)
    except DRIVER_ERRORS as error:
        raise Unavailable(f"The {database.address} did not answer ({error}): try again.") from error
    began = None if holder is None else holder["backend_start"]  # None for another login's session, too
    since = "" if began is None else f" since {began:%Y-%m-%d %H:%M:%S} UTC"
    raise Conflict(
        f"Another trader runs account {account} on this database{since}: stop it first, "
        "or use another account."
    )


def _key(account: str) -> int:
    digest = hashlib.sha256(b"jax trader of account " + account.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
