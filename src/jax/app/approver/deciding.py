"""Approves or rejects: shows, asks, signs the hash of what was shown, and hands the decision in."""

from collections.abc import Callable
from dataclasses import dataclass

from jax.app.approver.find_artifact import find_artifact
from jax.app.approver.gate import Gate
from jax.app.approver.signing import Hand, as_signed
from jax.app.approver.terminal import confirm
from jax.domain.approval import Approval, Decision
from jax.domain.approval_count import GateRefused, subject_name
from jax.domain.artifact import ApprovalKind
from jax.domain.canonical_json import sha256_of
from jax.modules.artifacts.accept_approval import AcceptApproval, Decided, Opinion
from jax.modules.artifacts.artifact_view import ArtifactView
from jax.modules.artifacts.display_artifact import displayed

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a person wants to decide on; `displayed_sha256` is what they have seen before, if they say so.

    `is_certain` goes on without a question, and takes that hash.
    """

    artifact: str
    kind: ApprovalKind
    decision: Decision
    reason: str
    is_certain: bool
    displayed_sha256: str | None


async def decide(gate: Gate, ask: Ask, hand: Hand, show: Show) -> Decided:
    """The stored decision; GateRefused, and CommandFailed unless the person says yes."""
    hand.check()
    artifact = await find_artifact(gate.unit_of_work, ask.artifact)
    view = await gate.viewer.view(artifact.artifact_id)
    text = displayed(view)
    shown_sha256 = sha256_of(text.encode())
    show(text)
    show(f"displayed {shown_sha256}\n")
    name = subject_name(artifact)
    _check_shown(ask, view, shown_sha256)
    accepting = AcceptApproval(unit_of_work=gate.unit_of_work, clock=gate.clock, trust=gate.trust)
    opinion = Opinion(ask.kind, ask.decision, hand.person, shown_sha256, as_signed(ask.reason))
    approval = await accepting.draft(artifact.artifact_id, opinion)
    _check_same(approval, view)
    if not ask.is_certain:
        confirm(
            f"{hand.person}: {ask.decision} {name} as {ask.kind}, policy={view.policy.mark}?",
            otherwise=f"pass --yes --displayed-sha256 {shown_sha256}",
        )
    (envelope,) = hand.sign(approval.statement())
    return await accepting.accept(artifact.artifact_id, envelope)


async def what_is_missing(gate: Gate, artifact_id: str) -> str | None:
    """What the quorum lacks now; None when it is there."""
    return (await gate.viewer.view(artifact_id)).missing


def _check_shown(ask: Ask, view: ArtifactView, shown_sha256: str) -> None:
    name = subject_name(view.version.artifact)
    if view.version.bundle is None:
        raise GateRefused(
            f"the code of {name} cannot be shown, so nobody decides: {view.version.bundle_problem}"
        )
    if ask.displayed_sha256 not in {None, shown_sha256}:
        raise GateRefused(
            f"what is displayed of {name} has changed since you looked: it hashes to {shown_sha256}, not to "
            f"{ask.displayed_sha256}; read it again"
        )


def _check_same(approval: Approval, view: ArtifactView) -> None:
    # The database answers twice, and could answer the second time with something else.
    artifact = view.version.artifact
    signed = (approval.subject, approval.payload_sha256, approval.policy_sha256)
    if signed != (subject_name(artifact), artifact.payload_sha256, view.policy.sha256):
        raise GateRefused(
            f"{subject_name(artifact)} or the policy was changed while it was shown: look again"
        )
