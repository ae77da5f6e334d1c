"""Takes the demo's artifact through the gate, each step under an identity of its own."""

from collections.abc import Awaitable, Callable

from jax.domain.artifact import ApprovalKind, Artifact, ArtifactState
from jax.domain.backtest_evidence import BacktestEvidence
from jax.modules.artifacts.promote_artifact import PromoteArtifact

AUTHOR = "ada"
VALIDATOR = "victor"
APPROVERS = {ApprovalKind.TECHNICAL: "tessa", ApprovalKind.RISK: "rosa"}
RELEASER = "rene"

Rerun = Callable[[], Awaitable[BacktestEvidence]]


async def promote_to_active(gate: PromoteArtifact, artifact: Artifact, *, rerun: Rerun) -> Artifact:
    """The artifact in ACTIVE; goes on from whatever state an earlier run left it in.

    `rerun` runs the backtest again for the validator, who compares its orders with the author's.
    """
    while artifact.state is not ArtifactState.ACTIVE:
        artifact = await _next_step(gate, artifact, rerun)
    return artifact


async def _next_step(gate: PromoteArtifact, artifact: Artifact, rerun: Rerun) -> Artifact:
    if artifact.state is ArtifactState.DRAFT:
        return await gate.validate(artifact.artifact_id, actor=VALIDATOR, rerun=await rerun())
    if artifact.state is ArtifactState.VALIDATED:
        return await _reviewed(gate, artifact, ApprovalKind.TECHNICAL, ArtifactState.REVIEWED)
    if artifact.state is ArtifactState.REVIEWED:
        return await _reviewed(gate, artifact, ApprovalKind.RISK, ArtifactState.APPROVED)
    return await gate.release(artifact.artifact_id, actor=RELEASER, reason="demo release")


async def _reviewed(
    gate: PromoteArtifact, artifact: Artifact, kind: ApprovalKind, to_state: ArtifactState
) -> Artifact:
    approver = APPROVERS[kind]
    await gate.approve(
        artifact.artifact_id, kind=kind, approver=approver, notes=f"demo {kind.lower()} review"
    )
    return await gate.advance(artifact.artifact_id, to_state, actor=approver, reason=f"{kind} review passed")
