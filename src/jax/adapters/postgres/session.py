"""One open transaction, as the stores use it."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
from asyncpg.transaction import Transaction
from sqlalchemy import Executable, Result, Row

from jax.adapters.postgres.database_address import DatabaseAddress
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
        self._refuse_after_refusal()
        try:
            with speaking_port_errors(self._address):
                await self._begin_for(prepared)
                status = await self._connection.execute(
                    self._placed(prepared.sql), *prepared.arguments(values)
                )
        except PortError as error:
            self._refusal = error
            raise
        return int(status.rsplit(" ", 1)[-1])

    async def stream(self, statement: Statement | Executable) -> AsyncIterator[Row[Any]]:
        """The statement's rows as the server gives them, however many; Unavailable or Conflict."""
        prepared = _prepared(statement)
        self._refuse_after_refusal()
        try:
            with speaking_port_errors(self._address):
                await self._begin_for(prepared)
                cursor = await self._connection.cursor(self._placed(prepared.sql), *prepared.arguments({}))
                while records := await cursor.fetch(_ROWS_AT_ONCE):
                    for row in prepared.result(records):
                        yield row
        except PortError as error:
            self._refusal = error
            raise

    def conflict(self, message: str) -> Conflict:
        """The error to raise when a store itself finds that what it is asked for cannot be."""
        self._refusal = Conflict(message)
        return self._refusal

    async def commit(self) -> None:
        """Makes what was written durable; OutcomeUnknown when the answer does not come."""
        self._refuse_after_refusal()
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
        if not (self._has_begun or statement.only_looks):
            await self._transaction.start()
            self._has_begun = True

    async def _fetch(self, statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        self._refuse_after_refusal()
        try:
            with speaking_port_errors(self._address):
                await self._begin_for(statement)
                records: list[Any] = await self._connection.fetch(
                    self._placed(statement.sql), *statement.arguments(values)
                )
        except PortError as error:
            self._refusal = error
            raise
        return records

    def _refuse_after_refusal(self) -> None:
        if self._refusal is not None:
            kind = type(self._refusal)
            raise kind(f"This transaction has failed already and stores nothing: {self._refusal}")


def _prepared(statement: Statement | Executable) -> Statement:
    return statement if isinstance(statement, Statement) else Statement(statement)
