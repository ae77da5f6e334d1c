"""What must hold before an artifact takes a step."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from jax.domain.approval_count import Authority, GateRefused, check_quorum, subject_name
from jax.domain.artifact import ARTIFACT_TRANSITIONS, ApprovalKind, Artifact, ArtifactState
from jax.domain.errors import IllegalTransition

__all__ = ["GateRefused", "check_step", "next_state"]

_TECHNICAL = frozenset({ApprovalKind.TECHNICAL})
_QUORUM_OF: Mapping[ArtifactState, frozenset[ApprovalKind]] = MappingProxyType(
    {
        ArtifactState.REVIEWED: _TECHNICAL,
        ArtifactState.APPROVED: frozenset(ApprovalKind),
        ArtifactState.ACTIVE: frozenset(ApprovalKind),
    }
)
_BY_APPROVALS: Mapping[ArtifactState, ArtifactState] = MappingProxyType(
    {
        ArtifactState.VALIDATED: ArtifactState.REVIEWED,
        ArtifactState.REVIEWED: ArtifactState.APPROVED,
    }
)


def check_step(
    artifact: Artifact, to_state: ArtifactState, envelopes: Sequence[bytes], authority: Authority
) -> None:
    """Raises IllegalTransition for a step the table lacks, GateRefused when the quorum for it does not hold.

    The evidence for VALIDATED is `domain.evidence`'s to check.
    """
    if to_state not in ARTIFACT_TRANSITIONS[artifact.state]:
        raise IllegalTransition(f"artifact {subject_name(artifact)}", artifact.state, to_state)
    if to_state in _QUORUM_OF:
        check_quorum(artifact, envelopes, authority, kinds=_QUORUM_OF[to_state])


def next_state(artifact: Artifact, envelopes: Sequence[bytes], authority: Authority) -> ArtifactState | None:
    """The state that the approvals given so far carry a VALIDATED or REVIEWED artifact to, if any."""
    following = _BY_APPROVALS.get(artifact.state)
    if following is None:
        return None
    try:
        check_step(artifact, following, envelopes, authority)
    except GateRefused:
        return None
    return following
