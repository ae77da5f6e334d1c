"""One step of an artifact's life, in the chain and in its history."""

from dataclasses import dataclass
from datetime import datetime

from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json
from jax.ports.unit_of_work import Transaction

TOPIC = "artifact"


@dataclass(frozen=True, slots=True)
class Act:
    """Who takes a step, why, and when."""

    actor: str
    reason: str
    at: datetime


async def record_step(
    transaction: Transaction, artifact: Artifact, to_state: ArtifactState, act: Act
) -> Artifact:
    """The artifact after the step; the caller has checked that it may be taken. Raises as the store does."""
    data: Json = {
        "from": artifact.state,
        "to": to_state,
        "payload_sha256": artifact.payload_sha256,
        "reason": act.reason,
    }
    event = AuditEvent("artifact.step", artifact.artifact_id, act.actor, act.at, data)
    entry = await transaction.audit.append(event)
    moved = await transaction.artifacts.take_step(artifact, to_state, entry=entry, reason=act.reason)
    await transaction.events.publish(TOPIC, subject=artifact.artifact_id)
    return moved
