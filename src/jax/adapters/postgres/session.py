"""One open transaction, as the stores use it."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import CursorResult, Executable, Row
from sqlalchemy.ext.asyncio import AsyncConnection

from jax.adapters.postgres.database_address import DatabaseAddress
from jax.adapters.postgres.port_errors import speaking_port_errors
from jax.ports.errors import Conflict, PortError, Unavailable


class Session:
    """Runs the statements of one transaction.

    After a Conflict nothing of the transaction can be kept: every later statement and the commit raise a
    Conflict too, so that a caller who catches the first one cannot take the block's end for success.
    """

    def __init__(self, connection: AsyncConnection, address: DatabaseAddress) -> None:
        self._connection = connection
        self._address = address
        self._refusal: PortError | None = None

    async def execute(self, statement: Executable) -> CursorResult[Any]:
        """The statement's result; Unavailable or Conflict."""
        self._refuse_after_refusal()
        try:
            with speaking_port_errors(self._address):
                return await self._connection.execute(statement)
        except PortError as error:
            self._refusal = error
            raise

    async def stream(self, statement: Executable) -> AsyncIterator[Row[Any]]:
        """The statement's rows as the server gives them, however many; Unavailable or Conflict."""
        self._refuse_after_refusal()
        try:
            with speaking_port_errors(self._address):
                async with self._connection.stream(statement) as rows:
                    async for row in rows:
                        yield row
        except PortError as error:
            self._refusal = error
            raise

    def conflict(self, message: str) -> Conflict:
        """The error to raise when a store itself finds that what it is asked for cannot be."""
        self._refusal = Conflict(message)
        return self._refusal

    async def commit(self) -> None:
        """Makes the transaction durable; OutcomeUnknown when the answer does not come."""
        self._refuse_after_refusal()
        if await self._is_gone():
            raise Unavailable(
                f"The {self._address} went away before the commit; nothing was stored: try again."
            )
        with speaking_port_errors(self._address, committing=True):
            await self._connection.commit()

    async def _is_gone(self) -> bool:
        if self._connection.invalidated:
            return True
        raw = await self._connection.get_raw_connection()
        return raw.driver_connection is None or raw.driver_connection.is_closed()

    def _refuse_after_refusal(self) -> None:
        if self._refusal is not None:
            kind = type(self._refusal)
            raise kind(f"This transaction has failed already and stores nothing: {self._refusal}")
