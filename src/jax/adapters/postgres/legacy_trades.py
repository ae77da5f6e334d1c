"""The table in which an older executor has recorded its trades."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import asyncpg

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.port_errors import speaking_port_errors
from jax.domain.errors import InvalidValue
from jax.domain.executor_decision import EntryTerms, ExecutorDecision
from jax.domain.side import Side
from jax.ports.errors import Unavailable

# What each is called there; after the dot a key of the JSON in the column. `denial` may be left out: then the
# table holds trades alone.
DEFAULT_COLUMNS: Final[Mapping[str, str]] = {
    "id": "id",
    "signal_id": "signal_id",
    "symbol": "symbol",
    "direction": "direction",
    "entry": "entry",
    "stop": "stop",
    "quantity": "risk.quantity",
    "at": "created_at",
    "denial": "",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_SIDES = {"BUY": Side.BUY, "LONG": Side.BUY, "SELL": Side.SELL, "SHORT": Side.SELL}


@dataclass(frozen=True, slots=True)
class LegacyTable:
    """Its name, with a schema or without, and its columns by what they hold; InvalidValue if one is none."""

    name: str = "trades"
    columns: Mapping[str, str] = field(default_factory=lambda: DEFAULT_COLUMNS)

    def __post_init__(self) -> None:
        unknown = sorted(self.columns.keys() - DEFAULT_COLUMNS.keys())
        if unknown:
            raise InvalidValue("legacy-column", f"{unknown[0]} is none of {', '.join(DEFAULT_COLUMNS)}")
        for part in self.name.split("."):
            _check_name("legacy-table", part)
        for column in {**DEFAULT_COLUMNS, **self.columns}.values():
            for part in column.split(".", 1) if column else ():
                _check_name("legacy-column", part)

    def query(self) -> str:
        """The newest row of each signal that was written at $1 or later, oldest first."""
        named = {**DEFAULT_COLUMNS, **self.columns}
        wanted = ", ".join(f"{_expression(column)} AS {name}" for name, column in named.items())
        table = ".".join(f'"{part}"' for part in self.name.split("."))
        signal, at = _expression(named["signal_id"]), _expression(named["at"])
        return (
            f"SELECT * FROM (SELECT DISTINCT ON ({signal}) {wanted} FROM {table} "  # noqa: S608 - checked names
            f"WHERE {signal} IS NOT NULL AND {at} >= $1 ORDER BY {signal}, {at} DESC) AS newest ORDER BY at"
        )


class PostgresLegacyTrades:
    """A DecisionSource that reads and can do nothing else."""

    def __init__(self, database: PostgresDatabase, table: LegacyTable) -> None:
        self._database = database
        self._table = table

    async def decided_since(self, since: datetime) -> Sequence[ExecutorDecision]:
        async with self._database.transaction() as (connection, transaction):
            with speaking_port_errors(self._database.address):
                await transaction.start()
                await connection.execute("SET TRANSACTION READ ONLY")
                try:
                    rows = await connection.fetch(self._table.query(), since)
                except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
                    raise Unavailable(
                        f"The {self._database.address} holds no such trades ({error}): name table and "
                        "columns with --legacy-table and --legacy-column"
                    ) from error
        return [_decision(row) for row in rows]


def _check_name(option: str, part: str) -> None:
    if _NAME.fullmatch(part) is None:
        raise InvalidValue(option, f"{part!r} is no name of a table, a column or a key")


def _expression(column: str) -> str:
    if not column:
        return "NULL::text"
    name, _, key = column.partition(".")
    return f"\"{name}\"::jsonb ->> '{key}'" if key else f'"{name}"'


def _decision(row: Mapping[str, Any]) -> ExecutorDecision:
    """InvalidValue names the row."""
    try:
        denial = row["denial"]
        terms = None if denial else _terms(row)
        return ExecutorDecision(
            str(row["signal_id"]), str(row["symbol"]), _utc(row["at"]), terms, str(denial) if denial else None
        )
    except (KeyError, InvalidOperation, TypeError, ValueError) as error:
        shown = json.dumps(str(row["id"]))
        raise InvalidValue("legacy trade", f"{shown} cannot be read: {error!r}") from error


def _terms(row: Mapping[str, Any]) -> EntryTerms:
    return EntryTerms(
        _SIDES[str(row["direction"]).upper()],
        _number(row["quantity"]),
        _number(row["entry"]),
        _number(row["stop"]),
    )


def _number(value: object) -> Decimal:
    if value is None:
        raise TypeError("a number is missing")
    # A binary fraction as people read it: the table may hold floats.
    return Decimal(str(value))


def _utc(at: datetime) -> datetime:
    # What has no zone was written by the clock of a server at UTC.
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
