"""A revocation by the store waits for nobody, whatever others hold."""

import asyncio

import asyncpg

from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.artifact import ArtifactState
from tests.contract.gate_acts import state_of
from tests.contract.stored_values import artifact, store_artifact
from tests.contract.within import within
from tests.gate_people import recorded_revocation

_OTHER_TABLES = """
    SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables
    WHERE schemaname IN ('gate', 'audit', 'trading', 'reference') AND tablename <> 'revocation'
"""


async def test_a_revocation_goes_through_while_every_other_table_is_locked(
    sql: asyncpg.Connection, unit_of_work: PostgresUnitOfWork
) -> None:
    active = await store_artifact(unit_of_work, artifact())
    async with sql.transaction():
        await sql.execute(f"LOCK TABLE {await sql.fetchval(_OTHER_TABLES)} IN ACCESS EXCLUSIVE MODE")
        await asyncio.wait_for(
            within(unit_of_work, lambda tx: tx.releases.add_revocation(recorded_revocation(active))),
            timeout=20,
        )
        (stored,) = await within(unit_of_work, lambda tx: tx.releases.revocations())
    assert stored == recorded_revocation(active)
    assert await state_of(unit_of_work) is ArtifactState.REVOKED
