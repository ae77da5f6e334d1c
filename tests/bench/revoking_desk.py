"""A desk whose strategies one trader runs, by its real wiring in this process, and whoever stops them."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from jax.adapters.gate_files.root_file import write_root
from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.migrations import migrate_to_head
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.app.gate_wiring import trust_source
from jax.app.trader.running_artifacts import RunningArtifacts
from jax.app.trader.settings import TraderSettings
from jax.app.trader.wiring import open_trader
from jax.domain.artifact import Artifact
from jax.modules.artifacts.revoke_artifact import RevocationParts, RevokeArtifact
from tests.bench.many_strategies import release_strategies
from tests.gate_people import ROOT, revocation_envelope
from tests.postgres_server import fresh_database
from tests.replay_settings import REPLAY

_LOOK_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class RevokingDesk:
    """`artifacts` are ACTIVE in one snapshot; `home` is the trader's."""

    url: str
    home: Path
    artifacts: Sequence[Artifact]
    revoking: RevokeArtifact

    @asynccontextmanager
    async def trading(self) -> AsyncIterator[RunningArtifacts]:
        """What a running trader has in memory."""
        settings = TraderSettings(DATABASE_URL=self.url, EXECUTION_ENABLED=True, **REPLAY)  # type: ignore[arg-type]
        async with open_trader(self.home, settings) as trader:
            yield trader._parts.artifacts

    async def revoke(self, artifact: Artifact) -> None:
        """rolf's signed revocation, to its commit."""
        await self.revoking.accept(revocation_envelope(artifact, issued=SystemClock().now()))

    async def seconds_to_stop(self, trader: RunningArtifacts, artifact: Artifact) -> float:
        """From before the revocation to when the trader's memory lets the artifact enter nothing."""
        began = time.perf_counter()
        revoking = asyncio.create_task(self.revoke(artifact))
        while artifact.payload_sha256 in trader.that_may_enter():  # noqa: ASYNC110 - it calls nobody
            await asyncio.sleep(_LOOK_SECONDS)
        stopped = time.perf_counter()
        await revoking
        return stopped - began


@asynccontextmanager
async def open_revoking_desk(server_url: str, *, strategies: int) -> AsyncIterator[RevokingDesk]:
    """A database and a home of its own."""
    made = fresh_database(server_url)
    url = await asyncio.to_thread(made.__enter__)
    database = PostgresDatabase(url)
    try:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            write_root(home / "gate" / "root.json", ROOT)
            await migrate_to_head(url)
            records, clock = PostgresUnitOfWork(database), SystemClock()
            artifacts = await release_strategies(
                records, LocalObjectStore(home / "objects"), clock, strategies
            )
            parts = RevocationParts(records, clock, UuidIdSource(), trust_source(home))
            yield RevokingDesk(url, home, artifacts, RevokeArtifact(parts))
    finally:
        await database.close()
        await asyncio.to_thread(made.__exit__, None, None, None)


@asynccontextmanager
async def notifications(url: str) -> AsyncIterator[Mapping[str, float]]:
    """When a bare listener first heard of what, by the clock of time.perf_counter."""
    heard: dict[str, float] = {}

    def hear(*told: Any) -> None:
        heard.setdefault(told[-1], time.perf_counter())

    sql = await asyncpg.connect(url)
    try:
        await sql.add_listener("jax_artifact", hear)
        yield heard
    finally:
        sql.terminate()
