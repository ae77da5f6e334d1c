"""Which adapters the desk works on. Apart from `wiring`, so that a backtest's process loads no database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.parquet.asked_run_files import AskedRunFiles
from jax.adapters.postgres.advice_store import PostgresAdviceStore
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.event_bus import PostgresEventBus
from jax.adapters.postgres.trade_provenance import PostgresTradeProvenance
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.app.console import DISTRIBUTION
from jax.app.database_wiring import open_database
from jax.app.gate_wiring import trust_source
from jax.app.research.agent_wiring import open_advising
from jax.app.research.desk.desk import Desk, DeskFacts, desk_at_work
from jax.app.research.desk.parts import DeskParts
from jax.app.research.settings import ResearchSettings
from jax.app.research.wiring import build_research, runs_in

_CONNECTIONS_FOR_STOPS = 2
# One holds the request that is being run, however long its agents take.
_CONNECTIONS_FOR_ADVICE = 4
# Whoever leaves a transaction open must not make people wait, nor hold all connections of the desk.
_LONGEST_WAIT_FOR_A_LOCK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Pool:
    """Connections of their own, which may do what `role` may: advice must not be able to write an order."""

    connections: int
    patience_seconds: float
    role: str | None = None


@asynccontextmanager
async def open_desk(
    home: Path, database_url: str | None, settings: ResearchSettings | None = None
) -> AsyncIterator[Desk]:
    """The desk on `home` until the block ends; CommandFailed or Unavailable say why there is none.

    Agents are those of `settings`.
    """
    ids = UuidIdSource()
    patience = _LONGEST_WAIT_FOR_A_LOCK_SECONDS
    async with (
        open_database(home, database_url, lock_timeout_seconds=patience) as database,
        _beside(database, _Pool(_CONNECTIONS_FOR_STOPS, patience)) as for_stops,
        _beside(database, _Pool(_CONNECTIONS_FOR_ADVICE, patience, role="jax_research")) as for_advice,
        open_advising(settings or ResearchSettings(), for_advice) as advising,
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
            advice=PostgresAdviceStore(for_advice),
            advising=advising,
            event_bus=PostgresEventBus(database),
        )
        async with desk_at_work(parts, DeskFacts(version(DISTRIBUTION), ids.new_id())) as desk:
            yield desk


@asynccontextmanager
async def _beside(database: PostgresDatabase, pool: _Pool) -> AsyncIterator[PostgresDatabase]:
    """Another pool to the same database."""
    second = PostgresDatabase(
        database.address.dsn,
        role=pool.role,
        pool_size=pool.connections,
        lock_timeout_seconds=pool.patience_seconds,
    )
    try:
        yield second
    finally:
        await second.close()
