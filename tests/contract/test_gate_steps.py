"""What every ArtifactStore asks for before an artifact takes a step."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jax.domain.approval import Decision
from jax.domain.artifact import ApprovalKind, Artifact, ArtifactState
from jax.domain.gate_key import GateRole
from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY, GatePolicy
from jax.domain.payload_fields import timestamp
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.contract.gate_acts import approve, give_evidence, publish, release, state_of, step, told
from tests.contract.stored_values import artifact, store_artifact
from tests.contract.within import within
from tests.gate_people import (
    SIGNED_AT,
    approval_envelope,
    gate_key,
    golden_envelope,
    recorded_revocation,
    rerun_envelope,
)
from tests.gate_walk import bring_to, set_up_gate, store_draft

_S = ArtifactState
_TECHNICAL, _RISK, _COMPLIANCE = ApprovalKind
_DAY = timedelta(days=1)
_OTHER = "sha256:" + "9" * 64
_SUITE = [{"name": "golden-suite", "digest": {"sha256": "9" * 64}}]
_REJECT: Mapping[str, Any] = {"decision": Decision.REJECT}
_OVER: Mapping[str, Any] = {"issued": SIGNED_AT - 9 * _DAY, "expires": timestamp(SIGNED_AT - _DAY)}


def _asking(version: int = 2, **quorum: int) -> GatePolicy:
    """The desk's policy with another quorum of some kinds."""
    changed = {ApprovalKind(kind): count for kind, count in quorum.items()}
    return replace(DESK_POLICY, version=version, quorum={**DESK_POLICY.quorum, **changed})


@pytest.fixture
async def draft(unit_of_work: UnitOfWork) -> Artifact:
    """art-1 by rita, a DRAFT, and the gate set up."""
    await within(unit_of_work, set_up_gate)
    return await store_draft(unit_of_work, artifact())


async def _refused(unit_of_work: UnitOfWork, of: Artifact, to_state: ArtifactState, why: str) -> None:
    with pytest.raises(Conflict, match=why):
        await step(unit_of_work, of, to_state)
    assert await state_of(unit_of_work, of.artifact_id) is of.state


@pytest.mark.parametrize(
    "rerun",
    [{}, {"orders_sha256": _OTHER}, {"validator": "rita", "signed_by": "rita 2"}],
    ids=["no re-run", "other orders", "the author's"],
)
async def test_validation_needs_a_rerun_by_another_person_that_made_the_same_orders(
    unit_of_work: UnitOfWork, draft: Artifact, rerun: dict[str, Any]
) -> None:
    await publish(unit_of_work, gate_key("rita", GateRole.VALIDATOR, hand="rita 2"))
    given = [golden_envelope(draft)] + ([rerun_envelope(draft, **rerun)] if rerun else [])
    await give_evidence(unit_of_work, draft, *given)
    await _refused(unit_of_work, draft, _S.VALIDATED, "re-run by another person")
    await give_evidence(unit_of_work, draft, rerun_envelope(draft))
    assert (await step(unit_of_work, draft, _S.VALIDATED)).state is _S.VALIDATED


@pytest.mark.parametrize(
    "golden",
    [
        {},
        {"result": "FAILED", "failedTests": ["case 1"]},
        {"configuration": _SUITE},
        {"validator": "rita", "signed_by": "rita 2"},
    ],
    ids=["no report", "a failure", "another suite", "the author's"],
)
async def test_validation_needs_a_report_by_another_person_that_the_golden_suite_passed(
    unit_of_work: UnitOfWork, draft: Artifact, golden: dict[str, Any]
) -> None:
    await publish(unit_of_work, gate_key("rita", GateRole.VALIDATOR, hand="rita 2"))
    given = [rerun_envelope(draft)] + ([golden_envelope(draft, **golden)] if golden else [])
    await give_evidence(unit_of_work, draft, *given)
    await _refused(unit_of_work, draft, _S.VALIDATED, "golden suite passed")
    await give_evidence(unit_of_work, draft, golden_envelope(draft))
    assert (await step(unit_of_work, draft, _S.VALIDATED)).state is _S.VALIDATED


async def test_evidence_of_another_artifact_is_no_evidence(unit_of_work: UnitOfWork, draft: Artifact) -> None:
    await store_artifact(unit_of_work, artifact("art-2", version="2"), state=_S.VALIDATED)
    await _refused(unit_of_work, draft, _S.VALIDATED, "re-run")


async def test_evidence_by_a_key_that_was_ended_does_not_count(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    await give_evidence(unit_of_work, draft, rerun_envelope(draft), golden_envelope(draft))
    await publish(unit_of_work, gate_key("victor", GateRole.VALIDATOR, ended=SIGNED_AT))
    await _refused(unit_of_work, draft, _S.VALIDATED, "re-run")
    await publish(
        unit_of_work,
        gate_key("vera", GateRole.VALIDATOR),
        gate_key("victor", GateRole.VALIDATOR, ended=SIGNED_AT),
    )
    await give_evidence(unit_of_work, draft, rerun_envelope(draft, validator="vera"))
    await _refused(unit_of_work, draft, _S.VALIDATED, "golden suite")


async def test_under_a_solo_policy_in_force_the_author_validates_and_approves(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    own = gate_key("rita", GateRole.VALIDATOR, GateRole.TECHNICAL, hand="rita 2")
    solo = replace(SOLO_POLICY, version=2)
    await publish(unit_of_work, own, policy=solo)
    evidence = [
        make(draft, validator="rita", signed_by="rita 2") for make in (rerun_envelope, golden_envelope)
    ]
    await give_evidence(unit_of_work, draft, *evidence)
    validated = await step(unit_of_work, draft, _S.VALIDATED)
    await _refused(unit_of_work, validated, _S.REVIEWED, "lacks approvals under .*solo.*: 1 TECHNICAL")
    given = approval_envelope(draft, approver="rita", policy=solo, signed_by="rita 2")
    await approve(unit_of_work, validated, given, solo=True)
    reviewed = await step(unit_of_work, validated, _S.REVIEWED)
    assert (await step(unit_of_work, reviewed, _S.APPROVED)).state is _S.APPROVED


async def test_a_review_needs_the_technical_approvals_of_the_policy_in_force(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    validated = await bring_to(unit_of_work, draft, _S.VALIDATED)
    await approve(unit_of_work, validated, approval_envelope(validated, _RISK))
    await _refused(unit_of_work, validated, _S.REVIEWED, "1 TECHNICAL")
    await approve(unit_of_work, validated, approval_envelope(validated))
    two = _asking(TECHNICAL=2)
    await publish(unit_of_work, gate_key("theo", GateRole.TECHNICAL), policy=two)
    await _refused(unit_of_work, validated, _S.REVIEWED, "2 TECHNICAL")
    await approve(unit_of_work, validated, approval_envelope(validated, policy=two))
    await _refused(unit_of_work, validated, _S.REVIEWED, "1 TECHNICAL")
    await approve(unit_of_work, validated, approval_envelope(validated, approver="theo", policy=two))
    assert (await step(unit_of_work, validated, _S.REVIEWED)).state is _S.REVIEWED


async def test_nothing_is_reviewed_before_there_is_a_policy(unit_of_work: UnitOfWork) -> None:
    await publish(unit_of_work)
    draft = await store_draft(unit_of_work, artifact())
    await give_evidence(unit_of_work, draft, rerun_envelope(draft), golden_envelope(draft))
    validated = await step(unit_of_work, draft, _S.VALIDATED)
    await _refused(unit_of_work, validated, _S.REVIEWED, "o policy is stored")


async def test_approval_needs_the_quorum_of_every_kind(unit_of_work: UnitOfWork, draft: Artifact) -> None:
    await publish(
        unit_of_work, gate_key("theo", GateRole.TECHNICAL), policy=(asking := _asking(COMPLIANCE=1))
    )
    validated = await bring_to(unit_of_work, draft, _S.VALIDATED)
    for approver in ("tessa", "theo"):
        given = approval_envelope(validated, approver=approver, policy=asking)
        await approve(unit_of_work, validated, given)
    reviewed = await step(unit_of_work, validated, _S.REVIEWED)
    await _refused(unit_of_work, reviewed, _S.APPROVED, "1 (RISK|COMPLIANCE)")
    await approve(unit_of_work, reviewed, approval_envelope(reviewed, _RISK, policy=asking))
    await _refused(unit_of_work, reviewed, _S.APPROVED, "1 COMPLIANCE")
    await approve(unit_of_work, reviewed, approval_envelope(reviewed, _COMPLIANCE, policy=asking))
    assert (await step(unit_of_work, reviewed, _S.APPROVED)).state is _S.APPROVED


async def test_approvals_of_another_artifact_do_not_count(unit_of_work: UnitOfWork, draft: Artifact) -> None:
    validated = await bring_to(unit_of_work, draft, _S.VALIDATED)
    await store_artifact(unit_of_work, artifact("art-2", version="2"), state=_S.APPROVED)
    await _refused(unit_of_work, validated, _S.REVIEWED, "1 TECHNICAL")


async def test_an_approval_that_has_expired_or_whose_key_was_ended_does_not_count(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    validated = await bring_to(unit_of_work, draft, _S.VALIDATED)
    await approve(unit_of_work, validated, approval_envelope(validated, **_OVER))
    await _refused(unit_of_work, validated, _S.REVIEWED, "1 TECHNICAL")
    await approve(unit_of_work, validated, approval_envelope(validated))
    reviewed = await step(unit_of_work, validated, _S.REVIEWED)
    await approve(unit_of_work, reviewed, approval_envelope(reviewed, _RISK))
    await publish(unit_of_work, gate_key("tessa", GateRole.TECHNICAL, ended=SIGNED_AT))
    await _refused(unit_of_work, reviewed, _S.APPROVED, "1 TECHNICAL")


async def test_a_rejection_that_stands_stops_what_the_quorum_would_let_pass(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    validated = await bring_to(unit_of_work, draft, _S.VALIDATED)
    await publish(unit_of_work, gate_key("theo", GateRole.TECHNICAL))
    await approve(
        unit_of_work,
        validated,
        approval_envelope(validated),
        approval_envelope(validated, approver="theo", **_REJECT),
    )
    await _refused(unit_of_work, validated, _S.REVIEWED, "theo rejected artifact art-1 as TECHNICAL")


async def test_a_rejection_that_has_expired_or_is_of_another_policy_stops_nothing(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    validated = await bring_to(unit_of_work, draft, _S.VALIDATED)
    await approve(
        unit_of_work,
        validated,
        approval_envelope(validated, _COMPLIANCE, **_REJECT),
        approval_envelope(validated, _RISK, **_REJECT, **_OVER),
    )
    newer = _asking(COMPLIANCE=0)
    await publish(unit_of_work, policy=newer)
    await approve(unit_of_work, validated, approval_envelope(validated, policy=newer))
    assert (await step(unit_of_work, validated, _S.REVIEWED)).state is _S.REVIEWED


async def test_activation_needs_the_newest_snapshot_to_name_the_bytes_and_to_be_in_force(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    approved = await bring_to(unit_of_work, draft, _S.APPROVED)
    other = await store_artifact(unit_of_work, artifact("art-2", version="2"), state=_S.APPROVED)
    await _refused(unit_of_work, approved, _S.ACTIVE, "o snapshot in force names artifact art-1")
    for active in ([other], [approved], []):
        await release(unit_of_work, *active)
    await _refused(unit_of_work, approved, _S.ACTIVE, "o snapshot in force names artifact art-1")
    await release(unit_of_work, approved, **_OVER)
    await _refused(unit_of_work, approved, _S.ACTIVE, "o snapshot in force names artifact art-1")
    await release(unit_of_work, approved)
    assert (await step(unit_of_work, approved, _S.ACTIVE)).state is _S.ACTIVE


async def test_a_snapshot_by_a_key_that_was_ended_activates_nothing(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    approved = await bring_to(unit_of_work, draft, _S.APPROVED)
    await release(unit_of_work, approved)
    await publish(unit_of_work, gate_key("rene", GateRole.RELEASE, ended=SIGNED_AT))
    await _refused(unit_of_work, approved, _S.ACTIVE, "o snapshot in force names artifact art-1")


async def test_activation_needs_the_whole_quorum_again(unit_of_work: UnitOfWork, draft: Artifact) -> None:
    approved = await bring_to(unit_of_work, draft, _S.APPROVED)
    newer = _asking(COMPLIANCE=1)
    await publish(unit_of_work, policy=newer)
    await release(unit_of_work, approved, policy=newer)
    await _refused(unit_of_work, approved, _S.ACTIVE, "lacks approvals")
    for kind in ApprovalKind:
        await approve(unit_of_work, approved, approval_envelope(approved, kind, policy=newer))
    assert (await step(unit_of_work, approved, _S.ACTIVE)).state is _S.ACTIVE


@pytest.mark.parametrize("state", sorted(frozenset(_S) - {_S.REVOKED}))
async def test_an_artifact_is_revoked_as_soon_as_a_revocation_names_it_and_takes_one_step_more(
    unit_of_work: UnitOfWork, state: ArtifactState
) -> None:
    stored = await store_artifact(unit_of_work, artifact(), state=state)
    bystander = await store_artifact(unit_of_work, artifact("art-2", name="other"))
    await _refused(unit_of_work, stored, _S.REVOKED, "o revocation names artifact art-1")
    await within(unit_of_work, lambda tx: tx.releases.add_revocation(recorded_revocation(stored)))
    revoked = replace(stored, state=_S.REVOKED)
    async with unit_of_work.begin() as tx:
        assert await tx.artifacts.get("art-1") == revoked
        assert await tx.artifacts.by_sha256(stored.payload_sha256) == revoked
        assert list(await tx.artifacts.list(name=stored.name)) == [revoked]
        assert (await tx.artifacts.history("art-1"))[-1].to_state is state
    assert await step(unit_of_work, stored, _S.REVOKED) == revoked
    history = await within(unit_of_work, lambda tx: tx.artifacts.history("art-1"))
    assert (history[-1].from_state, history[-1].to_state) == (state, _S.REVOKED)
    assert await state_of(unit_of_work, "art-2") is bystander.state


async def test_what_is_revoked_takes_no_other_step(unit_of_work: UnitOfWork) -> None:
    stored = await store_artifact(unit_of_work, artifact())
    await within(unit_of_work, lambda tx: tx.releases.add_revocation(recorded_revocation(stored)))
    with pytest.raises(Conflict, match="art-1 is revoked, for good"):
        await step(unit_of_work, stored, _S.DEPRECATED)
    with pytest.raises(Conflict, match="ACTIVE and no longer REVOKED"):
        await step(unit_of_work, replace(stored, state=_S.REVOKED), _S.REVOKED)
    assert await state_of(unit_of_work) is _S.REVOKED


async def test_a_step_that_was_begun_sees_a_revocation_that_came_meanwhile(unit_of_work: UnitOfWork) -> None:
    stored = await store_artifact(unit_of_work, artifact())

    async def begin_and_step(tx: Transaction) -> None:
        entry = await told(tx)
        assert (await tx.artifacts.get("art-1")).state is _S.ACTIVE
        revocation = recorded_revocation(stored)
        await within(unit_of_work, lambda other: other.releases.add_revocation(revocation))
        assert (await tx.artifacts.get("art-1")).state is _S.REVOKED
        await tx.artifacts.take_step(stored, _S.DEPRECATED, entry=entry, reason="as planned")

    with pytest.raises(Conflict, match="art-1 is revoked, for good"):
        await within(unit_of_work, begin_and_step)
    assert await state_of(unit_of_work) is _S.REVOKED
