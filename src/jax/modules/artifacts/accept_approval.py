"""Takes a person's signed decision, and the steps that follow from it."""

from dataclasses import dataclass
from datetime import timedelta

from jax.domain.approval import Approval, Decision
from jax.domain.approval_count import (
    Authority,
    GateRefused,
    check_approval,
    count_approvals,
    open_approval,
    subject_name,
)
from jax.domain.artifact import ApprovalKind, Artifact, ArtifactState
from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json, sha256_of
from jax.domain.promotion import next_state
from jax.domain.signed import SignatureRefused
from jax.modules.artifacts.gate_authority import TrustSource, authority_now, policy_in_force
from jax.modules.artifacts.record_step import TOPIC, Act, record_step
from jax.ports.clock import Clock
from jax.ports.unit_of_work import Transaction, UnitOfWork

_NOT_REVIEWED_IN = {
    ArtifactState.DRAFT: "is DRAFT: it must be validated before people decide on it",
    ArtifactState.REVOKED: "is REVOKED, for good: submit a new version",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision as stored, and the artifact after it."""

    approval: Approval
    artifact: Artifact


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a person wants to say; `displayed_sha256` is the hash of what they were shown."""

    kind: ApprovalKind
    decision: Decision
    approver: str
    displayed_sha256: str
    reason: str


class AcceptApproval:
    """An approval carries the artifact to REVIEWED and APPROVED as soon as the quorum is there."""

    def __init__(self, *, unit_of_work: UnitOfWork, clock: Clock, trust: TrustSource) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._trust = trust

    async def draft(self, artifact_id: str, opinion: Opinion) -> Approval:
        """What `opinion` means under the policy in force, to be signed; NotFound, GateRefused."""
        async with self._unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact_id)
            policy = await policy_in_force(transaction, self._trust())
        _check_state(artifact)
        now = self._clock.now().replace(microsecond=0)
        return Approval(
            subject=subject_name(artifact),
            payload_sha256=artifact.payload_sha256,
            kind=opinion.kind,
            decision=opinion.decision,
            approver=opinion.approver,
            policy_sha256=policy.sha256,
            displayed_sha256=opinion.displayed_sha256,
            reason=opinion.reason,
            issued_at=now,
            expires_at=now + timedelta(days=policy.approval_days),
        )

    async def accept(self, artifact_id: str, envelope: bytes) -> Decided:
        """Verifies and stores; a repeat changes nothing.

        GateRefused says why the decision does not count; NotFound; Conflict when another step came first.
        """
        async with self._unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact_id)
            authority = await authority_now(transaction, self._trust(), self._clock.now())
            given = list(await transaction.artifacts.approvals(artifact_id))
            approval = _checked(artifact, envelope, authority)
            if envelope in given:
                return Decided(approval, artifact)
            _check_state(artifact)
            _check_first_decision(artifact, approval, given, authority)
            await _store(transaction, artifact, approval, envelope, authority)
            moved = await _advance(transaction, artifact, approval, [*given, envelope], authority)
            await transaction.events.publish(TOPIC, subject=artifact_id)
            return Decided(approval, moved)


async def _store(
    transaction: Transaction,
    artifact: Artifact,
    approval: Approval,
    envelope: bytes,
    authority: Authority,
) -> None:
    data: Json = {
        "kind": approval.kind,
        "decision": approval.decision,
        "payload_sha256": artifact.payload_sha256,
        "policy_sha256": approval.policy_sha256,
        "envelope_sha256": sha256_of(envelope),
    }
    await transaction.audit.append(
        AuditEvent("artifact.approval", artifact.artifact_id, approval.approver, authority.at, data)
    )
    await transaction.artifacts.add_approval(artifact, envelope, solo=authority.policy.solo)


async def _advance(
    transaction: Transaction,
    artifact: Artifact,
    approval: Approval,
    envelopes: list[bytes],
    authority: Authority,
) -> Artifact:
    reason = f"{approval.kind} approval: {approval.reason}"[:2000]
    act = Act(approval.approver, reason, authority.at)
    while (to_state := next_state(artifact, envelopes, authority)) is not None:
        artifact = await record_step(transaction, artifact, to_state, act)
    return artifact


def _checked(artifact: Artifact, envelope: bytes, authority: Authority) -> Approval:
    try:
        approval = open_approval(artifact, envelope, authority.trust)
        check_approval(artifact, approval, authority)
    except SignatureRefused as error:
        raise GateRefused(f"{subject_name(artifact)}: the approval does not count: {error}") from error
    return approval


def _check_state(artifact: Artifact) -> None:
    problem = _NOT_REVIEWED_IN.get(artifact.state)
    if problem is not None:
        raise GateRefused(f"{subject_name(artifact)} {problem}")


def _check_first_decision(
    artifact: Artifact, approval: Approval, given: list[bytes], authority: Authority
) -> None:
    count = count_approvals(artifact, given, authority)
    for earlier in (*count.counted, *count.rejections):
        if earlier.approver == approval.approver:
            raise GateRefused(
                f"{approval.approver} has decided on {subject_name(artifact)} already "
                f"({earlier.decision} as {earlier.kind}, until {earlier.expires_at:%Y-%m-%d}); "
                "one person counts once"
            )
