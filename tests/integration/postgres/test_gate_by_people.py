"""From research to a trade and to the emergency stop, everybody under their own login."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.migrations import migrate_to_head
from jax.adapters.postgres.trader_lock import trader_lock
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.audit import AuditEvent
from jax.domain.bar import Timeframe
from jax.domain.order_status import OrderStatus
from jax.domain.session import ExchangeHoliday
from jax.ports.errors import Conflict
from tests.contract.stored_values import (
    ACCOUNT,
    NOW,
    approved,
    artifact,
    bar,
    fill,
    store_in_status,
    store_signal,
)
from tests.integration.postgres.gate_rows import (
    add_approval,
    add_artifact,
    add_evidence,
    name_in_snapshot,
    open_gate,
    revoke,
    take_step,
)
from tests.integration.postgres.gate_scene import Scene
from tests.integration.postgres.logins import url_as
from tests.integration.postgres.signed_rows import ROSA, TESSA, signed_approval, signed_golden, signed_rerun
from tests.postgres_server import run_sql

NEW = artifact()


@pytest.fixture
def desk_url(scene: Scene) -> Iterator[str]:
    """A database of its own on the server where everybody has a login; nothing has been submitted."""
    server_url, url = (scene.url.replace("/desk", f"/{name}") for name in ("postgres", "people"))
    run_sql(server_url, "CREATE DATABASE people OWNER carl")
    asyncio.run(migrate_to_head(url_as(url, "carl")))
    yield url
    run_sql(server_url, "DROP DATABASE people WITH (FORCE)")


@asynccontextmanager
async def _as(url: str, login: str) -> AsyncIterator[asyncpg.Connection]:
    sql = await asyncpg.connect(url_as(url, login))
    try:
        yield sql
    finally:
        await sql.close()


@asynccontextmanager
async def _program(url: str, login: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(url_as(url, login))
    try:
        yield database
    finally:
        await database.close()


async def _promote(url: str) -> None:
    """NEW to ACTIVE, by five people."""
    async with _as(url, "olga") as owner:
        await open_gate(owner)
    async with _as(url, "rita") as rita:
        await add_artifact(rita, NEW)
    async with _as(url, "victor") as victor:
        await add_evidence(victor, NEW, signed_rerun(NEW), signed_golden(NEW))
        await take_step(victor, NEW, "VALIDATED")
    async with _as(url, "tessa") as tessa:
        await add_approval(tessa, NEW, signed_approval(NEW, TESSA))
        await take_step(tessa, NEW, "REVIEWED")
    async with _as(url, "rosa") as rosa:
        await add_approval(rosa, NEW, signed_approval(NEW, ROSA))
        await take_step(rosa, NEW, "APPROVED")
    async with _as(url, "rene") as rene, rene.transaction():
        await name_in_snapshot(rene, [NEW])
        await take_step(rene, NEW, "ACTIVE")


async def test_people_promote_the_trader_trades_the_auditor_reads_and_one_stops_it(desk_url: str) -> None:
    await _promote(desk_url)
    async with _program(desk_url, "trader") as database, trader_lock(database, ACCOUNT):
        assert await migrate_to_head(url_as(desk_url, "trader")) == []
        unit_of_work = PostgresUnitOfWork(database)
        await _trade(unit_of_work)
        await _check_provenance(desk_url)
        async with _as(desk_url, "rolf") as rolf:
            await revoke(rolf, NEW)
            await take_step(rolf, NEW, "REVOKED", actor="rolf")
        late = await store_signal(unit_of_work, NEW, "sg2")
        with pytest.raises(Conflict, match="order jx-sg2: artifact art-1 is not loadable"):
            await store_in_status(unit_of_work, late, OrderStatus.PENDING_NEW)


async def _trade(unit_of_work: PostgresUnitOfWork) -> None:
    """Everything that a trader writes."""
    signal = await store_signal(unit_of_work, NEW, "sg1")
    async with unit_of_work.begin() as tx:
        await tx.orders.raise_epoch(ACCOUNT)
        await tx.signals.save(approved(signal))
        await tx.bars.append([bar()])
        await tx.events.publish("signal", subject="sg1")
        await tx.audit.append(AuditEvent("order.sent", "jx-sg1", "jax-trader", NOW, None))
    order = await store_in_status(unit_of_work, signal, OrderStatus.NEW)
    async with unit_of_work.begin() as tx:
        first = fill(order)
        assert await tx.orders.add_fill(ACCOUNT, first)
        await tx.orders.save(order.with_fill(first, at=NOW))
        assert await tx.bars.last_ends(Timeframe.DAY)
        assert await tx.reference.instruments() == []


async def _check_provenance(url: str) -> None:
    async with _as(url, "audra") as audra:
        row = await audra.fetchrow("SELECT * FROM gate.trade_provenance")
    assert (row["trade_id"], row["payload_sha256"], row["author"]) == (
        "tr-jx-sg1",
        NEW.payload_sha256,
        "rita",
    )
    assert (row["policy"], row["policy_version"], row["solo"]) == ("desk", 1, False)
    # The trades of tests are of the past, the approvals are of today.
    assert json.loads(row["approvals"]) == []


async def test_research_imports_reference_data_and_reads_what_became_of_its_work(desk_url: str) -> None:
    await _promote(desk_url)
    async with _program(desk_url, "rita") as database, PostgresUnitOfWork(database).begin() as tx:
        await tx.reference.put_sessions([], [ExchangeHoliday("XNAS", NOW.date())])
        await tx.reference.put_sessions([], [])
        assert (await tx.artifacts.get("art-1")).name == NEW.name
        assert len(await tx.audit.entries(kind="artifact.step")) == 5
