"""What the trader may trade with: what the signed snapshot names and every check lets pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jax.domain.approval_count import Authority
from jax.domain.artifact import Artifact
from jax.domain.audit import TRADER, AuditEvent
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
from jax.ports.errors import PortError
from jax.ports.object_store import ObjectStore
from jax.ports.snapshot_memory import SnapshotMemory
from jax.ports.unit_of_work import UnitOfWork

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


@dataclass(frozen=True, slots=True)
class Look:
    """What the gate says at this moment, before the bytes behind it are verified.

    Without a `release` nothing of the snapshot counts, and `problem` says why. `stored` are the artifacts
    that it names with their approvals, by hash.
    """

    release: Release | None
    problem: str | None = None
    stored: Mapping[str, tuple[Artifact, Sequence[bytes]]] = field(default_factory=dict)

    @property
    def hashes(self) -> frozenset[str]:
        """What is released and not revoked: nothing else can come of verifying it."""
        if self.release is None:
            return frozenset()
        return frozenset(self.release.active.values()) - self.release.revoked


class LoadArtifacts:
    """Reads, verifies and compiles; writes to the audit log whenever the outcome changes.

    Everything is judged anew each time. Only what follows from bytes alone is remembered for the same bytes:
    whose signature an envelope bears, what a payload says, what a bundle compiles to.
    """

    def __init__(self, parts: LoaderParts) -> None:
        self._parts = parts
        self._last_record: Json = None

    async def load(self) -> ArtifactsLoaded:
        """`look`, `verify` and `record`; raises as they do."""
        outcome = await self.verify(await self.look())
        await self.record(outcome)
        return outcome

    async def look(self) -> Look:
        """Reads root file, snapshot and revocations, and remembers what it has seen.

        Unavailable when the database does not answer: nobody knows then what may trade.
        """
        now = self._parts.clock.now()
        async with self._parts.unit_of_work.begin() as transaction:
            try:
                release = await open_release(transaction, self._parts.trust, self._parts.memory, now)
            except SnapshotRefused as error:
                return Look(None, problem=_recordable(error))
            stored = await transaction.artifacts.with_approvals(frozenset(release.active.values()))
        return Look(release, stored=stored)

    async def verify(self, look: Look) -> ArtifactsLoaded:
        """What of `look` may trade; what fails a check is refused, the others load."""
        release = look.release
        if release is None:
            return ArtifactsLoaded((), (), problem=look.problem)
        loaded: list[LoadedArtifact] = []
        refused: list[RefusedArtifact] = []
        for name, sha256 in release.active.items():
            if sha256 not in look.stored:
                refused.append(RefusedArtifact("", name, "?", "the database does not hold what was released"))
                continue
            artifact, approvals = look.stored[sha256]
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

    async def record(self, outcome: ArtifactsLoaded) -> None:
        """Tells the audit log of an outcome that differs from the one before; it may wait for other writers.

        Unavailable, OutcomeUnknown: it is told again with the next outcome.
        """
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
                AuditEvent("artifacts.loaded", TRADER, TRADER, self._parts.clock.now(), record)
            )
        self._last_record = record


def _recordable(error: Exception) -> str:
    """What `error` says, as the audit log can hold it: a bundle's own errors may say anything."""
    return str(error).encode("utf-8", "backslashreplace").decode()[:_LONGEST_REASON]
