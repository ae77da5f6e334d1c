"""A home with an approved artifact, and what processes on it have left in the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jax.adapters.gate_files.root_file import write_root
from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.domain.artifact import Artifact
from tests.gate_people import ROOT
from tests.integration.trader import approved_strategy
from tests.integration.trader.trader_process import TraderProcess
from tests.integration.trader.trading_floor import bar_body

# Whoever holds the lock of the account has an advisory lock.
END_THE_LOCKS_SESSION = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND granted AND datname = current_database()
"""


@asynccontextmanager
async def stores(database_url: str) -> AsyncIterator[PostgresUnitOfWork]:
    database = PostgresDatabase(database_url)
    try:
        yield PostgresUnitOfWork(database)
    finally:
        await database.close()


def prepare(
    home: Path, database_url: str, *, variant: approved_strategy.Variant = approved_strategy.FIRST
) -> Artifact:
    """An approved artifact, as research and the approvers leave it."""
    write_root(home / "gate" / "root.json", ROOT)

    async def run() -> Artifact:
        clock, objects = SystemClock(), LocalObjectStore(home / "objects")
        async with stores(database_url) as unit_of_work:
            await approved_strategy.list_instruments(unit_of_work)
            artifact = await approved_strategy.draft(unit_of_work, objects, clock, variant=variant)
            await approved_strategy.approve(unit_of_work, artifact, clock)
        return artifact

    return asyncio.run(run())


def approved_signal(trader: TraderProcess, day: int = 4) -> dict[str, str]:
    """The body that executes a signal on the bar of March `day`."""
    (signal,) = trader.post("/api/v1/bars", {"bars": [bar_body(day)]}).json()["signals"]
    path = f"/api/v1/signals/{signal['signal_id']}/approve"
    assert trader.post(path, {"approved_by": "olivia"}).status_code == 200
    return {"signal_id": signal["signal_id"], "approved_by": "olivia"}


def audit_of(database_url: str) -> list[Any]:
    async def run() -> list[Any]:
        async with stores(database_url) as unit_of_work, unit_of_work.begin() as transaction:
            return list(await transaction.audit.entries())

    return asyncio.run(run())
