"""Validates: runs the backtest again in another process and signs what came of it."""

from dataclasses import dataclass

from jax.app.approver.find_artifact import find_artifact
from jax.app.approver.gate import Gate
from jax.app.approver.signing import Hand
from jax.app.research.rerun_process import RerunProgress, rerun_in_another_process
from jax.domain.approval_count import GateRefused, subject_name
from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.artifact_payload import ArtifactPayload
from jax.domain.errors import IllegalTransition
from jax.domain.evidence import Evidence
from jax.domain.rerun import Rerun, differences
from jax.modules.artifacts.accept_evidence import AcceptEvidence
from jax.modules.artifacts.verify_artifact import bundle_key, golden_suite_key
from jax.modules.artifacts.view_artifact import checked_payload


@dataclass(frozen=True, slots=True)
class Ran:
    """A DRAFT, and what the validator's own run made of it."""

    artifact: Artifact
    payload: ArtifactPayload
    rerun: Rerun

    @property
    def differences(self) -> tuple[str, ...]:
        """One sentence for each thing that is not as the payload says."""
        return differences(self.payload, self.rerun)


@dataclass(frozen=True, slots=True)
class Validated:
    """The artifact after the step, and the evidence that was signed for it."""

    artifact: Artifact
    evidence: Evidence


async def run_again(gate: Gate, wanted: str, hand: Hand, progress: RerunProgress) -> Ran:
    """The run, made from what the payload names and from the bars of this home."""
    hand.check()
    artifact = await find_artifact(gate.unit_of_work, wanted)
    if artifact.state is not ArtifactState.DRAFT:
        raise IllegalTransition(f"artifact {subject_name(artifact)}", artifact.state, ArtifactState.VALIDATED)
    payload = checked_payload(artifact)
    rerun = await rerun_in_another_process(
        gate.home,
        payload_bytes=artifact.payload,
        bundle_bytes=await gate.objects.get(bundle_key(payload.bundle_sha256)),
        golden_bytes=await gate.objects.get(golden_suite_key(payload.golden_suite_sha256)),
        progress=progress,
    )
    return Ran(artifact, payload, rerun)


async def hand_in(gate: Gate, ran: Ran, hand: Hand) -> Validated:
    """Signs the evidence and takes the step; GateRefused when the run is not what the payload says."""
    found = ran.differences
    if found:
        count = "one thing is" if len(found) == 1 else f"{len(found)} things are"
        raise GateRefused(f"{subject_name(ran.artifact)} is not validated: {count} not as its payload says")
    accepting = AcceptEvidence(unit_of_work=gate.unit_of_work, clock=gate.clock, trust=gate.trust)
    evidence = accepting.draft(ran.artifact, ran.rerun, validator=hand.person)
    envelopes = hand.sign(*evidence.statements(ran.payload.golden_suite_sha256))
    return Validated(await accepting.accept(ran.artifact.artifact_id, envelopes), evidence)
