"""What has been written once stays as it is."""

import asyncpg
import pytest

from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.audit import GENESIS, AuditEvent, next_entry
from tests.contract.stored_values import NOW
from tests.contract.within import within

_APPEND_ONLY = (
    "audit.entry",
    "gate.artifact",
    "gate.artifact_transition",
    "gate.artifact_event",
    "gate.policy",
    "gate.member_key",
    "gate.key_role",
    "gate.key_end",
    "gate.evidence",
    "gate.approval",
    "gate.snapshot",
    "gate.revocation",
    "trading.order_transition",
    "trading.fill",
    "trading.trade",
    "trading.keyed_request",
    "advice.run",
)


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


@pytest.mark.parametrize("table", _APPEND_ONLY)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
async def test_refuses_to_change_what_is_append_only(sql: asyncpg.Connection, table: str, verb: str) -> None:
    column = await sql.fetchval(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum = 1", table
    )
    statement = {
        "UPDATE": f"UPDATE {table} SET {column} = DEFAULT",
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
    }[verb]
    with pytest.raises(asyncpg.PostgresError, match=f"is append-only: {verb} is refused") as refused:
        await sql.execute(statement)
    assert refused.value.sqlstate == "JX001"


@pytest.mark.parametrize("statement", ["DELETE FROM trading.orders", "TRUNCATE trading.orders CASCADE"])
async def test_refuses_to_remove_an_order(sql: asyncpg.Connection, statement: str) -> None:
    with pytest.raises(asyncpg.PostgresError, match="is refused"):
        await sql.execute(statement)


async def test_every_table_of_the_gate_and_of_the_record_is_append_only(sql: asyncpg.Connection) -> None:
    rows = await sql.fetch(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('gate', 'audit')"
    )
    assert {row[0] for row in rows} <= set(_APPEND_ONLY)


def _event(subject: str) -> AuditEvent:
    return AuditEvent(kind="order.sent", subject=subject, actor="jax-trader", at=NOW, data=None)


@pytest.mark.parametrize(
    ("n", "previous", "constraint"),
    [
        (1, GENESIS, "entry_pk"),
        (2, "first", "entry_pk"),
        (3, "first", "entry_follows"),
        (4, "second", "entry_follows"),
        (3, GENESIS, "entry_genesis"),
        (0, "first", "entry_n_from_one"),
    ],
)
async def test_no_entry_forks_the_chain_or_leaves_a_gap(
    sql: asyncpg.Connection, unit_of_work: PostgresUnitOfWork, n: int, previous: str, constraint: str
) -> None:
    async with unit_of_work.begin() as tx:
        first = await tx.audit.append(_event("jx1"))
        second = await tx.audit.append(_event("jx2"))
    hashes = {"first": first.entry_sha256, "second": second.entry_sha256}
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await _insert(sql, n, hashes.get(previous, previous), "sha256:" + "9" * 64)
    assert refused.value.constraint_name == constraint


async def test_an_entry_that_follows_is_taken(
    sql: asyncpg.Connection, unit_of_work: PostgresUnitOfWork
) -> None:
    first = await within(unit_of_work, lambda tx: tx.audit.append(_event("jx1")))
    second = next_entry(_event("jx2"), last=first)
    await _insert(sql, 2, first.entry_sha256, second.entry_sha256)
    third = await within(unit_of_work, lambda tx: tx.audit.append(_event("jx3")))
    assert third == next_entry(_event("jx3"), last=second)


async def _insert(sql: asyncpg.Connection, n: int, previous: str, entry_sha256: str) -> None:
    await sql.execute(
        "INSERT INTO audit.entry (n, kind, subject, actor, at, data, previous_sha256, entry_sha256) "
        "VALUES ($1, 'order.sent', 'jx2', 'jax-trader', now(), 'null', $2, $3)",
        n,
        previous,
        entry_sha256,
    )
