"""The connection pool to the system of record."""

import select
from typing import Any

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from jax.adapters.postgres.connecting import connect
from jax.adapters.postgres.database_address import parse_address
from jax.adapters.postgres.port_errors import speaking_port_errors

_STATEMENT_TIMEOUT_SECONDS = 60.0
_POOL_TIMEOUT_SECONDS = 10.0


class PostgresDatabase:
    """A pool of at most `pool_size` connections to the database of `url`.

    `url` is postgresql://user:password@host:port/database; Unavailable says what is wrong with it. Statements
    may do what `role` may, or what the user may if there is none, and give up (Unavailable) on a lock that
    others hold for longer than `lock_timeout_seconds`, if it is given. Nothing is opened before it is used;
    `close` closes what was.
    """

    def __init__(
        self,
        url: str,
        *,
        role: str | None = None,
        pool_size: int = 5,
        lock_timeout_seconds: float | None = None,
    ) -> None:
        self.address = parse_address(url)
        self._role = role
        self._lock_timeout_seconds = lock_timeout_seconds
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect_for_pool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_POOL_TIMEOUT_SECONDS,
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)

    def __repr__(self) -> str:
        return f"PostgresDatabase({self.address})"

    async def ping(self) -> None:
        """Asks the server for an answer; Unavailable when there is none."""
        with speaking_port_errors(self.address):
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))

    async def connect_alone(self) -> asyncpg.Connection:
        """A connection beside the pool, for whoever must keep one: a listener, the holder of a lock."""
        return await connect(self.address, role=self._role)

    async def close(self) -> None:
        """Closes all connections that are not in use."""
        await self.engine.dispose()

    async def _connect_for_pool(self) -> asyncpg.Connection:
        return await connect(
            self.address,
            role=self._role,
            statement_timeout_seconds=_STATEMENT_TIMEOUT_SECONDS,
            lock_timeout_seconds=self._lock_timeout_seconds,
        )


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    if connection.driver_connection.is_closed() or _has_unread(connection.driver_connection):
        raise DisconnectionError


def _has_unread(connection: asyncpg.Connection) -> bool:
    """Whether something came that the driver has not read: to a connection in the pool, a farewell.

    The driver knows only after another turn or two of the loop. Asking the server would cost round trips.
    """
    arrived = select.poll()
    arrived.register(connection._transport.get_extra_info("socket"), select.POLLIN)
    return bool(arrived.poll(0))
