"""The gate's own use cases, with the people of the tests at hand."""

from jax.adapters.ed25519.verification import verify_ed25519
from jax.adapters.memory.id_source import SequentialIdSource
from jax.domain.approval import Decision
from jax.domain.artifact import ApprovalKind, Artifact
from jax.domain.gate_policy import DESK_POLICY, GatePolicy
from jax.domain.gate_root import GateRoot
from jax.domain.signed import Trust
from jax.domain.statement import Statement
from jax.modules.artifacts.accept_approval import AcceptApproval, Decided, Opinion
from jax.modules.artifacts.accept_evidence import AcceptEvidence
from jax.modules.artifacts.publish_gate import PublishGate
from jax.modules.artifacts.release_artifact import ReleaseArtifact, Released
from jax.modules.artifacts.revoke_artifact import RevocationParts, RevokeArtifact
from jax.ports.clock import Clock
from jax.ports.unit_of_work import UnitOfWork
from tests.gate_people import APPROVER_OF, ROOT, golden_envelope, rerun_envelope, sign

_SHOWN = "sha256:" + "5" * 64


class GateDesk:
    """Each person acts by their own key; `root` may be changed as an operator changes the file."""

    def __init__(self, unit_of_work: UnitOfWork, clock: Clock, *, root: GateRoot = ROOT) -> None:
        self.root = root
        self.unit_of_work = unit_of_work
        self._clock = clock
        self.publishing = PublishGate(unit_of_work=unit_of_work, clock=clock, trust=self.trust)
        self.evidence = AcceptEvidence(unit_of_work=unit_of_work, clock=clock, trust=self.trust)
        self.approvals = AcceptApproval(unit_of_work=unit_of_work, clock=clock, trust=self.trust)
        self.releases = ReleaseArtifact(unit_of_work=unit_of_work, clock=clock, trust=self.trust)
        self.revocations = RevokeArtifact(
            RevocationParts(unit_of_work, clock, SequentialIdSource("rv"), self.trust)
        )

    def trust(self) -> Trust:
        return Trust(self.root, verify_ed25519)

    async def open(self, policy: GatePolicy = DESK_POLICY) -> None:
        """Publishes keys and policy."""
        await self.publishing.keys(actor="rene")
        await self.publishing.policy(policy, actor="rene")

    async def validate(self, artifact: Artifact, *, validator: str = "victor") -> Artifact:
        now = self._clock.now()
        envelopes = [
            make(artifact, validator=validator, issued=now) for make in (rerun_envelope, golden_envelope)
        ]
        return await self.evidence.accept(artifact.artifact_id, envelopes)

    async def decide(
        self,
        artifact: Artifact,
        kind: ApprovalKind = ApprovalKind.TECHNICAL,
        *,
        person: str | None = None,
        decision: Decision = Decision.APPROVE,
    ) -> Decided:
        approver = person or APPROVER_OF[kind]
        opinion = Opinion(kind, decision, approver, _SHOWN, "read it twice")
        approval = await self.approvals.draft(artifact.artifact_id, opinion)
        return await self.approvals.accept(artifact.artifact_id, sign(approval.statement(), approver))

    async def release(self, artifact: Artifact, *, person: str = "rene", reason: str = "go") -> Released:
        drafted = await self.releases.draft(artifact.artifact_id, signer=person)
        return await self._released(drafted.statement(), person, reason)

    async def renew(self, *, person: str = "rene", without: str | None = None) -> Released:
        drafted = await self.releases.draft_renewal(signer=person, without=without)
        return await self._released(drafted.statement(), person, "renewal")

    async def revoke(
        self, artifact: Artifact, *, person: str = "rolf", reason: str = "it loses money"
    ) -> None:
        """Stops the artifact; the history is told by `tell_history`."""
        drafted = await self.revocations.draft(artifact.artifact_id, revoker=person, reason=reason)
        await self.revocations.accept(sign(drafted.statement(), person))

    async def approve(self, artifact: Artifact) -> Artifact:
        """DRAFT to APPROVED, by everybody whom the desk's policy asks for."""
        await self.validate(artifact)
        await self.decide(artifact, ApprovalKind.TECHNICAL)
        return (await self.decide(artifact, ApprovalKind.RISK)).artifact

    async def activate(self, artifact: Artifact) -> Artifact:
        """DRAFT to ACTIVE."""
        await self.approve(artifact)
        (active,) = (await self.release(artifact)).activated
        return active

    async def _released(self, statement: Statement, person: str, reason: str) -> Released:
        return await self.releases.accept(sign(statement, person), reason=reason)
