"""Artifacts, the steps of their lives, and who approved them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from jax.domain.artifact import Approval, Artifact, ArtifactEvent, ArtifactState


class ArtifactStore(Protocol):
    """Append-only: a payload never changes, a step is never undone, an approval is never withdrawn.

    The store enforces by itself: only steps of ARTIFACT_TRANSITIONS, one ACTIVE version per name, no
    approval by the author, approvals and events of the stored hash only.
    """

    async def add(self, artifact: Artifact, *, reason: str) -> None:
        """Stores a new artifact in DRAFT, with the first event of its history.

        Conflict when its id, its hash, or its name with this version is there already.
        """
        ...

    async def get(self, artifact_id: str) -> Artifact:
        """The artifact in its current state; NotFound."""
        ...

    async def list(self, *, name: str | None = None) -> Sequence[Artifact]:
        """All artifacts (of a strategy name), oldest first."""
        ...

    async def take_step(
        self, artifact: Artifact, to_state: ArtifactState, *, actor: str, reason: str, at: datetime
    ) -> Artifact:
        """Appends the step from `artifact.state`, and returns the artifact after it.

        Conflict when another step came first, when the table lacks the step, or when another version of
        the name is ACTIVE already.
        """
        ...

    async def add_approval(self, approval: Approval) -> None:
        """Records an approval; Conflict when this person gave this kind before, is the author, or approves
        another hash than the stored one.
        """
        ...

    async def approvals(self, artifact_id: str) -> Sequence[Approval]:
        """All approvals of an artifact, oldest first."""
        ...

    async def history(self, artifact_id: str) -> Sequence[ArtifactEvent]:
        """All steps of an artifact, oldest first."""
        ...

    async def loadable(self) -> Sequence[Artifact]:
        """The artifacts in LOADABLE_STATES, oldest first."""
        ...
