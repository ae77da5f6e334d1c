"""Whoever writes every row of the gate, but holds nobody's key, makes the trader load nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jax.domain.approval_count import GateRefused
from jax.domain.artifact import ApprovalKind, Artifact, ArtifactState
from jax.domain.audit import AuditEntry, AuditEvent
from jax.domain.canonical_json import canonical_bytes, sha256_of, strict_parse
from jax.domain.gate_key import GateRole
from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY
from jax.modules.artifacts.verify_artifact import bundle_key, payload_key
from tests.desk import active_artifact, shipped_source, submission
from tests.gate_people import (
    KEYS,
    Hand,
    approval_envelope,
    gate_key,
    root_of,
    snapshot_envelope,
)
from tests.integration.gate.under_attack import Scene, open_scene


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    async with open_scene(database_url) as opened:
        yield opened


async def _head(scene: Scene) -> AuditEntry:
    async with scene.desk.unit_of_work.begin() as transaction:
        return (await transaction.audit.entries(limit=1))[-1]


async def _plant_snapshot(scene: Scene, active: dict[str, str], *, seq: int = 2, **lies: Any) -> None:
    now = scene.desk.clock.now()
    envelope = snapshot_envelope(active, await _head(scene), seq=seq, issued=now, **lies)
    await scene.tamper("INSERT INTO gate.snapshot (envelope) VALUES ($1)", envelope)


async def _plant_artifact(scene: Scene, document: Any, *, state: str = "ACTIVE") -> Artifact:
    """An artifact of the attacker's making, with its objects, and a history that says it is ACTIVE."""
    payload = canonical_bytes(document)
    artifact = Artifact(
        artifact_id="planted",
        name=document["name"],
        version=document["version"],
        author=document["author"],
        payload=payload,
        payload_sha256=sha256_of(payload),
        created_at=scene.desk.clock.now(),
        state=ArtifactState(state),
    )
    await scene.desk.objects.put(payload_key(artifact.payload_sha256), payload)
    await scene.tamper(
        "INSERT INTO gate.artifact (artifact_id, payload, created_at) VALUES ('planted', $1, now())", payload
    )
    await scene.tamper(
        "INSERT INTO gate.artifact_event "
        "(artifact_id, n, from_state, to_state, payload_sha256, actor, reason, at) "
        "VALUES ('planted', 1, 'NONE', $1, $2, 'rene', 'trust me', now())",
        state,
        artifact.payload_sha256,
    )
    return artifact


async def _plant_approval(scene: Scene, artifact: Artifact, envelope: bytes) -> None:
    await scene.tamper(
        "INSERT INTO gate.approval (artifact_id, author, solo, renewal, envelope) "
        "VALUES ($1, $2, false, $3, $4)",
        artifact.artifact_id,
        artifact.author,
        len(envelope) % 1000 + hash(envelope) % 10_000 + 1,
        envelope,
    )


def _another_version(scene: Scene, **changes: Any) -> Any:
    document: Any = strict_parse(scene.artifact.payload)
    return {**document, "version": "6.6.6", **changes}


async def test_a_whole_chain_of_rows_with_the_attackers_own_keys_loads_nothing(scene: Scene) -> None:
    artifact = await _plant_artifact(scene, _another_version(scene))
    for person, role in (("tessa", "TECHNICAL"), ("rosa", "RISK"), ("rene", "RELEASE")):
        key = Hand(f"mallory as {person}")
        await scene.tamper(
            "INSERT INTO gate.member_key (public_key, person) VALUES ($1, $2)", key.public_key, person
        )
        await scene.tamper("INSERT INTO gate.key_role (key_id, role) VALUES ($1, $2)", key.key_id, role)
    for kind, person in ((ApprovalKind.TECHNICAL, "tessa"), (ApprovalKind.RISK, "rosa")):
        forged = approval_envelope(artifact, kind, signed_by=f"mallory as {person}")
        await _plant_approval(scene, artifact, forged)
    await _plant_snapshot(scene, {artifact.name: artifact.payload_sha256}, signed_by="mallory as rene")
    assert "which the root file lacks" in await scene.refusal()


async def test_rows_without_a_releasers_signature_change_nothing(scene: Scene) -> None:
    artifact = await _plant_artifact(scene, _another_version(scene))
    for kind, person in ((ApprovalKind.TECHNICAL, "tessa"), (ApprovalKind.RISK, "rosa")):
        await _plant_approval(scene, artifact, approval_envelope(artifact, kind, signed_by=f"not {person}"))
    outcome = await scene.load()
    assert [loaded.payload_sha256 for loaded in outcome.loaded] == [scene.artifact.payload_sha256]


async def test_what_a_releaser_was_tricked_into_releasing_lacks_the_approvals(scene: Scene) -> None:
    artifact = await _plant_artifact(scene, _another_version(scene))
    await _plant_snapshot(scene, {artifact.name: artifact.payload_sha256})
    assert "needs 1 TECHNICAL approval, 1 RISK approval; nobody has signed one" in await scene.refusal()


async def test_approvals_moved_to_another_artifact_do_not_count(scene: Scene) -> None:
    artifact = await _plant_artifact(scene, _another_version(scene))
    async with scene.desk.unit_of_work.begin() as transaction:
        given = await transaction.artifacts.approvals(scene.artifact.artifact_id)
    for envelope in given:
        await _plant_approval(scene, artifact, envelope)
    await _plant_snapshot(scene, {artifact.name: artifact.payload_sha256})
    assert "it is about ma_crossover_v1 1.0.0" in await scene.refusal()


async def test_approvals_moved_to_another_policy_do_not_count(scene: Scene) -> None:
    other = replace(DESK_POLICY, version=2, approval_days=30)
    await scene.tamper("INSERT INTO gate.policy (document) VALUES ($1)", other.encoded())
    active = {scene.artifact.name: scene.artifact.payload_sha256}
    await _plant_snapshot(scene, active, policy_sha256=other.sha256)
    assert "is for another policy than desk 2" in await scene.refusal()


@pytest.mark.parametrize(
    "policy",
    [
        replace(SOLO_POLICY, version=2),
        replace(
            DESK_POLICY,
            version=2,
            quorum={ApprovalKind.TECHNICAL: 1, ApprovalKind.RISK: 0, ApprovalKind.COMPLIANCE: 0},
        ),
        replace(DESK_POLICY, version=2, approval_days=1000),
    ],
    ids=["solo", "one approval", "approvals for years"],
)
async def test_a_policy_below_the_floor_is_refused_even_in_a_signed_snapshot(
    scene: Scene, policy: Any
) -> None:
    await scene.tamper("INSERT INTO gate.policy (document) VALUES ($1)", policy.encoded())
    active = {scene.artifact.name: scene.artifact.payload_sha256}
    await _plant_snapshot(scene, active, policy_sha256=policy.sha256)
    assert "the policy that the snapshot names cannot be used" in await scene.refusal()


async def test_an_edited_policy_is_not_the_one_that_was_signed(scene: Scene) -> None:
    lower = replace(DESK_POLICY, approval_days=366)
    await scene.tamper("UPDATE gate.policy SET document = $1", lower.encoded())
    assert "does not hold the policy that the snapshot names" in await scene.refusal()


async def test_an_edited_payload_is_not_what_was_released(scene: Scene) -> None:
    document: Any = strict_parse(scene.artifact.payload)
    document["params"]["fast"] = 5
    edited = canonical_bytes(document)
    await scene.desk.objects.put(payload_key(sha256_of(edited)), edited)
    await scene.tamper("UPDATE gate.artifact SET payload = $1", edited)
    assert "the database does not hold what was released" in await scene.refusal()


async def test_an_edited_parameter_with_everything_hashed_again_lacks_signatures(scene: Scene) -> None:
    document: Any = strict_parse(scene.artifact.payload)
    document["params"]["fast"] = 5
    edited = canonical_bytes(document)
    await scene.desk.objects.put(payload_key(sha256_of(edited)), edited)
    await scene.tamper("UPDATE gate.artifact SET payload = $1", edited)
    await _plant_snapshot(scene, {scene.artifact.name: sha256_of(edited)})
    assert "needs 1 TECHNICAL approval, 1 RISK approval" in await scene.refusal()


async def test_an_edited_approval_does_not_count(scene: Scene) -> None:
    tessas = await scene.attacker.fetchval("SELECT envelope FROM gate.approval WHERE approver = 'tessa'")
    document: Any = strict_parse(tessas)
    later = approval_envelope(scene.artifact, signed_by="nobody", expires="2999-01-01T00:00:00Z")
    forged: Any = strict_parse(later)
    document["payload"] = forged["payload"]
    await scene.tamper(
        "UPDATE gate.approval SET envelope = $1 WHERE approver = 'tessa'", canonical_bytes(document)
    )
    assert "its signature is not one by the key of tessa" in await scene.refusal()


async def test_a_removed_approval_is_missing(scene: Scene) -> None:
    await scene.tamper("DELETE FROM gate.approval WHERE approver = 'rosa'")
    assert "needs 1 RISK approval; tessa's counts as TECHNICAL" in await scene.refusal()


async def test_an_edited_snapshot_does_not_verify(scene: Scene) -> None:
    envelope = await scene.attacker.fetchval("SELECT envelope FROM gate.snapshot")
    document: Any = strict_parse(envelope)
    longer: Any = strict_parse(
        snapshot_envelope(
            {scene.artifact.name: scene.artifact.payload_sha256},
            await _head(scene),
            signed_by="nobody",
            expires="2999-01-01T00:00:00Z",
        )
    )
    document["payload"] = longer["payload"]
    await scene.tamper("UPDATE gate.snapshot SET envelope = $1", canonical_bytes(document))
    assert "its signature is not one by the key of rene" in await scene.refusal()


async def test_the_author_who_approves_does_not_count_also_with_the_roles_in_the_database(
    scene: Scene,
) -> None:
    await scene.tamper("DELETE FROM gate.approval WHERE approver = 'rosa'")
    await scene.tamper("INSERT INTO gate.key_role (key_id, role) VALUES ($1, 'RISK')", Hand("ada").key_id)
    own = approval_envelope(scene.artifact, ApprovalKind.RISK, approver="ada")
    await _plant_approval(scene, scene.artifact, own)
    assert "the key of ada has no RISK role" in await scene.refusal()
    hats = [gate_key("ada", GateRole.AUTHOR, GateRole.RISK)]
    others = [key for key in KEYS if key.person != "ada"]
    scene.desk.gate.root = root_of([*others, *hats])
    assert "ada wrote ma_crossover_v1 1.0.0 and cannot approve it" in await scene.refusal()


@pytest.mark.parametrize("second_key", [False, True], ids=["two hats", "two keys"])
async def test_one_person_is_not_two(scene: Scene, second_key: bool) -> None:
    await scene.tamper("DELETE FROM gate.approval WHERE approver = 'rosa'")
    others = [key for key in KEYS if key.person != "tessa"]
    if second_key:
        hats = [
            gate_key("tessa", GateRole.TECHNICAL),
            gate_key("tessa", GateRole.RISK, hand="tessa's other"),
        ]
    else:
        hats = [gate_key("tessa", GateRole.TECHNICAL, GateRole.RISK)]
    scene.desk.gate.root = root_of([*others, *hats])
    signed_by = "tessa's other" if second_key else "tessa"
    envelope = approval_envelope(scene.artifact, ApprovalKind.RISK, approver="tessa", signed_by=signed_by)
    await _plant_approval(scene, scene.artifact, envelope)
    assert "needs 1" in await scene.refusal()


async def test_an_expired_approval_no_longer_counts_whatever_the_snapshot_says(scene: Scene) -> None:
    scene.desk.clock.advance(timedelta(days=180))
    await _plant_snapshot(scene, {scene.artifact.name: scene.artifact.payload_sha256})
    reason = await scene.refusal()
    assert "tessa's expired" in reason
    assert "rosa's expired" in reason


async def test_an_older_snapshot_brought_back_is_noticed(scene: Scene) -> None:
    old = scene.artifact
    changed = submission()
    newer = await active_artifact(scene.desk, replace(changed, params={**changed.params, "fast": 10}))
    (loaded,) = (await scene.load()).loaded
    assert loaded.payload_sha256 == newer.payload_sha256
    await scene.tamper("DELETE FROM gate.snapshot WHERE seq = 2")
    await scene.tamper("DELETE FROM gate.artifact_event WHERE artifact_id = $1 AND n > 5", old.artifact_id)
    assert await scene.refusal() == (
        "the newest snapshot is 1, and this trader has seen snapshot 2: somebody has taken the database back"
    )
    await scene.tamper("DELETE FROM gate.snapshot")
    assert "the database holds no snapshot, and this trader has seen snapshot 2" in await scene.refusal()


async def test_a_snapshot_that_is_kept_for_ever_expires(scene: Scene) -> None:
    scene.desk.clock.advance(timedelta(days=30))
    assert "snapshot 1 expired" in await scene.refusal()


async def test_a_snapshot_that_was_signed_to_live_for_ever_is_refused(scene: Scene) -> None:
    active = {scene.artifact.name: scene.artifact.payload_sha256}
    await _plant_snapshot(scene, active, expires="2999-01-01T00:00:00Z")
    assert "snapshot 2 lives longer than the 30 days of its policy" in await scene.refusal()


async def test_two_snapshots_with_one_number_are_not_both_believed(scene: Scene) -> None:
    await scene.tamper("DELETE FROM gate.snapshot")
    await _plant_snapshot(scene, {}, seq=1)
    assert "there are two snapshots with number 1" in await scene.refusal()


async def test_a_revocation_that_was_deleted_is_remembered(scene: Scene) -> None:
    await scene.desk.gate.revoke(scene.artifact)
    assert await scene.refusal() == "it is revoked"
    await scene.tamper("DELETE FROM gate.revocation")
    assert await scene.refusal() == "it is revoked"


async def test_a_row_without_a_signature_stops_and_no_row_starts(scene: Scene) -> None:
    await scene.tamper(
        "INSERT INTO gate.revocation (payload_sha256, revoker, reason, revoked_at, revocation_id) "
        "VALUES ($1, 'rolf', 'no time to sign', now(), 'emergency')",
        scene.artifact.payload_sha256,
    )
    assert await scene.refusal() == "it is revoked"


async def test_a_key_that_was_ended_in_the_root_file_loads_nothing_any_more(scene: Scene) -> None:
    ended = [replace(key, ended=scene.desk.clock.now()) if key.person == "tessa" else key for key in KEYS]
    scene.desk.gate.root = root_of(ended)
    assert "the key of tessa was ended" in await scene.refusal()


async def test_a_changed_helper_module_is_refused(scene: Scene) -> None:
    bundle = shipped_source().bundle
    helper = next(file for file in bundle.files if "simple_moving_average" in file.path)
    evil = replace(helper, source=helper.source.replace("return", "return 0.0 +", 1))
    files = tuple(evil if file is helper else file for file in bundle.files)
    scene.desk.objects._objects[bundle_key(bundle.sha256)] = replace(bundle, files=files).encoded()
    assert "its source bundle hashes to" in await scene.refusal()


async def test_a_forged_notification_makes_the_trader_look_and_nothing_else(scene: Scene) -> None:
    for told in (scene.artifact.artifact_id, "planted", '{"active": {"evil": "sha256:"}}'):
        await scene.attacker.execute("SELECT pg_notify('jax_artifact', $1)", told)
    outcome = await scene.load()
    assert [loaded.payload_sha256 for loaded in outcome.loaded] == [scene.artifact.payload_sha256]
    assert (outcome.snapshot_seq, outcome.refused) == (1, ())


async def test_an_entry_that_cannot_be_read_does_not_end_the_chain(scene: Scene) -> None:
    head = await _head(scene)
    await scene.tamper(
        "INSERT INTO audit.entry (n, kind, subject, actor, at, data, previous_sha256, entry_sha256) "
        "VALUES ($1, 'noise', 'noise', 'ada', now(), 'not json', $2, $3)",
        head.n + 1,
        head.entry_sha256,
        sha256_of(b"whatever"),
    )
    async with scene.desk.unit_of_work.begin() as transaction:
        event = AuditEvent("noise", "noise", "ada", scene.desk.clock.now(), {})
        assert (await transaction.audit.append(event)).n == head.n + 2


async def test_a_renewal_does_not_name_what_lost_its_approvals(scene: Scene) -> None:
    await scene.tamper("DELETE FROM gate.approval WHERE approver = 'rosa'")
    with pytest.raises(GateRefused, match=r"needs 1 RISK approval; .*; approve it again, or withdraw"):
        await scene.desk.gate.renew()
    released = await scene.desk.gate.renew(without=scene.artifact.name)
    assert released.snapshot.active == {}
