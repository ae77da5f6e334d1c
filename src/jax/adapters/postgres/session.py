"""One open transaction, as the stores use it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from asyncpg.transaction import Transaction
from sqlalchemy import Executable, Result, Row

from jax.adapters.postgres.database_address import DatabaseAddress
from jax.adapters.postgres.one_command import one_command
from jax.adapters.postgres.port_errors import speaking_port_errors
from jax.adapters.postgres.shadow_schema import in_shadow
from jax.adapters.postgres.statement import Statement
from jax.ports.errors import Conflict, PortError, Unavailable

_ROWS_AT_ONCE = 500


class Session:
    """Runs the statements of one transaction, which begins with the first that does more than look.

    At READ COMMITTED every statement sees what is committed when it begins, within a transaction or not. A
    statement is a `Statement`, with the values that it leaves open, or a clause, which is compiled at every
    run. After a Conflict nothing of the transaction can be kept: every later statement and the commit raise
    one too, so that a caller who catches the first cannot take the block's end for success.

    What is only written goes out with whatever else is waiting, before the next statement that answers or
    with the commit: a refusal is heard there.
    """

    def __init__(
        self,
        connection: asyncpg.Connection,
        transaction: Transaction,
        address: DatabaseAddress,
        *,
        in_shadow: bool = False,
    ) -> None:
        """`in_shadow`: what a trader writes is that of schema `shadow`."""
        self._in_shadow = in_shadow
        self._connection = connection
        self._transaction = transaction
        self._has_begun = False
        self._address = address
        self._refusal: PortError | None = None
        self._waiting: list[tuple[Statement, list[Any]]] = []

    async def execute(self, statement: Statement | Executable, **values: Any) -> Result[Any]:
        """The statement's rows; Unavailable or Conflict."""
        prepared = _prepared(statement)
        return prepared.result(await self._fetch(prepared, values))

    async def rows(self, statement: Statement, **values: Any) -> list[dict[str, Any]]:
        """The statement's rows by the names of their columns; Unavailable or Conflict."""
        return statement.rows(await self._fetch(statement, values))

    async def change(self, statement: Statement | Executable, **values: Any) -> int:
        """How many rows the statement has written; Unavailable or Conflict."""
        prepared = _prepared(statement)
        async with self._answering():
            await self._begin_for(prepared)
            status = await self._connection.execute(self._placed(prepared.sql), *prepared.arguments(values))
        return int(status.rsplit(" ", 1)[-1])

    async def write(self, statement: Statement, **values: Any) -> None:
        """Writes before anything else is answered, at the latest with the commit."""
        self._refuse_after_refusal()
        if any(waiting is statement for waiting, _ in self._waiting):
            # Two changes of one row are one too many for a single command.
            await self._send_waiting()
        self._waiting.append((statement, statement.arguments(values)))

    async def stream(self, statement: Statement | Executable) -> AsyncIterator[Row[Any]]:
        """The statement's rows as the server gives them, however many; Unavailable or Conflict."""
        prepared = _prepared(statement)
        async with self._answering():
            await self._begin_for(prepared)
            cursor = await self._connection.cursor(self._placed(prepared.sql), *prepared.arguments({}))
            while records := await cursor.fetch(_ROWS_AT_ONCE):
                for row in prepared.result(records):
                    yield row

    def conflict(self, message: str) -> Conflict:
        """The error to raise when a store itself finds that what it is asked for cannot be."""
        self._refusal = Conflict(message)
        return self._refusal

    async def commit(self) -> None:
        """Makes what was written durable; OutcomeUnknown when the answer does not come."""
        async with self._answering():
            pass
        if not self._has_begun:
            return
        if self._connection.is_closed():
            raise Unavailable(
                f"The {self._address} went away before the commit; nothing was stored: try again."
            )
        with speaking_port_errors(self._address, committing=True):
            await self._transaction.commit()

    def _placed(self, sql: str) -> str:
        return in_shadow(sql) if self._in_shadow else sql

    async def _begin_for(self, statement: Statement) -> None:
        if not statement.only_looks:
            await self._begin()

    async def _begin(self) -> None:
        if not self._has_begun:
            await self._transaction.start()
            self._has_begun = True

    async def _fetch(self, statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        async with self._answering():
            await self._begin_for(statement)
            records: list[Any] = await self._connection.fetch(
                self._placed(statement.sql), *statement.arguments(values)
            )
        return records

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[None]:
        """What waits has gone out before the block; what it or the block is refused, the transaction is."""
        self._refuse_after_refusal()
        try:
            await self._send_waiting()
            with speaking_port_errors(self._address):
                yield
        except PortError as error:
            self._refusal = error
            raise

    async def _send_waiting(self) -> None:
        if not self._waiting:
            return
        writes, self._waiting = self._waiting, []
        with speaking_port_errors(self._address):
            await self._begin()
            command = one_command(tuple(statement for statement, _ in writes))
            arguments = [argument for _, given in writes for argument in given]
            await self._connection.execute(self._placed(command), *arguments)

    def _refuse_after_refusal(self) -> None:
        if self._refusal is not None:
            kind = type(self._refusal)
            raise kind(f"This transaction has failed already and stores nothing: {self._refusal}")


def _prepared(statement: Statement | Executable) -> Statement:
    return statement if isinstance(statement, Statement) else Statement(statement)
