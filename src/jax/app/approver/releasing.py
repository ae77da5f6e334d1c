"""Signs the next snapshot: release, rollback, renewal, withdrawal."""

from jax.app.approver.find_artifact import find_artifact
from jax.app.approver.gate import Gate
from jax.app.approver.signing import Hand, as_signed
from jax.domain.approval_count import GateRefused, subject_name
from jax.domain.artifact import ArtifactState
from jax.domain.snapshot import Snapshot
from jax.modules.artifacts.release_artifact import ReleaseArtifact, Released


async def release(gate: Gate, wanted: str, hand: Hand, reason: str, *, is_rollback: bool) -> Released:
    """Lets the artifact trade, in place of its strategy's other versions; a rollback is told from a release
    by the artifact's state, so that nobody goes back by mistake. GateRefused.
    """
    hand.check()
    artifact = await find_artifact(gate.unit_of_work, wanted)
    name, is_deprecated = subject_name(artifact), artifact.state is ArtifactState.DEPRECATED
    if is_rollback and not is_deprecated:
        raise GateRefused(
            f"{name} is {artifact.state}, and a rollback goes to a DEPRECATED version: "
            "use `artifact-approver release`"
        )
    if is_deprecated and not is_rollback:
        raise GateRefused(f"{name} is DEPRECATED: to go back to it, use `artifact-approver rollback`")
    releasing = _use_case(gate)
    drafted = await releasing.draft(artifact.artifact_id, signer=hand.person)
    return await _accepted(releasing, drafted, hand, reason)


async def renew(gate: Gate, hand: Hand, reason: str, *, without: str | None = None) -> Released:
    """The same hashes for another life of the snapshot, but none for the strategy `without`; GateRefused."""
    hand.check()
    releasing = _use_case(gate)
    drafted = await releasing.draft_renewal(signer=hand.person, without=without)
    return await _accepted(releasing, drafted, hand, reason)


def _use_case(gate: Gate) -> ReleaseArtifact:
    return ReleaseArtifact(unit_of_work=gate.unit_of_work, clock=gate.clock, trust=gate.trust)


async def _accepted(releasing: ReleaseArtifact, drafted: Snapshot, hand: Hand, reason: str) -> Released:
    (envelope,) = hand.sign(drafted.statement())
    return await releasing.accept(envelope, reason=as_signed(reason))
