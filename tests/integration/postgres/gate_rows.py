"""Artifacts on their way through the gate, written with SQL alone."""

from collections.abc import Sequence

import asyncpg

from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.canonical_json import sha256_of
from jax.domain.gate_policy import DESK_POLICY, GatePolicy
from tests.contract.stored_values import PATH_TO
from tests.integration.postgres.signed_rows import (
    PEOPLE,
    RENE,
    ROSA,
    TESSA,
    VICTOR,
    signed_approval,
    signed_golden,
    signed_rerun,
    signed_snapshot,
)

STEP = """
    INSERT INTO gate.artifact_event (artifact_id, n, from_state, to_state, payload_sha256, actor, reason, at,
        entry_n, entry_sha256)
    VALUES ($1, $2, $3, $4, $5, $6, 'as planned', now(), $7, $8)
"""
_ACTORS = {
    "DRAFT": "rita",
    "VALIDATED": VICTOR.name,
    "REVIEWED": TESSA.name,
    "APPROVED": ROSA.name,
    "ACTIVE": RENE.name,
    "DEPRECATED": RENE.name,
    "REVOKED": ROSA.name,
}


async def open_gate(sql: asyncpg.Connection, policy: GatePolicy = DESK_POLICY) -> None:
    """A policy, and the key of everybody in PEOPLE."""
    await add_policy(sql, policy)
    for person in PEOPLE:
        await sql.execute(
            "INSERT INTO gate.member_key (public_key, person) VALUES ($1, $2)",
            person.public_key,
            person.name,
        )
        await sql.execute(
            "INSERT INTO gate.key_role (key_id, role) VALUES ($1, $2)", person.key_id, person.role
        )


async def add_policy(sql: asyncpg.Connection, policy: GatePolicy) -> None:
    await sql.execute("INSERT INTO gate.policy (document) VALUES ($1)", policy.encoded())


async def append_entry(
    sql: asyncpg.Connection, kind: str, subject: str, actor: str, *, data: str = "null"
) -> tuple[int, str]:
    """The number and the hash of a new entry of the audit log; what it hashes is nobody's business here."""
    newest = await sql.fetchrow("SELECT n, entry_sha256 FROM audit.entry ORDER BY n DESC LIMIT 1")
    n, previous = (0, "sha256:" + "0" * 64) if newest is None else newest
    entry_sha256 = sha256_of(f"{n} {kind} {subject} {actor} {previous}".encode())
    await sql.execute(
        "INSERT INTO audit.entry (n, kind, subject, actor, at, data, previous_sha256, entry_sha256) "
        "VALUES ($1, $2, $3, $4, now(), $5, $6, $7)",
        n + 1,
        kind,
        subject,
        actor,
        data,
        previous,
        entry_sha256,
    )
    return n + 1, entry_sha256


async def add_artifact(sql: asyncpg.Connection, of: Artifact) -> None:
    """The artifact with its first step."""
    await sql.execute(
        "INSERT INTO gate.artifact (artifact_id, payload, created_at) VALUES ($1, $2, $3)",
        of.artifact_id,
        of.payload,
        of.created_at,
    )
    await take_step(sql, of, "DRAFT")


async def take_step(
    sql: asyncpg.Connection,
    of: Artifact,
    to_state: str,
    *,
    actor: str | None = None,
    entry: tuple[int, str] | None = None,
) -> None:
    """The next step, with an entry of its own unless one is given."""
    newest = await sql.fetchrow(
        "SELECT n, recorded_state FROM gate.artifact_state WHERE artifact_id = $1", of.artifact_id
    )
    n, from_state = (0, "NONE") if newest is None else newest
    person = actor or _ACTORS[to_state]
    chained = entry or await append_entry(sql, "artifact.step", of.artifact_id, person)
    await sql.execute(STEP, of.artifact_id, n + 1, from_state, to_state, of.payload_sha256, person, *chained)


async def add_evidence(sql: asyncpg.Connection, of: Artifact, *envelopes: bytes) -> None:
    for envelope in envelopes:
        await sql.execute(
            "INSERT INTO gate.evidence (artifact_id, envelope) VALUES ($1, $2)", of.artifact_id, envelope
        )


async def add_approval(
    sql: asyncpg.Connection, of: Artifact, envelope: bytes, *, solo: bool = False, renewal: int = 0
) -> None:
    await sql.execute(
        "INSERT INTO gate.approval (artifact_id, author, solo, renewal, envelope) "
        "VALUES ($1, $2, $3, $4, $5)",
        of.artifact_id,
        of.author,
        solo,
        renewal,
        envelope,
    )


async def add_snapshot(sql: asyncpg.Connection, envelope: bytes) -> None:
    await sql.execute("INSERT INTO gate.snapshot (envelope) VALUES ($1)", envelope)


async def newest_entry(sql: asyncpg.Connection) -> tuple[int, str]:
    row = await sql.fetchrow("SELECT n, entry_sha256 FROM audit.entry ORDER BY n DESC LIMIT 1")
    return row["n"], row["entry_sha256"]


async def name_in_snapshot(sql: asyncpg.Connection, active: Sequence[Artifact], *, days: float = 30) -> None:
    """The next snapshot, with these artifacts."""
    seq = await sql.fetchval("SELECT COALESCE(max(seq), 0) + 1 FROM gate.snapshot")
    await add_snapshot(sql, signed_snapshot(seq, active, await newest_entry(sql), days=days))


async def revoke(sql: asyncpg.Connection, of: Artifact) -> None:
    await sql.execute(
        "INSERT INTO gate.revocation (payload_sha256, reason) VALUES ($1, 'stop')", of.payload_sha256
    )


async def bring_to(sql: asyncpg.Connection, of: Artifact, state: ArtifactState) -> None:
    """The artifact from nothing to `state`, with all that each step asks for; the gate is open."""
    await add_artifact(sql, of)
    for step in PATH_TO[state]:
        if step is ArtifactState.VALIDATED:
            await add_evidence(sql, of, signed_rerun(of), signed_golden(of))
            await add_approval(sql, of, signed_approval(of, TESSA))
            await add_approval(sql, of, signed_approval(of, ROSA))
        elif step is ArtifactState.ACTIVE:
            await name_in_snapshot(sql, [of])
        elif step is ArtifactState.REVOKED:
            await revoke(sql, of)
        await take_step(sql, of, step)
