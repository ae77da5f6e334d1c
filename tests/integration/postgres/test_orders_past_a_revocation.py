"""Whoever may write orders writes none of a revoked artifact, whatever they began before."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Literal

import asyncpg
import pytest

from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.artifact import ArtifactState
from jax.domain.order_status import OrderStatus
from tests.contract.stored_values import artifact, store_in_status, store_signal
from tests.integration.postgres.copied_row import copy_row
from tests.integration.postgres.gate_rows import bring_to, open_gate, revoke
from tests.integration.postgres.logins import new_login
from tests.integration.postgres.refusals import refused_with
from tests.integration.postgres.until import until

_FRESH = {"client_order_id": "jx2", "status": "PENDING_NEW", "revision": "1"}
_NOT_LOADABLE = ("JX005", "order jx2: artifact art-1 is not loadable")
_LOCK = 7
_WAITING = (
    f"SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = {_LOCK} AND NOT granted)"
)
_AFTER_THE_LOCK = f"""
    INSERT INTO trading.orders SELECT (jsonb_populate_record(NULL::trading.orders,
        to_jsonb(stored) || '{{"client_order_id": "jx2", "status": "PENDING_NEW", "revision": 1}}')).*
    FROM (SELECT pg_advisory_xact_lock({_LOCK})) AS held, trading.orders AS stored
"""


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


@pytest.fixture
def traders_url(database_url: str) -> Iterator[str]:
    with new_login(database_url, "jax_trader") as url:
        yield url


@pytest.fixture
async def trader(
    traders_url: str, sql: asyncpg.Connection, unit_of_work: PostgresUnitOfWork
) -> AsyncIterator[asyncpg.Connection]:
    """A login with jax_trader's rights alone; its order jx-sg1 of the active art-1 is stored."""
    await open_gate(sql)
    await bring_to(sql, artifact(), ArtifactState.ACTIVE)
    signal = await store_signal(unit_of_work, artifact(), "sg1")
    await store_in_status(unit_of_work, signal, OrderStatus.NEW)
    connection = await asyncpg.connect(traders_url)
    yield connection
    await connection.close()


async def _orders(sql: asyncpg.Connection) -> int:
    count: int = await sql.fetchval("SELECT count(*) FROM trading.orders")
    return count


async def test_the_login_writes_an_order_while_nobody_has_revoked(trader: asyncpg.Connection) -> None:
    await copy_row(trader, "trading.orders", _FRESH)
    assert await _orders(trader) == 2


async def test_an_order_after_the_revocation_is_refused(
    trader: asyncpg.Connection, sql: asyncpg.Connection
) -> None:
    await revoke(sql, artifact())
    async with refused_with(*_NOT_LOADABLE):
        await copy_row(trader, "trading.orders", _FRESH)
    row = dict(await trader.fetchrow("SELECT * FROM trading.orders")) | _FRESH | {"revision": 1}
    async with refused_with(*_NOT_LOADABLE):
        await trader.copy_records_to_table(
            "orders", schema_name="trading", records=[tuple(row.values())], columns=list(row)
        )
    assert await _orders(sql) == 1


@pytest.mark.parametrize(
    ("isolation", "refusal"),
    [
        ("read_committed", _NOT_LOADABLE),
        ("repeatable_read", ("JX004", "order jx2 is written at READ COMMITTED only, not at REPEATABLE READ")),
        ("serializable", ("JX004", "order jx2 is written at READ COMMITTED only, not at SERIALIZABLE")),
    ],
)
async def test_a_transaction_from_before_the_revocation_writes_no_order(
    trader: asyncpg.Connection,
    sql: asyncpg.Connection,
    isolation: Literal["read_committed", "repeatable_read", "serializable"],
    refusal: tuple[str, str],
) -> None:
    begun = trader.transaction(isolation=isolation)
    await begun.start()
    assert await trader.fetchval("SELECT gate.is_loadable('art-1')") is True
    await revoke(sql, artifact())
    assert await trader.fetchval("SELECT gate.is_loadable('art-1')") is (isolation != "read_committed")
    async with refused_with(*refusal):
        await copy_row(trader, "trading.orders", _FRESH)
    await begun.rollback()
    assert await _orders(sql) == 1


async def test_a_statement_from_before_the_revocation_writes_no_order(
    trader: asyncpg.Connection, sql: asyncpg.Connection, database_url: str
) -> None:
    holder = await asyncpg.connect(database_url)
    await holder.execute(f"SELECT pg_advisory_lock({_LOCK})")

    inserting = asyncio.create_task(trader.execute(_AFTER_THE_LOCK))
    await until(sql, _WAITING)
    await revoke(sql, artifact())
    await holder.close()
    async with refused_with(*_NOT_LOADABLE):
        await inserting
    assert await _orders(sql) == 1


async def test_no_transaction_is_made_read_committed_after_it_has_looked(trader: asyncpg.Connection) -> None:
    begun = trader.transaction(isolation="repeatable_read")
    await begun.start()
    await trader.fetchval("SELECT 1")
    with pytest.raises(asyncpg.ActiveSQLTransactionError):
        await trader.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
    await begun.rollback()
