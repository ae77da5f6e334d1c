"""An emergency stop goes through, whatever else hangs open in the database."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from jax.domain.artifact import ArtifactState
from jax.domain.canonical_json import Json
from jax.domain.gate_policy import DESK_POLICY
from tests.contract.stored_values import artifact
from tests.integration.postgres.gate_rows import (
    add_approval,
    add_artifact,
    add_evidence,
    add_policy,
    bring_to,
    name_in_snapshot,
    open_gate,
    revoke,
    take_step,
)
from tests.integration.postgres.refusals import refused_by, refused_with
from tests.integration.postgres.signed_rows import (
    CORA,
    ONES,
    ROSA,
    TESSA,
    TODAY,
    Person,
    signed_approval,
    signed_golden,
    signed_rerun,
    signed_revocation,
)

RUNNING = artifact()
LATEST = artifact("art-2", version="2")
NEWCOMER = Person("nora", "RISK")
SIGNED = "INSERT INTO gate.revocation (envelope) VALUES ($1)"


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


@pytest.fixture
async def gate(sql: asyncpg.Connection) -> asyncpg.Connection:
    """The gate with art-1 active and art-2 approved; who waits for a lock here gets an error instead."""
    await open_gate(sql)
    await bring_to(sql, RUNNING, ArtifactState.ACTIVE)
    await bring_to(sql, LATEST, ArtifactState.APPROVED)
    await sql.execute("SET lock_timeout = '200ms'")
    return sql


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def _write_everywhere(sql: asyncpg.Connection) -> None:
    """A row in every table of the gate: the keys of another person, another version, and an activation."""
    await sql.execute(
        "INSERT INTO gate.member_key (public_key, person) VALUES ($1, $2)",
        NEWCOMER.public_key,
        NEWCOMER.name,
    )
    await sql.execute("INSERT INTO gate.key_role VALUES ($1, 'RISK')", NEWCOMER.key_id)
    await sql.execute("INSERT INTO gate.key_end VALUES ($1, now())", CORA.key_id)
    late = artifact("art-3", version="3")
    await add_artifact(sql, late)
    await add_evidence(sql, late, signed_rerun(late), signed_golden(late))
    await add_approval(sql, RUNNING, signed_approval(RUNNING, NEWCOMER))
    await name_in_snapshot(sql, [LATEST])
    await take_step(sql, RUNNING, "DEPRECATED")
    await take_step(sql, LATEST, "ACTIVE")
    await revoke(sql, RUNNING)
    await add_policy(sql, replace(DESK_POLICY, version=2))


async def test_a_revocation_waits_for_no_transaction_that_hangs(
    gate: asyncpg.Connection, other: asyncpg.Connection
) -> None:
    tables = await gate.fetch(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('gate', 'audit') "
        "AND tablename <> 'artifact_transition'"
    )
    async with other.transaction():
        await _write_everywhere(other)
        written = await other.fetch(
            "SELECT DISTINCT relation::regclass::text FROM pg_locks "
            "WHERE pid = pg_backend_pid() AND mode = 'RowExclusiveLock'"
        )
        assert {row[0] for row in tables} <= {row[0] for row in written}
        await revoke(gate, RUNNING)
        await gate.execute(SIGNED, signed_revocation(LATEST))
        assert await gate.fetchval("SELECT gate.is_loadable('art-1')") is False
        with pytest.raises(asyncpg.LockNotAvailableError):
            await take_step(gate, LATEST, "ACTIVE")


async def test_a_revocation_looks_at_no_other_table(
    gate: asyncpg.Connection, other: asyncpg.Connection
) -> None:
    tables = await gate.fetch(
        "SELECT schemaname || '.' || tablename FROM pg_tables "
        "WHERE schemaname IN ('gate', 'audit', 'trading', 'reference') AND tablename <> 'revocation'"
    )
    async with other.transaction():
        for (table,) in tables:
            await other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        await revoke(gate, RUNNING)
        await gate.execute(SIGNED, signed_revocation(LATEST))


async def test_a_revocation_is_heard(gate: asyncpg.Connection, other: asyncpg.Connection) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()
    await other.add_listener("jax_artifact", lambda *told: heard.put_nowait(told[-1]))
    await revoke(gate, RUNNING)
    async with asyncio.timeout(20):
        assert await heard.get() == RUNNING.payload_sha256
    await other.remove_listener("jax_artifact", lambda *_: None)


async def test_the_shortest_stop_is_a_hash_and_a_reason(gate: asyncpg.Connection) -> None:
    before = await gate.fetchval("SELECT clock_timestamp()")
    await revoke(gate, RUNNING)
    row = await gate.fetchrow("SELECT *, session_user AS login FROM gate.revocation")
    assert uuid.UUID(row["revocation_id"]).version == 4
    assert (row["revoker"], row["reason"], row["envelope"]) == (row["login"], "stop", None)
    assert before <= row["revoked_at"] <= await gate.fetchval("SELECT clock_timestamp()")


async def test_what_is_left_out_is_read_from_the_envelope(gate: asyncpg.Connection) -> None:
    envelope = signed_revocation(RUNNING)
    await gate.execute(SIGNED, envelope)
    row = await gate.fetchrow("SELECT payload_sha256, revoker, reason, envelope FROM gate.revocation")
    assert tuple(row) == (RUNNING.payload_sha256, "rosa", "it misbehaves", envelope)


async def test_what_is_given_with_an_envelope_is_kept(gate: asyncpg.Connection) -> None:
    await gate.execute(
        "INSERT INTO gate.revocation VALUES ('stop-1', $1, 'rosa', 'it misbehaves', $2, $3)",
        RUNNING.payload_sha256,
        TODAY,
        signed_revocation(RUNNING),
    )
    row = await gate.fetchrow("SELECT revocation_id, revoked_at FROM gate.revocation")
    assert tuple(row) == ("stop-1", TODAY)


async def test_two_people_may_stop_the_same_artifact(gate: asyncpg.Connection) -> None:
    for by in (ROSA, TESSA):
        await gate.execute(SIGNED, signed_revocation(RUNNING, by))
    assert await gate.fetchval("SELECT count(*) FROM gate.revocation") == 2
    row = await gate.fetchrow(
        "SELECT state, since = (SELECT min(revoked_at) FROM gate.revocation) FROM gate.artifact_state "
        "WHERE artifact_id = 'art-1'"
    )
    assert tuple(row) == ("REVOKED", True)


@pytest.mark.parametrize(
    ("column", "value"),
    [("payload_sha256", ONES), ("revoker", "tessa"), ("reason", "another")],
)
async def test_no_row_says_otherwise_than_its_envelope(
    gate: asyncpg.Connection, column: str, value: str
) -> None:
    async with refused_by("revocation_as_signed"):
        await gate.execute(
            f"INSERT INTO gate.revocation (envelope, {column}) VALUES ($1, $2)",
            signed_revocation(RUNNING),
            value,
        )


@pytest.mark.parametrize(
    ("envelope", "code"),
    [
        (signed_revocation(RUNNING, but={"issued": None}), "23514"),
        (signed_revocation(RUNNING, but={"issued": "yesterday"}), "JX007"),
        (signed_approval(RUNNING, ROSA), "23514"),
        (b"stop", "JX007"),
        (signed_revocation(RUNNING, but={"extra": "r" * 1024 * 1024}), "23514"),
    ],
)
async def test_a_signed_revocation_is_one(gate: asyncpg.Connection, envelope: bytes, code: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await gate.execute(
            "INSERT INTO gate.revocation (envelope, revoker, reason) VALUES ($1, 'rosa', 'it misbehaves')",
            envelope,
        )
    assert refused.value.sqlstate == code


_REFUSED: list[tuple[dict[str, Json], str]] = [
    ({"payload_sha256": "1" * 64}, "revocation_payload_sha256_form"),
    ({"payload_sha256": "art-1"}, "revocation_payload_sha256_form"),
    ({"reason": ""}, "revocation_reason_length"),
    ({"reason": "r" * 2001}, "revocation_reason_length"),
    ({"revocation_id": ""}, "revocation_revocation_id_length"),
    ({"revocation_id": "i" * 65}, "revocation_revocation_id_length"),
]


@pytest.mark.parametrize(("but", "constraint"), _REFUSED)
async def test_refuses_a_revocation(gate: asyncpg.Connection, but: dict[str, Json], constraint: str) -> None:
    row = {"revocation_id": "stop-1", "payload_sha256": ONES, "reason": "stop"} | but
    async with refused_by(constraint):
        await gate.execute(
            "INSERT INTO gate.revocation (revocation_id, payload_sha256, reason) VALUES ($1, $2, $3)",
            *row.values(),
        )


async def test_one_id_is_one_revocation(gate: asyncpg.Connection) -> None:
    stopping = "INSERT INTO gate.revocation (revocation_id, payload_sha256, reason) VALUES ('1', $1, 'stop')"
    await gate.execute(stopping, RUNNING.payload_sha256)
    async with refused_by("revocation_pk"):
        await gate.execute(stopping, LATEST.payload_sha256)


async def test_a_stop_says_what_and_why(gate: asyncpg.Connection) -> None:
    for columns in ("reason", "payload_sha256"):
        with pytest.raises(asyncpg.NotNullViolationError):
            await gate.execute(f"INSERT INTO gate.revocation ({columns}) VALUES ($1)", ONES)


async def test_who_is_not_logged_in_as_the_revoker_is_a_person_at_least(gate: asyncpg.Connection) -> None:
    async with refused_with("JX006", 'the revoker "The Desk" is no name of a person'):
        await gate.execute(
            "INSERT INTO gate.revocation (payload_sha256, revoker, reason) VALUES ($1, 'The Desk', 'stop')",
            ONES,
        )
