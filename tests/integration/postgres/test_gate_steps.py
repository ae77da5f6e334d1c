"""What a step of an artifact asks for, whoever takes it and whatever program they take it with."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from jax.domain.artifact import ApprovalKind, ArtifactState
from jax.domain.canonical_json import Json
from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY, GatePolicy
from tests.contract.stored_values import artifact
from tests.integration.postgres.gate_rows import (
    STEP,
    add_approval,
    add_artifact,
    add_evidence,
    add_policy,
    append_entry,
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
    RITA,
    RITA_VALIDATING,
    ROSA,
    TESSA,
    TOBIAS,
    TODAY,
    VERA,
    VICTOR,
    signed_approval,
    signed_golden,
    signed_rerun,
)

DRAFT = artifact()
OTHER = artifact("art-2", version="2")
OTHER_SUITE: Json = [{"name": "golden-suite", "digest": {"sha256": "1" * 64}}]


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


@pytest.fixture
async def gate(sql: asyncpg.Connection) -> asyncpg.Connection:
    """The gate with a policy and everybody's keys."""
    await open_gate(sql)
    return sql


async def _end_key_of(sql: asyncpg.Connection, key_id: str) -> None:
    await sql.execute("INSERT INTO gate.key_end (key_id, ended_at) VALUES ($1, now())", key_id)


@pytest.mark.parametrize(
    ("evidence", "refusal"),
    [
        ([], "has no re-run"),
        ([signed_golden(DRAFT)], "has no re-run"),
        ([signed_rerun(DRAFT, but={"orders_sha256": ONES}), signed_golden(DRAFT)], "has no re-run"),
        ([signed_rerun(DRAFT, RITA_VALIDATING), signed_golden(DRAFT)], "by another person than rita"),
        ([signed_rerun(DRAFT)], "has no report"),
        ([signed_rerun(DRAFT), signed_golden(DRAFT, but={"result": "FAILED"})], "golden suite passed"),
        ([signed_rerun(DRAFT), signed_golden(DRAFT, but={"configuration": OTHER_SUITE})], "has no report"),
        ([signed_rerun(DRAFT), signed_golden(DRAFT, RITA_VALIDATING)], "has no report by another person"),
    ],
)
async def test_nothing_is_validated_without_its_evidence(
    gate: asyncpg.Connection, evidence: list[bytes], refusal: str
) -> None:
    await add_artifact(gate, DRAFT)
    await add_evidence(gate, DRAFT, *evidence)
    await add_artifact(gate, OTHER)
    await add_evidence(gate, OTHER, signed_rerun(OTHER), signed_golden(OTHER))
    async with refused_with("JX015", refusal):
        await take_step(gate, DRAFT, "VALIDATED")
    await take_step(gate, OTHER, "VALIDATED")


async def test_evidence_by_a_key_that_was_ended_since_counts_no_more(gate: asyncpg.Connection) -> None:
    await add_artifact(gate, DRAFT)
    await add_evidence(gate, DRAFT, signed_rerun(DRAFT), signed_golden(DRAFT))
    await add_artifact(gate, OTHER)
    await add_evidence(gate, OTHER, signed_rerun(OTHER, VERA), signed_golden(OTHER))
    await _end_key_of(gate, VICTOR.key_id)
    async with refused_with("JX015", "artifact art-1 has no re-run"):
        await take_step(gate, DRAFT, "VALIDATED")
    async with refused_with("JX015", "artifact art-2 has no report"):
        await take_step(gate, OTHER, "VALIDATED")


async def test_under_a_solo_policy_the_author_validates_and_approves_alone(sql: asyncpg.Connection) -> None:
    await open_gate(sql, SOLO_POLICY)
    await add_artifact(sql, DRAFT)
    await add_evidence(
        sql, DRAFT, signed_rerun(DRAFT, RITA_VALIDATING), signed_golden(DRAFT, RITA_VALIDATING)
    )
    await take_step(sql, DRAFT, "VALIDATED")
    async with refused_with("JX016", "under policy solo version 1: 1 TECHNICAL"):
        await take_step(sql, DRAFT, "REVIEWED")
    await add_approval(sql, DRAFT, signed_approval(DRAFT, RITA, policy=SOLO_POLICY), solo=True)
    await take_step(sql, DRAFT, "REVIEWED")
    await take_step(sql, DRAFT, "APPROVED")


async def test_what_one_did_alone_does_not_suffice_under_a_later_policy_of_many(
    sql: asyncpg.Connection,
) -> None:
    await open_gate(sql, SOLO_POLICY)
    await add_policy(sql, _desk(2))
    await add_artifact(sql, DRAFT)
    alone = (signed_rerun(DRAFT, RITA_VALIDATING), signed_golden(DRAFT, RITA_VALIDATING))
    await add_evidence(sql, DRAFT, *alone)
    async with refused_with("JX015", "by another person than rita"):
        await take_step(sql, DRAFT, "VALIDATED")
    await add_policy(sql, replace(SOLO_POLICY, version=3))
    await take_step(sql, DRAFT, "VALIDATED")


def _desk(version: int, **quorum: int) -> GatePolicy:
    kinds = {kind: quorum.get(kind.lower(), DESK_POLICY.quorum[kind]) for kind in ApprovalKind}
    return replace(DESK_POLICY, version=version, quorum=kinds)


async def test_each_step_asks_for_its_part_of_the_quorum(gate: asyncpg.Connection) -> None:
    policy = _desk(2, technical=2, compliance=1)
    await add_policy(gate, policy)
    await bring_to(gate, replace(DRAFT), ArtifactState.DRAFT)
    await add_evidence(gate, DRAFT, signed_rerun(DRAFT), signed_golden(DRAFT))
    await take_step(gate, DRAFT, "VALIDATED")
    await add_approval(gate, DRAFT, signed_approval(DRAFT, ROSA, policy=policy))
    await add_approval(gate, DRAFT, signed_approval(DRAFT, TESSA, policy=policy))
    async with refused_with("JX016", "lacks approvals under policy desk version 2: 1 TECHNICAL$"):
        await take_step(gate, DRAFT, "REVIEWED")
    await add_approval(gate, DRAFT, signed_approval(DRAFT, TOBIAS, policy=policy))
    await take_step(gate, DRAFT, "REVIEWED")
    async with refused_with("JX016", "desk version 2: 1 COMPLIANCE$"):
        await take_step(gate, DRAFT, "APPROVED")
    await add_approval(gate, DRAFT, signed_approval(DRAFT, CORA, policy=policy))
    await take_step(gate, DRAFT, "APPROVED")


async def test_another_policy_voids_what_was_approved_before(gate: asyncpg.Connection) -> None:
    await bring_to(gate, DRAFT, ArtifactState.REVIEWED)
    await add_policy(gate, _desk(2))
    async with refused_with("JX016", "desk version 2: 1 TECHNICAL, 1 RISK$"):
        await take_step(gate, DRAFT, "APPROVED")


async def test_without_a_policy_nothing_is_reviewed(sql: asyncpg.Connection) -> None:
    await add_artifact(sql, DRAFT)
    for kinds in (["TECHNICAL"], []):
        async with refused_with("JX016", "no policy is stored, so nothing says what artifact art-1 needs"):
            await sql.execute("SELECT gate.check_quorum('art-1', $1)", kinds)


async def _expired(sql: asyncpg.Connection) -> None:
    long_ago = TODAY - timedelta(days=181)
    await add_approval(sql, DRAFT, signed_approval(DRAFT, ROSA, issued=long_ago))


async def _of_ended_key(sql: asyncpg.Connection) -> None:
    await add_approval(sql, DRAFT, signed_approval(DRAFT, ROSA))
    await _end_key_of(sql, ROSA.key_id)


async def _renewed_as_rejection(sql: asyncpg.Connection) -> None:
    await _expired(sql)
    await add_approval(sql, DRAFT, signed_approval(DRAFT, ROSA, decision="REJECT"), renewal=1)


async def _of_another_artifact(sql: asyncpg.Connection) -> None:
    await add_artifact(sql, OTHER)
    await add_approval(sql, OTHER, signed_approval(OTHER, ROSA))


async def _rejected_by_anybody(sql: asyncpg.Connection) -> None:
    await add_approval(sql, DRAFT, signed_approval(DRAFT, ROSA))
    await add_approval(sql, DRAFT, signed_approval(DRAFT, CORA, decision="REJECT"))


@pytest.mark.parametrize(
    ("approve", "code", "refusal"),
    [
        (_expired, "JX016", "desk version 1: 1 RISK$"),
        (_of_ended_key, "JX016", "desk version 1: 1 RISK$"),
        (_of_another_artifact, "JX016", "desk version 1: 1 RISK$"),
        (_renewed_as_rejection, "JX017", "rosa rejected artifact art-1 as RISK"),
        (_rejected_by_anybody, "JX017", "cora rejected artifact art-1 as COMPLIANCE, until"),
    ],
)
async def test_an_approval_counts_while_it_lives_and_nobody_rejects(
    gate: asyncpg.Connection,
    approve: Callable[[asyncpg.Connection], Awaitable[None]],
    code: str,
    refusal: str,
) -> None:
    await add_artifact(gate, DRAFT)
    await add_evidence(gate, DRAFT, signed_rerun(DRAFT), signed_golden(DRAFT))
    await add_approval(gate, DRAFT, signed_approval(DRAFT, TESSA))
    await take_step(gate, DRAFT, "VALIDATED")
    await take_step(gate, DRAFT, "REVIEWED")
    await approve(gate)
    async with refused_with(code, refusal):
        await take_step(gate, DRAFT, "APPROVED")


async def test_a_rejection_that_has_expired_or_whose_key_was_ended_stands_no_more(
    gate: asyncpg.Connection,
) -> None:
    await bring_to(gate, DRAFT, ArtifactState.REVIEWED)
    long_ago = TODAY - timedelta(days=181)
    await add_approval(gate, DRAFT, signed_approval(DRAFT, CORA, decision="REJECT", issued=long_ago))
    await add_approval(gate, DRAFT, signed_approval(DRAFT, TOBIAS, decision="REJECT"))
    await _end_key_of(gate, TOBIAS.key_id)
    await add_artifact(gate, OTHER)
    await add_approval(gate, OTHER, signed_approval(OTHER, CORA, decision="REJECT"))
    await take_step(gate, DRAFT, "APPROVED")


async def test_a_rejection_is_of_one_policy(gate: asyncpg.Connection) -> None:
    await bring_to(gate, DRAFT, ArtifactState.REVIEWED)
    await add_approval(gate, DRAFT, signed_approval(DRAFT, CORA, decision="REJECT"))
    later = _desk(2)
    await add_policy(gate, later)
    for person in (TESSA, ROSA):
        await add_approval(gate, DRAFT, signed_approval(DRAFT, person, policy=later))
    await take_step(gate, DRAFT, "APPROVED")


async def test_a_rejection_stops_a_review_too(gate: asyncpg.Connection) -> None:
    await bring_to(gate, DRAFT, ArtifactState.VALIDATED)
    await add_approval(gate, DRAFT, signed_approval(DRAFT, CORA, decision="REJECT"))
    async with refused_with("JX017", "cora rejected artifact art-1"):
        await take_step(gate, DRAFT, "REVIEWED")


async def test_what_is_activated_is_named_by_a_snapshot_in_force_and_still_approved(
    gate: asyncpg.Connection,
) -> None:
    await bring_to(gate, DRAFT, ArtifactState.APPROVED)
    async with refused_with("JX012", "no snapshot in force names artifact art-1"):
        await take_step(gate, DRAFT, "ACTIVE")
    await name_in_snapshot(gate, [DRAFT])
    await bring_to(gate, OTHER, ArtifactState.DRAFT)
    await name_in_snapshot(gate, [OTHER])
    async with refused_with("JX012", "no snapshot in force names artifact art-1"):
        await take_step(gate, DRAFT, "ACTIVE")
    await name_in_snapshot(gate, [DRAFT])
    await add_policy(gate, _desk(2))
    async with refused_with("JX016", "desk version 2: 1 TECHNICAL, 1 RISK"):
        await take_step(gate, DRAFT, "ACTIVE")


async def test_a_rollback_activates_what_was_deprecated_in_one_transaction(gate: asyncpg.Connection) -> None:
    await bring_to(gate, DRAFT, ArtifactState.DEPRECATED)
    await bring_to(gate, OTHER, ArtifactState.ACTIVE)
    async with gate.transaction():
        await name_in_snapshot(gate, [DRAFT])
        await take_step(gate, OTHER, "DEPRECATED")
        await take_step(gate, DRAFT, "ACTIVE")
    states = await gate.fetch("SELECT artifact_id, state FROM gate.artifact_state ORDER BY 1")
    assert [tuple(row) for row in states] == [("art-1", "ACTIVE"), ("art-2", "DEPRECATED")]


@pytest.mark.parametrize("state", [state for state in ArtifactState if state is not ArtifactState.REVOKED])
async def test_a_revocation_is_for_good_and_comes_before_the_step_that_tells_of_it(
    gate: asyncpg.Connection, state: ArtifactState
) -> None:
    await bring_to(gate, DRAFT, state)
    async with refused_with("JX013", "no revocation names artifact art-1: add one first"):
        await take_step(gate, DRAFT, "REVOKED")
    await revoke(gate, DRAFT)
    row = await gate.fetchrow("SELECT state, recorded_state FROM gate.artifact_state")
    assert tuple(row) == ("REVOKED", state.value)
    for step in ("VALIDATED", "REVIEWED", "APPROVED", "ACTIVE", "DEPRECATED"):
        async with refused_with("JX013", "artifact art-1 is revoked, for good: submit a new version"):
            await take_step(gate, DRAFT, step)
    await take_step(gate, DRAFT, "REVOKED")
    row = await gate.fetchrow("SELECT state, recorded_state FROM gate.artifact_state")
    assert tuple(row) == ("REVOKED", "REVOKED")


@pytest.mark.parametrize(
    ("kind", "subject", "actor"),
    [
        ("artifact.step", "art-2", "victor"),
        ("artifact.step", "art-1", "tessa"),
        ("order.decided", "art-1", "victor"),
    ],
)
async def test_a_step_is_in_the_chain_with_an_entry_of_its_own(
    gate: asyncpg.Connection, kind: str, subject: str, actor: str
) -> None:
    await add_artifact(gate, DRAFT)
    await add_evidence(gate, DRAFT, signed_rerun(DRAFT), signed_golden(DRAFT))
    other = await append_entry(gate, kind, subject, actor)
    first = await gate.fetchrow("SELECT n, entry_sha256 FROM audit.entry WHERE n = 1")
    for entry in (other, (None, None), (other[0], None), (99, ONES), (other[0], first["entry_sha256"])):
        async with refused_with("JX018", "step 2 of artifact art-1 names no entry of the audit log"):
            await gate.execute(STEP, "art-1", 2, "DRAFT", "VALIDATED", DRAFT.payload_sha256, "victor", *entry)


async def test_a_step_names_the_hash_of_its_entry_too(gate: asyncpg.Connection) -> None:
    await bring_to(gate, DRAFT, ArtifactState.VALIDATED)
    n, _ = await append_entry(gate, "artifact.step", "art-1", "tessa")
    for entry_sha256 in (None, ONES):
        async with refused_with("JX018", "step 3 of artifact art-1 names no entry"):
            await gate.execute(
                STEP, "art-1", 3, "VALIDATED", "REVIEWED", DRAFT.payload_sha256, "tessa", n, entry_sha256
            )


async def test_one_entry_stands_for_one_step(gate: asyncpg.Connection) -> None:
    await bring_to(gate, DRAFT, ArtifactState.VALIDATED)
    entry = await append_entry(gate, "artifact.step", "art-1", "tessa")
    await take_step(gate, DRAFT, "REVIEWED", entry=entry)
    async with refused_by("artifact_event_entry_once"):
        await take_step(gate, DRAFT, "APPROVED", entry=entry, actor="tessa")


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
async def test_a_step_is_taken_at_read_committed_only(gate: asyncpg.Connection, isolation: str) -> None:
    await bring_to(gate, DRAFT, ArtifactState.VALIDATED)
    refused = refused_with("JX004", "a step of an artifact is written at READ COMMITTED only")
    async with refused, gate.transaction(isolation=isolation):
        await take_step(gate, DRAFT, "REVIEWED")


async def test_of_eight_who_take_the_same_step_one_wins_and_seven_are_told(
    gate: asyncpg.Connection, database_url: str
) -> None:
    await bring_to(gate, DRAFT, ArtifactState.VALIDATED)
    entries = [await append_entry(gate, "artifact.step", "art-1", "tessa") for _ in range(8)]
    all_ready = asyncio.Barrier(8)

    async def take(entry: tuple[int, str]) -> str:
        connection = await asyncpg.connect(database_url)
        values = ("art-1", 3, "VALIDATED", "REVIEWED", DRAFT.payload_sha256, "tessa", *entry)
        try:
            await all_ready.wait()
            await connection.execute(STEP, *values)
        except asyncpg.UniqueViolationError as error:
            return str(error.constraint_name)
        else:
            return "taken"
        finally:
            await connection.close()

    outcomes = await asyncio.gather(*map(take, entries))
    assert sorted(outcomes) == ["artifact_event_pk"] * 7 + ["taken"]
    assert await gate.fetchval("SELECT count(*) FROM gate.artifact_event WHERE n = 3") == 1
