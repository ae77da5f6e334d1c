"""The gate's record out of the tables, as of one moment."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, Text, cast, func, select, text, type_coerce

from jax.adapters.postgres.schema import audit_tables, gate_tables, signed_tables, trading_tables
from jax.adapters.postgres.schema.columns import Word
from jax.adapters.postgres.session import Session
from jax.domain.record_row import COLUMNS, RecordRow, plain

_NOWHERE = "NONE"  # where the first step comes from, in the table of steps
# The table that a name in COLUMNS stands for, and its key.
_TABLES: dict[str, tuple[Table, tuple[str, ...]]] = {
    "audit.entry": (audit_tables.entry, ("n",)),
    "gate.policy": (signed_tables.policy, ("version", "sha256")),
    "gate.member_key": (signed_tables.member_key, ("key_id",)),
    "gate.key_role": (signed_tables.key_role, ("key_id", "role")),
    "gate.key_end": (signed_tables.key_end, ("key_id",)),
    "gate.artifact": (gate_tables.artifact, ("artifact_id",)),
    "gate.artifact_event": (gate_tables.artifact_event, ("artifact_id", "n")),
    "gate.evidence": (signed_tables.evidence, ("evidence_sha256",)),
    "gate.approval": (signed_tables.approval, ("approval_sha256",)),
    "gate.snapshot": (signed_tables.snapshot, ("seq",)),
    "gate.revocation": (signed_tables.revocation, ("revocation_id",)),
    "trading.trade": (trading_tables.trade, ("trade_id",)),
}
_OF_ORDER = "order_"
_JSON = frozenset({"active", "revoked"})


class PostgresGateRecord:
    """Streams at REPEATABLE READ, so that the chain and what it tells of are of one moment."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def rows(self) -> AsyncIterator[RecordRow]:
        await self._session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        for name in COLUMNS:
            async for row in self._session.stream(_query(name)):
                yield RecordRow(name, {column: plain(value) for column, value in row._mapping.items()})


def _query(name: str) -> Select[Any]:
    table, key = _TABLES[name]
    query = select(*(_column(table, column) for column in COLUMNS[name]))
    if table is trading_tables.trade:
        orders = trading_tables.orders
        joined = table.outerjoin(orders, table.c.client_order_id == orders.c.client_order_id)
        query = query.select_from(joined)
    return query.order_by(*(_in_order(table.c[column]) for column in key))


def _column(table: Table, name: str) -> ColumnElement[Any]:
    if name.startswith(_OF_ORDER):
        return trading_tables.orders.c[name.removeprefix(_OF_ORDER)].label(name)
    column = table.c[name]
    if name in _JSON:
        return cast(column, Text).label(name)
    if name == "from_state":
        return func.nullif(column, _NOWHERE).label(name)
    if isinstance(column.type, Word):
        # What is no word of ours is for the reader of the record to find.
        return type_coerce(column, Text).label(name)
    return column


def _in_order(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column.collate("C") if isinstance(column.type, Text) else column
