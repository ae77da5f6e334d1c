"""What schema `gate` refuses whoever writes, whatever program he writes with."""

import asyncio

import asyncpg
import pytest

from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.artifact import Artifact, ArtifactState
from jax.ports.errors import Conflict
from tests.contract.stored_values import NOW, approval, artifact, payload_bytes, store_artifact
from tests.contract.within import within

_EVENT = """
    INSERT INTO gate.artifact_event (artifact_id, n, from_state, to_state, payload_sha256, actor, reason, at)
    VALUES ($1, $2, $3, $4, $5, 'mallory', 'because', now())
"""
_APPROVAL = """
    INSERT INTO gate.artifact_approval
        (artifact_id, payload_sha256, author, kind, approver, notes, approved_at)
    VALUES ($1, $2, $3, 'RISK', $4, 'fine', now())
"""


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


async def _refused_by(sql: asyncpg.Connection, constraint: str, statement: str, *arguments: object) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await sql.execute(statement, *arguments)
    assert refused.value.constraint_name == constraint


@pytest.fixture
async def draft(unit_of_work: PostgresUnitOfWork) -> Artifact:
    return await store_artifact(unit_of_work, artifact(), state=ArtifactState.DRAFT)


@pytest.mark.parametrize(
    ("n", "from_state", "to_state", "constraint"),
    [
        (1, "NONE", "DRAFT", "artifact_event_pk"),
        (2, "NONE", "DRAFT", "artifact_event_first"),
        (1, "DRAFT", "VALIDATED", "artifact_event_first"),
        (0, "DRAFT", "VALIDATED", "artifact_event_n_from_one"),
        (3, "DRAFT", "VALIDATED", "artifact_event_follows"),
        (2, "APPROVED", "ACTIVE", "artifact_event_follows"),
        (2, "DRAFT", "APPROVED", "artifact_event_legal"),
        (2, "DRAFT", "ACTIVE", "artifact_event_legal"),
        (2, "REVOKED", "DRAFT", "artifact_event_legal"),
    ],
)
async def test_no_event_is_forged(
    sql: asyncpg.Connection, draft: Artifact, n: int, from_state: str, to_state: str, constraint: str
) -> None:
    values = ("art-1", n, from_state, to_state, draft.payload_sha256)
    await _refused_by(sql, constraint, _EVENT, *values)


async def test_no_event_is_of_other_bytes(
    sql: asyncpg.Connection, draft: Artifact, unit_of_work: PostgresUnitOfWork
) -> None:
    other = await store_artifact(unit_of_work, artifact("art-2", version="2"), state=ArtifactState.DRAFT)
    values = ("art-1", 2, "DRAFT", "VALIDATED", other.payload_sha256)
    await _refused_by(sql, "artifact_event_of_payload", _EVENT, *values)


async def test_a_legal_event_is_taken(sql: asyncpg.Connection, draft: Artifact) -> None:
    await sql.execute(_EVENT, "art-1", 2, "DRAFT", "VALIDATED", draft.payload_sha256)
    assert await sql.fetchval("SELECT state FROM gate.artifact_state") == "VALIDATED"


async def test_no_history_has_a_fork(sql: asyncpg.Connection, draft: Artifact) -> None:
    await sql.execute(_EVENT, "art-1", 2, "DRAFT", "VALIDATED", draft.payload_sha256)
    await _refused_by(sql, "artifact_event_pk", _EVENT, "art-1", 2, "DRAFT", "REVOKED", draft.payload_sha256)


async def test_no_approval_is_by_the_author_even_under_another_authors_name(
    sql: asyncpg.Connection, draft: Artifact
) -> None:
    hash_ = draft.payload_sha256
    await _refused_by(sql, "artifact_approval_not_by_author", _APPROVAL, "art-1", hash_, "rita", "rita")
    await _refused_by(sql, "artifact_approval_of_payload", _APPROVAL, "art-1", hash_, "mona", "rita")
    await sql.execute(_APPROVAL, "art-1", hash_, "rita", "tom")


@pytest.mark.parametrize("column", ["payload_sha256", "name", "version", "author"])
async def test_what_is_read_from_the_payload_cannot_be_written(sql: asyncpg.Connection, column: str) -> None:
    with pytest.raises(asyncpg.GeneratedAlwaysError):
        await sql.execute(
            f"INSERT INTO gate.artifact (artifact_id, payload, created_at, {column}) "
            "VALUES ($1, $2, $3, 'x')",
            "art-1",
            payload_bytes(),
            NOW,
        )


@pytest.mark.parametrize(
    "payload", [b"no json", b"{}", b"\xff", b'{"name":"a","version":"1"}', b'{"name":"\\u0000"}']
)
async def test_an_artifact_needs_a_payload_with_name_version_and_author(
    sql: asyncpg.Connection, payload: bytes
) -> None:
    with pytest.raises((asyncpg.DataError, asyncpg.NotNullViolationError)):
        await sql.execute(
            "INSERT INTO gate.artifact VALUES ('art-1', $1, DEFAULT, DEFAULT, DEFAULT, DEFAULT, now())",
            payload,
        )


async def test_a_payload_of_more_than_a_mebibyte_is_refused(sql: asyncpg.Connection) -> None:
    large = payload_bytes().replace(b'"run-1"', b'"' + b"r" * 1024 * 1024 + b'"')
    await _refused_by(
        sql,
        "artifact_payload_size",
        "INSERT INTO gate.artifact (artifact_id, payload, created_at) VALUES ('art-1', $1, now())",
        large,
    )


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
async def test_an_artifact_is_activated_at_read_committed_only(
    sql: asyncpg.Connection, unit_of_work: PostgresUnitOfWork, isolation: str
) -> None:
    approved = await store_artifact(unit_of_work, artifact(), state=ArtifactState.APPROVED)
    values = ("art-1", 5, "APPROVED", "ACTIVE", approved.payload_sha256)
    with pytest.raises(asyncpg.PostgresError, match="READ COMMITTED only"):
        async with sql.transaction(isolation=isolation):
            await sql.execute(_EVENT, *values)
    await sql.execute(_EVENT, *values)


async def test_a_second_active_version_is_refused_whoever_writes_it(
    sql: asyncpg.Connection, unit_of_work: PostgresUnitOfWork
) -> None:
    await store_artifact(unit_of_work, artifact("art-1"))
    second = await store_artifact(unit_of_work, artifact("art-2", version="2"), state=ArtifactState.APPROVED)
    with pytest.raises(asyncpg.PostgresError, match=r"version 1\.0\.0 of ma_crossover_v1 is ACTIVE"):
        await sql.execute(_EVENT, "art-2", 5, "APPROVED", "ACTIVE", second.payload_sha256)


async def test_an_activation_waits_for_one_that_is_not_committed_yet_and_then_sees_it(
    sql: asyncpg.Connection, unit_of_work: PostgresUnitOfWork
) -> None:
    late = await store_artifact(unit_of_work, artifact("art-1"), state=ArtifactState.APPROVED)
    first = await store_artifact(unit_of_work, artifact("art-2", version="2"), state=ArtifactState.APPROVED)
    async with sql.transaction():
        await sql.execute(_EVENT, "art-2", 5, "APPROVED", "ACTIVE", first.payload_sha256)
        activating = asyncio.create_task(
            within(
                unit_of_work,
                lambda tx: tx.artifacts.take_step(
                    late, ArtifactState.ACTIVE, actor="olga", reason="go", at=NOW
                ),
            )
        )
        await asyncio.wait([activating], timeout=0.5)
        assert not activating.done()
    with pytest.raises(Conflict, match="version 2 of ma_crossover_v1 is ACTIVE"):
        await activating


async def test_a_revocation_does_not_wait_for_an_activation_that_hangs(
    sql: asyncpg.Connection, unit_of_work: PostgresUnitOfWork
) -> None:
    old = await store_artifact(unit_of_work, artifact("art-1"), state=ArtifactState.APPROVED)
    new = await store_artifact(unit_of_work, artifact("art-2", version="2"), state=ArtifactState.APPROVED)
    async with sql.transaction():
        await sql.execute(_EVENT, "art-2", 5, "APPROVED", "ACTIVE", new.payload_sha256)
        revoked = await within(
            unit_of_work,
            lambda tx: tx.artifacts.take_step(
                old, ArtifactState.REVOKED, actor="olga", reason="stop", at=NOW
            ),
        )
    assert revoked.state is ArtifactState.REVOKED


async def test_an_approval_stays_when_its_artifact_moves_on(
    sql: asyncpg.Connection, draft: Artifact, unit_of_work: PostgresUnitOfWork
) -> None:
    async with unit_of_work.begin() as tx:
        await tx.artifacts.add_approval(approval(draft))
        await tx.artifacts.take_step(draft, ArtifactState.REVOKED, actor="olga", reason="stop", at=NOW)
    assert await sql.fetchval("SELECT count(*) FROM gate.artifact_approval") == 1
