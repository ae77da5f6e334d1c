"""What must hold before an artifact takes a step."""

import unicodedata
from collections.abc import Sequence

from jax.domain.artifact import ARTIFACT_TRANSITIONS, Approval, ApprovalKind, Artifact, ArtifactState
from jax.domain.errors import IllegalTransition

QUORUM: tuple[ApprovalKind, ...] = (ApprovalKind.TECHNICAL, ApprovalKind.RISK)
_NEEDS_QUORUM = frozenset({ArtifactState.APPROVED, ArtifactState.ACTIVE})


class GateRefused(Exception):
    """The promotion gate says no; the message says what is missing."""


def check_promotion(
    artifact: Artifact, to_state: ArtifactState, *, actor: str, approvals: Sequence[Approval]
) -> None:
    """Raises IllegalTransition for a step the table lacks, GateRefused when a condition does not hold."""
    if to_state not in ARTIFACT_TRANSITIONS[artifact.state]:
        raise IllegalTransition(f"artifact {artifact.name} {artifact.version}", artifact.state, to_state)
    if to_state is ArtifactState.VALIDATED and _same_person(actor, artifact.author):
        raise GateRefused(f"{actor} wrote {artifact.name} {artifact.version} and cannot validate it")
    if to_state in _NEEDS_QUORUM:
        check_quorum(artifact, approvals)


def check_approver(artifact: Artifact, approval: Approval) -> None:
    """An approval must be of these bytes and of another person than the author."""
    if approval.artifact_id != artifact.artifact_id or approval.payload_sha256 != artifact.payload_sha256:
        raise GateRefused(
            f"{approval.approver} approved {approval.payload_sha256}, "
            f"{artifact.name} {artifact.version} is {artifact.payload_sha256}"
        )
    if _same_person(approval.approver, artifact.author):
        raise GateRefused(
            f"{approval.approver} wrote {artifact.name} {artifact.version} and cannot approve it"
        )


def check_quorum(artifact: Artifact, approvals: Sequence[Approval]) -> None:
    """One approval of each kind in QUORUM, by different people; one person counts once, whatever the hats."""
    for approval in approvals:
        check_approver(artifact, approval)
    missing = _missing_kinds(approvals)
    if missing:
        raise GateRefused(
            f"{artifact.name} {artifact.version} needs {', '.join(f'1 {kind} approval' for kind in missing)}"
            + _who_counts(approvals)
        )


def _person(name: str) -> str:
    """Who is meant by `name`: another case or another spelling of the same letters is no other person."""
    return unicodedata.normalize("NFKC", name).casefold()


def _same_person(name: str, other: str, /) -> bool:
    return _person(name) == _person(other)


def _missing_kinds(approvals: Sequence[Approval]) -> list[ApprovalKind]:
    """The kinds left over when each person is given at most one of the kinds they signed for."""
    if len(QUORUM) != len(set(QUORUM)):
        raise GateRefused("the quorum names one kind twice")
    best: list[ApprovalKind] = list(QUORUM)
    people = sorted({_person(approval.approver) for approval in approvals})
    hats = {person: {a.kind for a in approvals if _person(a.approver) == person} for person in people}

    def assign(index: int, open_kinds: tuple[ApprovalKind, ...]) -> None:
        nonlocal best
        if len(open_kinds) < len(best):
            best = list(open_kinds)
        if index == len(people):
            return
        assign(index + 1, open_kinds)
        for kind in open_kinds:
            if kind in hats[people[index]]:
                assign(index + 1, tuple(k for k in open_kinds if k is not kind))

    assign(0, QUORUM)
    return best


def _who_counts(approvals: Sequence[Approval]) -> str:
    if not approvals:
        return "; nobody has approved it"
    given = ", ".join(f"{a.approver} as {a.kind}" for a in approvals)
    return f"; given: {given} (one person counts once)"
