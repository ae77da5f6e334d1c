"""The one place that says which adapters recorded decisions are read with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.app.database_wiring import open_database
from jax.modules.execution.replay_decisions import ReplayDecisions
from jax.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class RecordedDecisions:
    """What is replayed, and the machine's clock."""

    replaying: ReplayDecisions
    clock: Clock


@asynccontextmanager
async def open_decisions(home: Path, database_url: str | None) -> AsyncIterator[RecordedDecisions]:
    """Those in the trader's database, for whoever may read its audit log."""
    async with open_database(home, database_url) as database:
        yield RecordedDecisions(ReplayDecisions(PostgresUnitOfWork(database)), SystemClock())
