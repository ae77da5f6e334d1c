"""Builds what the approver's command works on, over the folder `home`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.postgres.trade_provenance import PostgresTradeProvenance
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.app.approver.gate import Gate
from jax.app.database_wiring import open_database
from jax.app.gate_wiring import trust_source


@asynccontextmanager
async def open_gate(home: Path, database_url: str | None) -> AsyncIterator[Gate]:
    """The gate's parts, on a database at the newest schema."""
    async with open_database(home, database_url) as database:
        yield Gate(
            home=home,
            unit_of_work=PostgresUnitOfWork(database),
            objects=LocalObjectStore(home / "objects"),
            clock=SystemClock(),
            ids=UuidIdSource(),
            trust=trust_source(home),
            provenance=PostgresTradeProvenance(database),
        )
