"""A desk on a real Postgres with one strategy released, a trader's loader, and an attacker without keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.artifact import Artifact
from jax.modules.artifacts.load_artifacts import ArtifactsLoaded, LoadArtifacts, LoaderParts
from tests.desk import Desk, active_artifact, open_desk

GATE_TABLES = (
    "audit.entry",
    "gate.artifact",
    "gate.artifact_event",
    "gate.artifact_transition",
    "gate.evidence",
    "gate.approval",
    "gate.policy",
    "gate.member_key",
    "gate.key_role",
    "gate.key_end",
    "gate.snapshot",
    "gate.revocation",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """`artifact` is ACTIVE; `attacker` owns the tables, and has taken their triggers and constraints off."""

    desk: Desk
    artifact: Artifact
    attacker: asyncpg.Connection
    trader: PostgresUnitOfWork

    def loader(self) -> LoadArtifacts:
        """The trader's, with what the trader may do in the database, and its own memory."""
        desk = self.desk
        return LoadArtifacts(LoaderParts(self.trader, desk.objects, desk.clock, desk.gate.trust, desk.memory))

    async def load(self) -> ArtifactsLoaded:
        return await self.loader().load()

    async def refusal(self) -> str:
        """Why nothing loads."""
        outcome = await self.load()
        assert outcome.loaded == ()
        return outcome.problem or "; ".join(refused.reason for refused in outcome.refused)

    async def tamper(self, statement: str, *values: Any) -> None:
        """Changes at least one row."""
        done = await self.attacker.execute(statement, *values)
        assert not done.endswith(" 0"), f"nothing was changed by {statement}"


@asynccontextmanager
async def open_scene(url: str) -> AsyncIterator[Scene]:
    database, reading = PostgresDatabase(url), PostgresDatabase(url, role="jax_trader")
    attacker = await asyncpg.connect(url)
    try:
        async with open_desk(PostgresUnitOfWork(database)) as desk:
            artifact = await active_artifact(desk)
            scene = Scene(desk, artifact, attacker, PostgresUnitOfWork(reading))
            (loaded,) = (await scene.load()).loaded
            assert loaded.payload_sha256 == artifact.payload_sha256
            await _take_the_guards_off(attacker)
            yield scene
    finally:
        await attacker.close()
        await database.close()
        await reading.close()


async def _take_the_guards_off(owner: asyncpg.Connection) -> None:
    for table in GATE_TABLES:
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    found = await owner.fetch(
        "SELECT conrelid::regclass::text AS of_table, conname FROM pg_constraint "
        "WHERE contype IN ('f', 'c', 'u') AND connamespace IN ('gate'::regnamespace, 'audit'::regnamespace)"
    )
    for of_table, name in found:
        await owner.execute(f"ALTER TABLE {of_table} DROP CONSTRAINT IF EXISTS {name} CASCADE")
