"""Stops an artifact: first the stop, which waits for nobody, then the history, which may."""

import asyncio
from dataclasses import dataclass

from jax.app.approver.find_artifact import find_artifact
from jax.app.approver.gate import Gate
from jax.app.approver.signing import Hand, as_signed
from jax.domain.artifact import Artifact
from jax.domain.revocation import RecordedRevocation
from jax.modules.artifacts.revoke_artifact import RevocationParts, RevokeArtifact
from jax.ports.errors import PortError

HISTORY_WITHIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Stopped:
    """The stop, which is in force whatever `history_problem` says of the history."""

    artifact: Artifact
    revocation: RecordedRevocation
    history_problem: str | None


async def revoke(gate: Gate, wanted: str, hand: Hand, reason: str) -> Stopped:
    """Ends the artifact for good; GateRefused when it is REVOKED already or the key is no one's in use."""
    hand.check()
    revoking = _use_case(gate)
    artifact = await find_artifact(gate.unit_of_work, wanted)
    drafted = await revoking.draft(artifact.artifact_id, revoker=hand.person, reason=as_signed(reason))
    (envelope,) = hand.sign(drafted.statement())
    recorded = await revoking.accept(envelope)
    return Stopped(artifact, recorded, await tell_history(gate, actor=hand.person))


async def tell_history(gate: Gate, *, actor: str) -> str | None:
    """Writes the revocations that the history lacks; why that has to wait, None when it is done."""
    try:
        async with asyncio.timeout(HISTORY_WITHIN_SECONDS):
            await _use_case(gate).tell_history(actor=actor)
    except TimeoutError:
        return f"another transaction holds the record, for more than {HISTORY_WITHIN_SECONDS:.0f} seconds"
    except PortError as error:
        return str(error)
    return None


def _use_case(gate: Gate) -> RevokeArtifact:
    return RevokeArtifact(RevocationParts(gate.unit_of_work, gate.clock, gate.ids, gate.trust))
