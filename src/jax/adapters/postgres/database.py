"""The connection pool to the system of record."""

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from asyncpg.transaction import Transaction
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from jax.adapters.postgres.connecting import DRIVER_ERRORS, connect
from jax.adapters.postgres.database_address import parse_address
from jax.adapters.postgres.port_errors import speaking_port_errors
from jax.ports.errors import Unavailable

_STATEMENT_TIMEOUT_SECONDS = 60.0
_POOL_TIMEOUT_SECONDS = 10.0
_FAREWELL_SECONDS = 1.0


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
        self._free = asyncio.Semaphore(pool_size)
        self._idle: list[asyncpg.Connection] = []
        self._is_closed = False

    def __repr__(self) -> str:
        return f"PostgresDatabase({self.address})"

    async def ping(self) -> None:
        """Asks the server for an answer; Unavailable when there is none."""
        async with self.transaction() as (connection, _):
            with speaking_port_errors(self.address):
                await connection.execute("SELECT 1")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[tuple[asyncpg.Connection, Transaction]]:
        """A connection of the pool and a transaction to be started on it: what the block does not commit is
        rolled back. Unavailable when there is none.
        """
        with speaking_port_errors(self.address):
            taken = await self._take()
        transaction = taken.transaction()
        try:
            yield taken, transaction
        finally:
            if taken.is_in_transaction() or taken.is_closed():
                # Shielded, or a second cancellation could leave the connection in nobody's hands.
                await asyncio.shield(asyncio.ensure_future(self._roll_back(taken, transaction)))
            self._give_back(taken)

    def engine(self) -> AsyncEngine:
        """For Alembic, which speaks to the database by an engine of SQLAlchemy's: each use connects anew."""
        return create_async_engine(
            "postgresql+asyncpg://", async_creator=self._connect_for_pool, poolclass=NullPool
        )

    async def connect_alone(self) -> asyncpg.Connection:
        """A connection beside the pool, for whoever must keep one: a listener, the holder of a lock."""
        return await connect(self.address, role=self._role)

    async def close(self) -> None:
        """Closes all connections that are not in use, and the others when they are given back."""
        self._is_closed = True
        while self._idle:
            await self._idle.pop().close(timeout=_FAREWELL_SECONDS)

    async def _take(self) -> asyncpg.Connection:
        try:
            async with asyncio.timeout(_POOL_TIMEOUT_SECONDS):
                await self._free.acquire()
        except TimeoutError as error:
            raise Unavailable(
                f"All connections to the {self.address} are busy; nothing was done: try again."
            ) from error
        try:
            while self._idle:
                # The one that was used last: the others may rest.
                taken = self._idle.pop()
                if not _has_ended(taken):
                    return taken
                taken.terminate()
            return await self._connect_for_pool()
        except BaseException:
            self._free.release()
            raise

    async def _roll_back(self, taken: asyncpg.Connection, transaction: Transaction) -> None:
        """A connection that cannot even do that is thrown away."""
        try:
            await transaction.rollback()
        except DRIVER_ERRORS:
            taken.terminate()

    def _give_back(self, taken: asyncpg.Connection) -> None:
        if self._is_closed:
            taken.terminate()
        elif not taken.is_closed():
            self._idle.append(taken)
        self._free.release()

    async def _connect_for_pool(self) -> asyncpg.Connection:
        return await connect(
            self.address,
            role=self._role,
            statement_timeout_seconds=_STATEMENT_TIMEOUT_SECONDS,
            lock_timeout_seconds=self._lock_timeout_seconds,
        )


def _has_ended(connection: asyncpg.Connection) -> bool:
    """Whether something came that the driver has not read: to a connection in the pool, a farewell.

    The driver knows only after another turn or two of the loop. Asking the server would cost round trips.
    """
    if connection.is_closed():
        return True
    arrived = select.poll()
    arrived.register(connection._transport.get_extra_info("socket"), select.POLLIN)
    return bool(arrived.poll(0))
