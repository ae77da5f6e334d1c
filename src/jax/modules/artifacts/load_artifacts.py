"""What the trader may trade with: what the signed snapshot names and every check lets pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jax.domain.approval_count import Authority
from jax.domain.artifact import Artifact
from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json
from jax.domain.loaded_artifact import LoadedArtifact
from jax.modules.artifacts.gate_authority import TrustSource
from jax.modules.artifacts.load_snapshot import Release, SnapshotRefused, open_release
from jax.modules.artifacts.verify_artifact import (
    VerificationFailed,
    bundle_key,
    payload_key,
    verify_bundle,
    verify_payload,
)
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, PortError
from jax.ports.object_store import ObjectStore
from jax.ports.snapshot_memory import SnapshotMemory
from jax.ports.unit_of_work import Transaction, UnitOfWork

_ACTOR = "jax-trader"
_LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class RefusedArtifact:
    """An artifact that the snapshot names and that must not trade; its id is empty when nothing is stored."""

    artifact_id: str
    name: str
    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class ArtifactsLoaded:
    """What may decide now, and what may not and why.

    `problem` says why nothing of the snapshot counts, `snapshot_seq` (0: none) and `expires_at` are of the
    snapshot in force, `policy` is its policy's mark.
    """

    loaded: tuple[LoadedArtifact, ...]
    refused: tuple[RefusedArtifact, ...]
    problem: str | None = None
    snapshot_seq: int = 0
    policy: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoaderParts:
    """What loading needs of the world."""

    unit_of_work: UnitOfWork
    object_store: ObjectStore
    clock: Clock
    trust: TrustSource
    memory: SnapshotMemory


class LoadArtifacts:
    """Reads, verifies and compiles; writes to the audit log whenever the outcome changes."""

    def __init__(self, parts: LoaderParts) -> None:
        self._parts = parts
        self._last_record: Json = None

    async def load(self) -> ArtifactsLoaded:
        """Verifies the snapshot and everything it names anew; what fails is refused, the others load.

        Unavailable when the database does not answer: nobody knows then what may trade.
        """
        now = self._parts.clock.now()
        async with self._parts.unit_of_work.begin() as transaction:
            try:
                release = await open_release(transaction, self._parts.trust, self._parts.memory, now)
                found = [
                    (name, *await _stored(transaction, sha256)) for name, sha256 in release.active.items()
                ]
            except SnapshotRefused as error:
                outcome = ArtifactsLoaded((), (), problem=_recordable(error))
                await self._record(outcome)
                return outcome
        outcome = await self._judge(release, found)
        await self._record(outcome)
        return outcome

    async def _judge(
        self, release: Release, found: Sequence[tuple[str, Artifact | None, Sequence[bytes]]]
    ) -> ArtifactsLoaded:
        loaded: list[LoadedArtifact] = []
        refused: list[RefusedArtifact] = []
        for name, artifact, approvals in found:
            if artifact is None:
                refused.append(RefusedArtifact("", name, "?", "the database does not hold what was released"))
                continue
            try:
                release.check_not_revoked(artifact)
                loaded.append(await self._verified(name, artifact, approvals, release.authority))
            except (VerificationFailed, SnapshotRefused, PortError) as error:
                refused.append(
                    RefusedArtifact(artifact.artifact_id, name, artifact.version, _recordable(error))
                )
        return ArtifactsLoaded(
            tuple(loaded),
            tuple(refused),
            snapshot_seq=release.snapshot.seq,
            policy=release.authority.policy.mark,
            expires_at=release.snapshot.expires_at,
        )

    async def _verified(
        self, name: str, artifact: Artifact, approvals: Sequence[bytes], authority: Authority
    ) -> LoadedArtifact:
        copy = await self._parts.object_store.get(payload_key(artifact.payload_sha256))
        payload = verify_payload(artifact, copy, approvals, authority)
        if payload.name != name:
            raise VerificationFailed(f"the snapshot names it as {name}, it is {payload.name}")
        encoded = await self._parts.object_store.get(bundle_key(payload.bundle_sha256))
        return verify_bundle(artifact, payload, encoded, authority.policy)

    async def _record(self, outcome: ArtifactsLoaded) -> None:
        record: Json = {
            "snapshot_seq": outcome.snapshot_seq,
            "policy": outcome.policy,
            "problem": outcome.problem,
            "loaded": [
                {"artifact_id": a.artifact_id, "strategy": a.payload.name, "payload_sha256": a.payload_sha256}
                for a in outcome.loaded
            ],
            "refused": [{"artifact_id": r.artifact_id, "reason": r.reason} for r in outcome.refused],
        }
        if record == self._last_record:
            return
        async with self._parts.unit_of_work.begin() as transaction:
            await transaction.audit.append(
                AuditEvent("artifacts.loaded", _ACTOR, _ACTOR, self._parts.clock.now(), record)
            )
        self._last_record = record


async def _stored(transaction: Transaction, payload_sha256: str) -> tuple[Artifact | None, Sequence[bytes]]:
    try:
        artifact = await transaction.artifacts.by_sha256(payload_sha256)
    except NotFound:
        return None, ()
    return artifact, await transaction.artifacts.approvals(artifact.artifact_id)


def _recordable(error: Exception) -> str:
    """What `error` says, as the audit log can hold it: a bundle's own errors may say anything."""
    return str(error).encode("utf-8", "backslashreplace").decode()[:_LONGEST_REASON]
