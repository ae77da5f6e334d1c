"""What must be there before an artifact takes a step, and what may trade."""

from collections.abc import Iterator
from datetime import datetime

from jax.adapters.memory.session import Session
from jax.adapters.memory.signed_row import SignedRow
from jax.adapters.memory.state import State
from jax.domain.approval import Approval, Decision
from jax.domain.artifact import LOADABLE_STATES, ApprovalKind, Artifact, ArtifactEvent, ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.audit import AuditEntry
from jax.domain.evidence import Evidence, GoldenResult
from jax.domain.gate_policy import GatePolicy


def refusals_of_step(session: Session, artifact: Artifact, step: ArtifactEvent) -> Iterator[str]:
    """Why a legal step of the stored artifact may not be taken."""
    state, is_revoked = session.read(), session.is_revoked(artifact.payload_sha256)
    if step.payload_sha256 != artifact.payload_sha256:
        yield "The step is of other bytes than the artifact's."
    if is_revoked and step.to_state is not ArtifactState.REVOKED:
        yield f"Artifact {artifact.artifact_id} is revoked, for good: submit a new version."
    if not is_revoked and step.to_state is ArtifactState.REVOKED:
        yield f"No revocation names artifact {artifact.artifact_id}: add one first."
    if step.to_state is ArtifactState.VALIDATED:
        yield from _refusals_of_evidence(state, artifact)
    if step.to_state is ArtifactState.REVIEWED:
        yield from _refusals_of_quorum(state, artifact, (ApprovalKind.TECHNICAL,))
    if step.to_state in {ArtifactState.APPROVED, ArtifactState.ACTIVE}:
        yield from _refusals_of_quorum(state, artifact, tuple(ApprovalKind))
    if step.to_state is ArtifactState.ACTIVE:
        yield from _refusals_of_activation(state, artifact)


def refusals_of_entry(state: State, step: ArtifactEvent, entry: AuditEntry) -> Iterator[str]:
    """Why the step does not belong to that entry of the audit log."""
    event = entry.event
    stored = state.audit[entry.n - 1] if 1 <= entry.n <= len(state.audit) else None
    if (
        stored != entry
        or (event.subject, event.actor) != (step.artifact_id, step.actor)
        or not event.kind.startswith("artifact.")
    ):
        yield (
            f"Step {step.n} of artifact {step.artifact_id} names no entry of the audit log of this artifact "
            f"by {step.actor}."
        )
    if entry.n in state.entries_of_steps:
        yield f"Entry {entry.n} of the audit log belongs to another step."


def refusal_of_orders(session: Session, artifact: Artifact, at: datetime) -> str | None:
    """Why no order of the stored artifact may be taken at `at`; None when it is loadable."""
    state = session.read()
    if session.is_revoked(artifact.payload_sha256) or artifact.state not in LOADABLE_STATES:
        return f"artifact {artifact.artifact_id} is not loadable"
    if not _is_released(state, artifact, max(at, state.now)):
        return f"artifact {artifact.artifact_id} is not loadable: no snapshot in force names it"
    return None


def is_standing(state: State, row: SignedRow[Approval]) -> bool:
    """Whether a decision counts now: it has not expired, and its key is in use."""
    key = state.keys.get(row.key_id)
    return state.now < row.said.expires_at and key is not None and key.ended is None


def _refusals_of_evidence(state: State, artifact: Artifact) -> Iterator[str]:
    payload, policy = parse_payload(artifact.payload), state.policy_in_force
    may_be_own = policy is not None and policy.solo
    own = set() if may_be_own else {artifact.author}
    found = [
        row.said
        for row in state.evidence
        if row.statement.subject_sha256 == artifact.payload_sha256
        and row.said.validator not in own
        and state.keys[row.key_id].ended is None
    ]
    if not any(
        isinstance(said, Evidence) and said.rerun.orders_sha256 == payload.orders_sha256 for said in found
    ):
        yield f"Artifact {artifact.artifact_id} has no re-run by another person that made the same orders."
    if not any(
        isinstance(said, GoldenResult)
        and said.has_passed
        and said.golden_suite_sha256 == payload.golden_suite_sha256
        for said in found
    ):
        yield f"Artifact {artifact.artifact_id} has no report by another person that its golden suite passed."


def _refusals_of_quorum(state: State, artifact: Artifact, kinds: tuple[ApprovalKind, ...]) -> Iterator[str]:
    policy = state.policy_in_force
    if policy is None:
        yield f"No policy is stored, so nothing says what artifact {artifact.artifact_id} needs."
        return
    decisions = _standing_decisions(state, artifact, policy)
    for decision in decisions:
        if decision.decision is Decision.REJECT:
            yield (
                f"{decision.approver} rejected artifact {artifact.artifact_id} as {decision.kind}: "
                "submit a new version."
            )
    for kind in kinds:
        missing = policy.quorum[kind] - sum(decision.kind is kind for decision in decisions)
        if missing > 0:
            yield f"Artifact {artifact.artifact_id} lacks approvals under {policy.name}: {missing} {kind}."


def _standing_decisions(state: State, artifact: Artifact, policy: GatePolicy) -> list[Approval]:
    """One a person at most, since a second one is refused while the first one stands."""
    return [
        row.said
        for row in state.approvals
        if (row.said.payload_sha256, row.said.policy_sha256) == (artifact.payload_sha256, policy.sha256)
        and is_standing(state, row)
    ]


def _refusals_of_activation(state: State, artifact: Artifact) -> Iterator[str]:
    if not _is_released(state, artifact, state.now):
        yield f"No snapshot in force names artifact {artifact.artifact_id}: release it with a new one."
    for other in state.artifacts.values():
        if other.name == artifact.name and other.state is ArtifactState.ACTIVE:
            yield (
                f"Version {other.version} of {other.name} is ACTIVE: deprecate it before another "
                "version is activated."
            )


def _is_released(state: State, artifact: Artifact, at: datetime) -> bool:
    """Whether the newest snapshot counts and names these bytes for this strategy."""
    if not state.snapshots:
        return False
    newest = state.snapshots[-1]
    return (
        newest.said.active.get(artifact.name) == artifact.payload_sha256
        and at < newest.said.expires_at
        and state.keys[newest.key_id].ended is None
    )
