"""A submission becomes one artifact, and takes only the steps that its gate allows."""

from dataclasses import replace

import pytest

from jax.domain.artifact import ApprovalKind, ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import IllegalTransition, InvalidValue
from jax.domain.promotion import GateRefused
from jax.modules.artifacts.load_bundle import BundleRefused
from jax.modules.artifacts.verify_artifact import bundle_key, payload_key
from tests.desk import EVIDENCE, active_artifact, open_desk, shipped_source, submission


async def test_a_submission_is_a_draft_whose_objects_are_in_the_store() -> None:
    async with open_desk() as desk:
        artifact = await desk.submit.submit(submission())
        assert artifact.state is ArtifactState.DRAFT
        assert artifact.payload_sha256 == sha256_of(artifact.payload)
        assert await desk.objects.get(payload_key(artifact.payload_sha256)) == artifact.payload
        bundle = shipped_source().bundle
        assert await desk.objects.get(bundle_key(bundle.sha256)) == bundle.encoded()
        assert parse_payload(artifact.payload).bundle_sha256 == bundle.sha256


async def test_the_same_submission_twice_is_the_same_artifact() -> None:
    async with open_desk() as desk:
        first = await desk.submit.submit(submission())
        assert (await desk.submit.submit(submission())).artifact_id == first.artifact_id


async def test_a_change_of_anything_is_the_next_version() -> None:
    base = submission()
    file = base.source.bundle.files[0]
    edited = replace(file, source=file.source + "# a comment\n")
    bundle = replace(base.source.bundle, files=(edited, *base.source.bundle.files[1:]))
    changes = [
        replace(base, params={**base.params, "fast": 10}),
        replace(base, source=replace(base.source, bundle=bundle)),
        replace(base, evidence=replace(EVIDENCE, orders_sha256="sha256:" + "9" * 64)),
        replace(base, author="adam"),
    ]
    async with open_desk() as desk:
        await desk.submit.submit(base)
        versions = [(await desk.submit.submit(change)).version for change in changes]
    assert versions == ["1.0.1", "1.0.2", "1.0.3", "1.0.4"]


async def test_a_revoked_artifact_is_not_brought_back_by_submitting_it_again() -> None:
    async with open_desk() as desk:
        first = await desk.submit.submit(submission())
        await desk.gate.advance(first.artifact_id, ArtifactState.REVOKED, actor="rosa", reason="bad")
        second = await desk.submit.submit(submission())
    assert (second.artifact_id, second.state) != (first.artifact_id, ArtifactState.REVOKED)
    assert second.version == "1.0.1"


async def test_a_strategy_that_cannot_run_or_parameters_it_does_not_take_are_not_submitted() -> None:
    base = submission()
    async with open_desk() as desk:
        with pytest.raises(BundleRefused):
            await desk.submit.submit(replace(base, source=replace(base.source, entry="nowhere:STRATEGY")))
        with pytest.raises(InvalidValue, match="params"):
            await desk.submit.submit(replace(base, params={**base.params, "fast": 500}))
        async with desk.unit_of_work.begin() as transaction:
            assert await transaction.artifacts.list() == []


async def test_a_run_that_made_other_orders_does_not_validate() -> None:
    async with open_desk() as desk:
        artifact = await desk.submit.submit(submission())
        other = replace(EVIDENCE, orders_sha256="sha256:" + "9" * 64)
        with pytest.raises(GateRefused, match="the run of victor made sha256:999"):
            await desk.gate.validate(artifact.artifact_id, actor="victor", rerun=other)


async def test_the_author_neither_validates_nor_approves() -> None:
    async with open_desk() as desk:
        artifact = await desk.submit.submit(submission())
        with pytest.raises(GateRefused, match="ada wrote"):
            await desk.gate.validate(artifact.artifact_id, actor="ada", rerun=EVIDENCE)
        with pytest.raises(GateRefused, match="ada wrote"):
            await desk.gate.approve(
                artifact.artifact_id, kind=ApprovalKind.RISK, approver="ada", notes="mine"
            )


async def test_approved_needs_both_kinds_by_different_people() -> None:
    async with open_desk() as desk:
        artifact = await desk.submit.submit(submission())
        await desk.gate.validate(artifact.artifact_id, actor="victor", rerun=EVIDENCE)
        await desk.gate.advance(artifact.artifact_id, ArtifactState.REVIEWED, actor="tessa", reason="read")
        for kind in ApprovalKind:
            with pytest.raises(GateRefused, match="needs 1"):
                await desk.gate.advance(
                    artifact.artifact_id, ArtifactState.APPROVED, actor="tessa", reason="go"
                )
            await desk.gate.approve(artifact.artifact_id, kind=kind, approver="tessa", notes="read")
        with pytest.raises(GateRefused, match="one person counts once"):
            await desk.gate.advance(artifact.artifact_id, ArtifactState.APPROVED, actor="tessa", reason="go")
        await desk.gate.approve(artifact.artifact_id, kind=ApprovalKind.RISK, approver="rosa", notes="read")
        approved = await desk.gate.advance(
            artifact.artifact_id, ArtifactState.APPROVED, actor="rosa", reason="go"
        )
    assert approved.state is ArtifactState.APPROVED


async def test_no_step_is_skipped_and_evidence_steps_have_their_own_commands() -> None:
    async with open_desk() as desk:
        artifact = await desk.submit.submit(submission())
        for state in (ArtifactState.VALIDATED, ArtifactState.ACTIVE):
            with pytest.raises(GateRefused, match="by its own command"):
                await desk.gate.advance(artifact.artifact_id, state, actor="rosa", reason="go")
        for state in (ArtifactState.REVIEWED, ArtifactState.APPROVED, ArtifactState.DEPRECATED):
            with pytest.raises(IllegalTransition):
                await desk.gate.advance(artifact.artifact_id, state, actor="rosa", reason="go")
        with pytest.raises(IllegalTransition):
            await desk.gate.release(artifact.artifact_id, actor="rene", reason="go")


async def test_a_revoked_artifact_takes_no_step() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        await desk.gate.advance(artifact.artifact_id, ArtifactState.REVOKED, actor="rosa", reason="bad")
        with pytest.raises(IllegalTransition, match="from REVOKED to ACTIVE"):
            await desk.gate.release(artifact.artifact_id, actor="rene", reason="go")


async def test_every_step_and_approval_is_in_the_audit_log() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        async with desk.unit_of_work.begin() as transaction:
            entries = await transaction.audit.entries(subject=artifact.artifact_id)
            history = await transaction.artifacts.history(artifact.artifact_id)
    assert [entry.event.kind for entry in entries] == [
        "artifact.submitted",
        "artifact.step",
        "artifact.approval",
        "artifact.step",
        "artifact.approval",
        "artifact.step",
        "artifact.step",
    ]
    assert [event.actor for event in history] == ["ada", "victor", "tessa", "rosa", "rene"]
