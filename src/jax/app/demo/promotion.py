"""Takes the demo's artifact through the gate, each step signed by another person."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from jax.app.demo.people import (
    RELEASER,
    RISK_APPROVER,
    TECHNICAL_APPROVER,
    VALIDATOR,
    DemoPeople,
)
from jax.domain.approval import Decision
from jax.domain.artifact import ApprovalKind, Artifact, ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.rerun import Rerun
from jax.domain.signed import SignatureRefused
from jax.domain.snapshot import check_in_force
from jax.modules.artifacts.accept_approval import AcceptApproval, Opinion
from jax.modules.artifacts.accept_evidence import AcceptEvidence
from jax.modules.artifacts.display_artifact import displayed_sha256
from jax.modules.artifacts.gate_authority import TrustSource
from jax.modules.artifacts.publish_gate import PublishGate
from jax.modules.artifacts.release_artifact import ReleaseArtifact, newest_snapshot
from jax.modules.artifacts.view_artifact import ViewArtifact
from jax.ports.clock import Clock
from jax.ports.unit_of_work import UnitOfWork

_APPROVERS = {ApprovalKind.TECHNICAL: TECHNICAL_APPROVER, ApprovalKind.RISK: RISK_APPROVER}
# A snapshot that ends within this is renewed.
_SOON = timedelta(days=7)

RunAgain = Callable[[Artifact], Awaitable[Rerun]]


@dataclass(frozen=True, slots=True)
class PromotionParts:
    """What the people of the demo work with."""

    unit_of_work: UnitOfWork
    clock: Clock
    trust: TrustSource
    people: DemoPeople
    viewer: ViewArtifact


class DemoPromotion:
    """Goes on from whatever state an earlier run left an artifact in."""

    def __init__(self, parts: PromotionParts) -> None:
        self._parts = parts
        records, clock, trust = parts.unit_of_work, parts.clock, parts.trust
        self._publishing = PublishGate(unit_of_work=records, clock=clock, trust=trust)
        self._evidence = AcceptEvidence(unit_of_work=records, clock=clock, trust=trust)
        self._approvals = AcceptApproval(unit_of_work=records, clock=clock, trust=trust)
        self._releases = ReleaseArtifact(unit_of_work=records, clock=clock, trust=trust)

    async def promote(self, artifact: Artifact, *, run_again: RunAgain) -> Artifact:
        """The artifact in ACTIVE, named by a snapshot that is in force for a while."""
        await self._publishing.keys(actor=RELEASER)
        await self._publishing.policy(DESK_POLICY, actor=RELEASER)
        if artifact.state is ArtifactState.DRAFT:
            artifact = await self._validated(artifact, await run_again(artifact))
        artifact = await self._approved(artifact)
        if artifact.state is not ArtifactState.ACTIVE or not await self._is_released_for_a_while():
            drafted = await self._releases.draft(artifact.artifact_id, signer=RELEASER)
            (envelope,) = self._parts.people.sign(RELEASER, drafted.statement())
            await self._releases.accept(envelope, reason="demo release")
        async with self._parts.unit_of_work.begin() as transaction:
            return await transaction.artifacts.get(artifact.artifact_id)

    async def _validated(self, artifact: Artifact, rerun: Rerun) -> Artifact:
        evidence = self._evidence.draft(artifact, rerun, validator=VALIDATOR)
        statements = evidence.statements(parse_payload(artifact.payload).golden_suite_sha256)
        return await self._evidence.accept(
            artifact.artifact_id, self._parts.people.sign(VALIDATOR, *statements)
        )

    async def _approved(self, artifact: Artifact) -> Artifact:
        for kind, approver in _APPROVERS.items():
            view = await self._parts.viewer.view(artifact.artifact_id)
            if approver in {approval.approver for approval in view.approvals.counted}:
                continue
            opinion = Opinion(
                kind=kind,
                decision=Decision.APPROVE,
                approver=approver,
                displayed_sha256=displayed_sha256(view),
                reason=f"demo {kind.lower()} review",
            )
            approval = await self._approvals.draft(artifact.artifact_id, opinion)
            (envelope,) = self._parts.people.sign(approver, approval.statement())
            artifact = (await self._approvals.accept(artifact.artifact_id, envelope)).artifact
        return artifact

    async def _is_released_for_a_while(self) -> bool:
        async with self._parts.unit_of_work.begin() as transaction:
            snapshot = await newest_snapshot(transaction, self._parts.trust())
        if snapshot is None:
            return False
        try:
            check_in_force(snapshot, self._parts.clock.now() + _SOON)
        except SignatureRefused:
            return False
        return True
