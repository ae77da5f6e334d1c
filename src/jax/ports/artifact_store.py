"""Artifacts, the steps of their lives, and what people signed about them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from jax.domain.artifact import Artifact, ArtifactEvent, ArtifactState
from jax.domain.audit import AuditEntry


class ArtifactStore(Protocol):
    """Append-only: a payload never changes, a step is never undone, a signature is never withdrawn.

    The store keeps envelopes and does not verify them: whoever reads them does. It enforces structure by
    itself: only steps of ARTIFACT_TRANSITIONS and only with the evidence, approvals and snapshot that the
    policy in force asks for; one ACTIVE version a name; nothing but REVOKED for what is revoked; people act
    in their own name. Every step and every signature belongs to an entry of the audit log, which is appended
    in the same transaction before it.
    """

    async def add(self, artifact: Artifact, *, entry: AuditEntry, reason: str) -> None:
        """Stores a new artifact in DRAFT, with the first event of its history.

        Conflict when its id, its hash, or its name with this version is there already.
        """
        ...

    async def get(self, artifact_id: str) -> Artifact:
        """The artifact in its current state; NotFound."""
        ...

    async def by_sha256(self, payload_sha256: str) -> Artifact:
        """The artifact whose payload has this hash; NotFound."""
        ...

    async def with_approvals(
        self, payload_sha256s: Collection[str]
    ) -> Mapping[str, tuple[Artifact, Sequence[bytes]]]:
        """The artifacts whose payloads have these hashes, by hash, each with what `approvals` gives.

        What is not stored is left out.
        """
        ...

    async def list(self, *, name: str | None = None) -> Sequence[Artifact]:
        """All artifacts (of a strategy name), oldest first."""
        ...

    async def take_step(
        self, artifact: Artifact, to_state: ArtifactState, *, entry: AuditEntry, reason: str
    ) -> Artifact:
        """Appends the step from `artifact.state`, by the actor and at the time of `entry`.

        Returns the artifact after it. Conflict when another step came first, when the table lacks the step,
        or when what the step needs is not there.
        """
        ...

    async def history(self, artifact_id: str) -> Sequence[ArtifactEvent]:
        """All steps of an artifact, oldest first."""
        ...

    async def add_evidence(self, artifact_id: str, envelope: bytes) -> None:
        """Records signed evidence (`domain.evidence`); Conflict when these bytes are there already, or are of
        another hash than the artifact's, or of a key that is not the signer's; InvalidValue for bytes that
        spell no evidence; NotFound.
        """
        ...

    async def evidence(self, artifact_id: str) -> Sequence[bytes]:
        """All evidence of an artifact, oldest first."""
        ...

    async def add_approval(self, artifact: Artifact, envelope: bytes, *, solo: bool) -> None:
        """Records a signed approval (`domain.approval`) under a policy that is `solo` or not.

        Conflict when the person's earlier decision under this policy has not expired, when it is the
        author's under a policy that is not solo, or when hash, policy, key or role are not those it names;
        InvalidValue for bytes that spell no approval; NotFound.
        """
        ...

    async def approvals(self, artifact_id: str) -> Sequence[bytes]:
        """All approvals and rejections of an artifact, oldest first."""
        ...
