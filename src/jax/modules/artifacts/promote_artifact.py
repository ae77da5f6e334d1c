"""The steps of an artifact's life, each checked, recorded and announced in one transaction."""

from jax.domain.artifact import Approval, ApprovalKind, Artifact, ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.audit import AuditEvent
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.canonical_json import Json
from jax.domain.promotion import GateRefused, check_approver, check_promotion
from jax.ports.clock import Clock
from jax.ports.unit_of_work import Transaction, UnitOfWork

TOPIC = "artifact"


class PromoteArtifact:
    """Who may do what is `domain.promotion`'s to say; the store refuses by itself what the table lacks."""

    def __init__(self, *, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def validate(self, artifact_id: str, *, actor: str, rerun: BacktestEvidence) -> Artifact:
        """DRAFT > VALIDATED, if a run by somebody else made exactly the author's orders."""
        async with self._unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact_id)
            claimed = parse_payload(artifact.payload).orders_sha256
            if rerun.orders_sha256 != claimed:
                raise GateRefused(
                    f"{artifact.name} {artifact.version} claims orders {claimed}, "
                    f"the run of {actor} made {rerun.orders_sha256}"
                )
            state = ArtifactState.VALIDATED
            reason = f"run again: {rerun.run_id}"
            return await self._step(transaction, artifact, state, actor=actor, reason=reason)

    async def approve(self, artifact_id: str, *, kind: ApprovalKind, approver: str, notes: str) -> Approval:
        """Records that `approver` vouches for the artifact's bytes; GateRefused for its author.

        A repeat of an approval that is there changes nothing.
        """
        async with self._unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact_id)
            for given in await transaction.artifacts.approvals(artifact_id):
                if (given.kind, given.approver) == (kind, approver):
                    return given
            now = self._clock.now()
            approval = Approval(artifact_id, artifact.payload_sha256, kind, approver, notes, now)
            check_approver(artifact, approval)
            await transaction.artifacts.add_approval(approval)
            data: Json = {"kind": kind, "payload_sha256": artifact.payload_sha256, "notes": notes}
            await transaction.audit.append(AuditEvent("artifact.approval", artifact_id, approver, now, data))
            await transaction.events.publish(TOPIC, subject=artifact_id)
            return approval

    async def advance(
        self, artifact_id: str, to_state: ArtifactState, *, actor: str, reason: str
    ) -> Artifact:
        """Takes a step other than a release; VALIDATED needs `validate`, ACTIVE needs `release`."""
        if to_state in (ArtifactState.VALIDATED, ArtifactState.ACTIVE):
            raise GateRefused(f"{to_state} is reached by its own command, with evidence")
        async with self._unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact_id)
            return await self._step(transaction, artifact, to_state, actor=actor, reason=reason)

    async def release(self, artifact_id: str, *, actor: str, reason: str) -> Artifact:
        """APPROVED (or DEPRECATED, to roll back) > ACTIVE; the one active before becomes DEPRECATED."""
        async with self._unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact_id)
            for other in await transaction.artifacts.list(name=artifact.name):
                if other.state is ArtifactState.ACTIVE and other.artifact_id != artifact_id:
                    replaced = f"replaced by {artifact.version}"
                    await self._step(
                        transaction, other, ArtifactState.DEPRECATED, actor=actor, reason=replaced
                    )
            return await self._step(transaction, artifact, ArtifactState.ACTIVE, actor=actor, reason=reason)

    async def _step(
        self,
        transaction: Transaction,
        artifact: Artifact,
        to_state: ArtifactState,
        *,
        actor: str,
        reason: str,
    ) -> Artifact:
        approvals = await transaction.artifacts.approvals(artifact.artifact_id)
        check_promotion(artifact, to_state, actor=actor, approvals=approvals)
        now = self._clock.now()
        moved = await transaction.artifacts.take_step(artifact, to_state, actor=actor, reason=reason, at=now)
        data: Json = {"from": artifact.state, "to": to_state, "payload_sha256": artifact.payload_sha256}
        await transaction.audit.append(AuditEvent("artifact.step", artifact.artifact_id, actor, now, data))
        await transaction.events.publish(TOPIC, subject=artifact.artifact_id)
        return moved
