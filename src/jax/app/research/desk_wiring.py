"""Which adapters the desk works on. Apart from `wiring`, so that a backtest's process loads no database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.parquet.asked_run_files import AskedRunFiles
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.trade_provenance import PostgresTradeProvenance
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.app.console import DISTRIBUTION
from jax.app.database_wiring import open_database
from jax.app.gate_wiring import trust_source
from jax.app.research.desk.desk import Desk, DeskFacts, desk_at_work
from jax.app.research.desk.parts import DeskParts
from jax.app.research.wiring import build_research, runs_in

_CONNECTIONS_FOR_STOPS = 2
# Whoever leaves a transaction open must not make people wait, nor hold all connections of the desk.
_LONGEST_WAIT_FOR_A_LOCK_SECONDS = 10.0


@asynccontextmanager
async def open_desk(home: Path, database_url: str | None) -> AsyncIterator[Desk]:
    """The desk on `home` until the block ends; CommandFailed or Unavailable say why there is none."""
    ids = UuidIdSource()
    patience = _LONGEST_WAIT_FOR_A_LOCK_SECONDS
    async with (
        open_database(home, database_url, lock_timeout_seconds=patience) as database,
        _beside(database, patience) as for_stops,
    ):
        parts = DeskParts(
            home=home,
            unit_of_work=PostgresUnitOfWork(database),
            stopping=PostgresUnitOfWork(for_stops),
            objects=LocalObjectStore(home / "objects"),
            clock=SystemClock(),
            ids=ids,
            trust=trust_source(home),
            provenance=PostgresTradeProvenance(database),
            research=build_research(home),
            runs=runs_in(home),
            asked_runs=AskedRunFiles(home / "asked_runs"),
        )
        async with desk_at_work(parts, DeskFacts(version(DISTRIBUTION), ids.new_id())) as desk:
            yield desk


@asynccontextmanager
async def _beside(database: PostgresDatabase, patience: float) -> AsyncIterator[PostgresDatabase]:
    """A second pool to the same database."""
    second = PostgresDatabase(
        database.address.dsn, pool_size=_CONNECTIONS_FOR_STOPS, lock_timeout_seconds=patience
    )
    try:
        yield second
    finally:
        await second.close()
