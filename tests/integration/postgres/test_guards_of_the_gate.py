"""What schema `gate` refuses of artifacts and their histories, whoever writes and with whatever program."""

import asyncio

import asyncpg
import pytest

from jax.domain.artifact import Artifact, ArtifactState
from tests.contract.stored_values import NOW, artifact, payload_bytes
from tests.integration.postgres.gate_rows import (
    STEP,
    add_artifact,
    add_evidence,
    append_entry,
    bring_to,
    name_in_snapshot,
    open_gate,
    revoke,
    take_step,
)
from tests.integration.postgres.refusals import refused_by, refused_with
from tests.integration.postgres.signed_rows import signed_golden, signed_rerun
from tests.integration.postgres.until import until

OTHER = artifact("art-2", version="2")


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


@pytest.fixture
async def draft(sql: asyncpg.Connection) -> Artifact:
    """art-1, with all that any step may ask for."""
    await open_gate(sql)
    await bring_to(sql, artifact(), ArtifactState.DRAFT)
    await add_evidence(sql, artifact(), signed_rerun(artifact()), signed_golden(artifact()))
    return artifact()


async def _step(sql: asyncpg.Connection, n: int, from_state: str, to_state: str, payload_sha256: str) -> None:
    entry = await append_entry(sql, "artifact.step", "art-1", "mallory")
    await sql.execute(STEP, "art-1", n, from_state, to_state, payload_sha256, "mallory", *entry)


@pytest.mark.parametrize(
    ("n", "from_state", "to_state", "constraint"),
    [
        (1, "NONE", "DRAFT", "artifact_event_pk"),
        (2, "NONE", "DRAFT", "artifact_event_first"),
        (1, "DRAFT", "VALIDATED", "artifact_event_first"),
        (0, "DRAFT", "VALIDATED", "artifact_event_n_from_one"),
        (3, "DRAFT", "VALIDATED", "artifact_event_follows"),
        (2, "ACTIVE", "DEPRECATED", "artifact_event_follows"),
        (2, "DRAFT", "DEPRECATED", "artifact_event_legal"),
        (2, "REVOKED", "DRAFT", "artifact_event_legal"),
    ],
)
async def test_no_event_is_forged(
    sql: asyncpg.Connection, draft: Artifact, n: int, from_state: str, to_state: str, constraint: str
) -> None:
    async with refused_by(constraint):
        await _step(sql, n, from_state, to_state, draft.payload_sha256)


async def test_no_event_is_of_other_bytes(sql: asyncpg.Connection, draft: Artifact) -> None:
    await add_artifact(sql, OTHER)
    async with refused_by("artifact_event_of_payload"):
        await _step(sql, 2, "DRAFT", "VALIDATED", OTHER.payload_sha256)


async def test_no_history_has_a_fork(sql: asyncpg.Connection, draft: Artifact) -> None:
    await _step(sql, 2, "DRAFT", "VALIDATED", draft.payload_sha256)
    assert await sql.fetchval("SELECT state FROM gate.artifact_state") == "VALIDATED"
    await revoke(sql, draft)
    async with refused_by("artifact_event_pk"):
        await _step(sql, 2, "DRAFT", "REVOKED", draft.payload_sha256)


@pytest.mark.parametrize(
    "payload", [b"no json", b"{}", b"\xff", b'{"name":"a","version":"1"}', b'{"name":"\\u0000"}']
)
async def test_an_artifact_needs_a_payload_with_name_version_and_author(
    sql: asyncpg.Connection, payload: bytes
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await sql.execute(
            "INSERT INTO gate.artifact (artifact_id, payload, created_at) VALUES ('art-1', $1, now())",
            payload,
        )
    assert refused.value.sqlstate[:2] in {"22", "JX"}


async def test_a_payload_of_more_than_a_mebibyte_is_refused(sql: asyncpg.Connection) -> None:
    large = payload_bytes().replace(b'"run-1"', b'"' + b"r" * 1024 * 1024 + b'"')
    async with refused_by("artifact_payload_size"):
        await sql.execute(
            "INSERT INTO gate.artifact (artifact_id, payload, created_at) VALUES ('art-1', $1, $2)",
            large,
            NOW,
        )


async def test_a_second_active_version_is_refused_whoever_writes_it(
    sql: asyncpg.Connection, draft: Artifact
) -> None:
    await bring_to(sql, OTHER, ArtifactState.ACTIVE)
    third = artifact("art-3", version="3")
    await bring_to(sql, third, ArtifactState.APPROVED)
    await name_in_snapshot(sql, [third])
    async with refused_with("JX002", "version 2 of ma_crossover_v1 is ACTIVE: deprecate it before"):
        await take_step(sql, third, "ACTIVE")


async def test_a_revoked_version_stands_in_nobodys_way(sql: asyncpg.Connection, draft: Artifact) -> None:
    await bring_to(sql, OTHER, ArtifactState.ACTIVE)
    await revoke(sql, OTHER)
    await bring_to(sql, artifact("art-3", version="3"), ArtifactState.ACTIVE)


async def test_an_activation_waits_for_one_that_is_not_committed_yet_and_then_sees_it(
    sql: asyncpg.Connection, draft: Artifact, database_url: str
) -> None:
    late = artifact("art-3", version="3")
    for of in (OTHER, late):
        await bring_to(sql, of, ArtifactState.APPROVED)
    await name_in_snapshot(sql, [late])
    chained = await append_entry(sql, "artifact.step", "art-3", "rene")
    waiting = await asyncpg.connect(database_url)
    async with sql.transaction():
        await name_in_snapshot(sql, [OTHER])
        await take_step(sql, OTHER, "ACTIVE")
        activating = asyncio.create_task(take_step(waiting, late, "ACTIVE", entry=chained))
        watching = await asyncpg.connect(database_url)
        await until(watching, "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        await watching.close()
    async with refused_with("JX002", "version 2 of ma_crossover_v1 is ACTIVE"):
        await activating
    await waiting.close()
