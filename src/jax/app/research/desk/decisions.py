"""People's signed decisions on what they were shown."""

from dataclasses import dataclass

from jax.app.research.desk.parts import DeskParts
from jax.domain.approval import Approval
from jax.domain.approval_count import GateRefused, subject_name
from jax.domain.artifact import Artifact
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.modules.artifacts.accept_approval import AcceptApproval, Opinion
from jax.modules.artifacts.artifact_view import ArtifactView
from jax.modules.artifacts.display_artifact import displayed
from jax.ports.errors import PortError


@dataclass(frozen=True, slots=True)
class DraftedApproval:
    """To be signed; `policy` is the mark of the policy that it is for."""

    approval: Approval
    policy: str


@dataclass(frozen=True, slots=True)
class AcceptedApproval:
    """The decision as stored, the artifact after it, and what the quorum lacks still (None: nothing)."""

    approval: Approval
    artifact: Artifact
    missing: str | None
    policy: str | None


class Decisions:
    """A decision is about exactly the text that `displayed_sha256` is the hash of."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._viewer = parts.viewer
        self._accepting = AcceptApproval(
            unit_of_work=parts.unit_of_work, clock=parts.clock, trust=parts.trust
        )

    async def draft(self, artifact_id: str, opinion: Opinion) -> DraftedApproval:
        """What is to be signed; GateRefused when what is displayed now is not what the person was shown."""
        view = await self._viewer.view(artifact_id)
        _check_shown(view, opinion.displayed_sha256)
        approval = await self._accepting.draft(artifact_id, opinion)
        _check_same(approval, view)
        return DraftedApproval(approval, view.policy.mark)

    async def accept(self, artifact_id: str, envelope: bytes) -> AcceptedApproval:
        """Verifies and stores it, and takes the steps that follow; raises as AcceptApproval does."""
        decided = await self._accepting.accept(artifact_id, envelope)
        # It is stored: whatever goes wrong now must not look as if it were not.
        missing = await self._missing(artifact_id)
        policy = await self._parts.policy_mark_if_told()
        return AcceptedApproval(decided.approval, decided.artifact, missing, policy)

    async def _missing(self, artifact_id: str) -> str | None:
        try:
            return (await self._viewer.view(artifact_id)).missing
        except (GateRefused, InvalidValue, PortError) as error:
            return f"what is missing cannot be told: {error}"


def _check_shown(view: ArtifactView, displayed_sha256: str) -> None:
    name = subject_name(view.version.artifact)
    if view.version.bundle is None:
        raise GateRefused(
            f"the code of {name} cannot be shown, so nobody decides: {view.version.bundle_problem}"
        )
    shown_sha256 = sha256_of(displayed(view).encode())
    if displayed_sha256 != shown_sha256:
        raise GateRefused(
            f"what is displayed of {name} has changed since you looked: it hashes to {shown_sha256}, not to "
            f"{displayed_sha256}; read it again"
        )


def _check_same(approval: Approval, view: ArtifactView) -> None:
    # Between the two answers of the database the policy may have changed.
    artifact = view.version.artifact
    drafted = (approval.subject, approval.payload_sha256, approval.policy_sha256)
    if drafted != (subject_name(artifact), artifact.payload_sha256, view.policy.sha256):
        raise GateRefused(
            f"{subject_name(artifact)} or the policy was changed while it was shown: look again"
        )
