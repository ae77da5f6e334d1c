"""What the trader may trade with: everything approved that also verifies."""

from dataclasses import dataclass

from jax.domain.artifact import Approval, Artifact
from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json
from jax.domain.loaded_artifact import LoadedArtifact
from jax.modules.artifacts.verify_artifact import (
    VerificationFailed,
    bundle_key,
    payload_key,
    verify_bundle,
    verify_payload,
)
from jax.ports.clock import Clock
from jax.ports.errors import PortError
from jax.ports.object_store import ObjectStore
from jax.ports.unit_of_work import UnitOfWork

_ACTOR = "jax-trader"
_LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class RefusedArtifact:
    """An artifact that is approved by its state and yet must not trade."""

    artifact_id: str
    name: str
    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class ArtifactsLoaded:
    """What may decide now, and what may not and why."""

    loaded: tuple[LoadedArtifact, ...]
    refused: tuple[RefusedArtifact, ...]


class LoadArtifacts:
    """Reads, verifies and compiles; writes to the audit log whenever the outcome changes."""

    def __init__(self, *, unit_of_work: UnitOfWork, object_store: ObjectStore, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._object_store = object_store
        self._clock = clock
        self._last_record: Json = None

    async def load(self) -> ArtifactsLoaded:
        """Verifies every loadable artifact anew; one that fails any check is refused, the others load."""
        async with self._unit_of_work.begin() as transaction:
            found = [
                (artifact, await transaction.artifacts.approvals(artifact.artifact_id))
                for artifact in await transaction.artifacts.loadable()
            ]
        loaded: list[LoadedArtifact] = []
        refused: list[RefusedArtifact] = []
        for artifact, approvals in found:
            try:
                loaded.append(await self._verified(artifact, list(approvals)))
            except (VerificationFailed, PortError) as error:
                refused.append(
                    RefusedArtifact(artifact.artifact_id, artifact.name, artifact.version, _recordable(error))
                )
        outcome = ArtifactsLoaded(tuple(loaded), tuple(refused))
        await self._record(outcome)
        return outcome

    async def _verified(self, artifact: Artifact, approvals: list[Approval]) -> LoadedArtifact:
        copy = await self._object_store.get(payload_key(artifact.payload_sha256))
        payload = verify_payload(artifact, approvals, copy)
        encoded = await self._object_store.get(bundle_key(payload.bundle_sha256))
        return verify_bundle(artifact, payload, encoded)

    async def _record(self, outcome: ArtifactsLoaded) -> None:
        record: Json = {
            "loaded": [
                {"artifact_id": a.artifact_id, "strategy": a.payload.name, "payload_sha256": a.payload_sha256}
                for a in outcome.loaded
            ],
            "refused": [{"artifact_id": r.artifact_id, "reason": r.reason} for r in outcome.refused],
        }
        if record == self._last_record:
            return
        async with self._unit_of_work.begin() as transaction:
            await transaction.audit.append(
                AuditEvent("artifacts.loaded", "jax-trader", _ACTOR, self._clock.now(), record)
            )
        self._last_record = record


def _recordable(error: Exception) -> str:
    """What `error` says, as the audit log can hold it: a bundle's own errors may say anything."""
    return str(error).encode("utf-8", "backslashreplace").decode()[:_LONGEST_REASON]
