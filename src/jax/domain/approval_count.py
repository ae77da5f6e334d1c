"""Which signed approvals of an artifact count, and why the others do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jax.domain.approval import Approval, Decision, approval_of
from jax.domain.artifact import ApprovalKind, Artifact
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateRole
from jax.domain.gate_policy import GatePolicy
from jax.domain.signed import SignatureRefused, Trust, check_issued, check_signer, subject_of


class GateRefused(Exception):
    """The promotion gate says no; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Authority:
    """By what an artifact is judged: trusted keys, one policy, one moment."""

    trust: Trust
    policy: GatePolicy
    at: datetime


@dataclass(frozen=True, slots=True)
class SetAside:
    """An approval that does not count; `kind` and `approver` are None when it cannot even be read."""

    kind: ApprovalKind | None
    approver: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovalCount:
    """What `count_approvals` found, in the order given."""

    counted: tuple[Approval, ...]
    rejections: tuple[Approval, ...]
    set_aside: tuple[SetAside, ...]


def count_approvals(artifact: Artifact, envelopes: Sequence[bytes], authority: Authority) -> ApprovalCount:
    """Opens every envelope; one that fails any check is set aside, and never stops the others."""
    counted: list[Approval] = []
    rejections: list[Approval] = []
    set_aside: list[SetAside] = []
    for envelope in envelopes:
        approval: Approval | None = None
        try:
            approval = open_approval(artifact, envelope, authority.trust)
            check_approval(artifact, approval, authority)
        except SignatureRefused as error:
            kind = None if approval is None else approval.kind
            approver = None if approval is None else approval.approver
            set_aside.append(SetAside(kind, approver, str(error)))
            continue
        (counted if approval.decision is Decision.APPROVE else rejections).append(approval)
    return ApprovalCount(tuple(counted), tuple(rejections), tuple(set_aside))


def open_approval(artifact: Artifact, envelope: bytes, trust: Trust) -> Approval:
    """The approval, if it is of these bytes and signed by the person it names; SignatureRefused."""
    signed = trust.open(envelope)
    try:
        approval = approval_of(signed.statement)
    except InvalidValue as error:
        raise SignatureRefused(f"it is no approval: {error}") from error
    subject_of(signed, name=subject_name(artifact), sha256=artifact.payload_sha256)
    check_signer(signed, person=approval.approver, role=GateRole(approval.kind))
    return approval


def check_approval(artifact: Artifact, approval: Approval, authority: Authority) -> None:
    """SignatureRefused when the approval is the author's, of another policy, or not of this moment."""
    policy = authority.policy
    if approval.approver == artifact.author and not policy.solo:
        raise SignatureRefused(f"{approval.approver} wrote {subject_name(artifact)} and cannot approve it")
    if approval.policy_sha256 != policy.sha256:
        raise SignatureRefused(
            f"{approval.approver}'s is for another policy than {policy.name} {policy.version}"
        )
    check_issued(approval.issued_at, at=authority.at)
    if not (approval.expires_at - approval.issued_at <= timedelta(days=policy.approval_days)):
        raise SignatureRefused(
            f"{approval.approver}'s lives longer than the {policy.approval_days} days of the policy"
        )
    if not (authority.at < approval.expires_at):
        raise SignatureRefused(f"{approval.approver}'s expired {approval.expires_at:%Y-%m-%d}")


def check_quorum(
    artifact: Artifact,
    envelopes: Sequence[bytes],
    authority: Authority,
    *,
    kinds: frozenset[ApprovalKind] = frozenset(ApprovalKind),
) -> tuple[Approval, ...]:
    """The approvals that count, if they make the policy's quorum of `kinds`.

    GateRefused says what is missing. One person counts once, whatever the hats or keys. A rejection that
    stands refuses everything.
    """
    count = count_approvals(artifact, envelopes, authority)
    for rejection in count.rejections:
        raise GateRefused(
            f"{subject_name(artifact)} was rejected by {rejection.approver} as {rejection.kind} "
            f"({rejection.reason}): submit a new version"
        )
    wanted = [kind for kind in sorted(kinds) for _ in range(authority.policy.quorum[kind])]
    missing = _unfilled(wanted, count.counted)
    if missing:
        needed = ", ".join(
            f"{missing.count(kind)} {kind} approval{'s' if missing.count(kind) > 1 else ''}"
            for kind in ApprovalKind
            if kind in missing
        )
        raise GateRefused(f"{subject_name(artifact)} needs {needed}{_why(count, kinds)}")
    return count.counted


def subject_name(artifact: Artifact) -> str:
    """What statements about an artifact call it."""
    return f"{artifact.name} {artifact.version}"


def _unfilled(wanted: Sequence[ApprovalKind], approvals: Sequence[Approval]) -> list[ApprovalKind]:
    """The seats left when each person takes at most one seat of a kind they signed for, as well as can be.

    An augmenting path frees a seat for whom no other is left (Kuhn's algorithm for bipartite matching).
    """
    hats: dict[str, set[ApprovalKind]] = {}
    for approval in approvals:
        hats.setdefault(approval.approver, set()).add(approval.kind)
    seated: dict[int, str] = {}

    def seat(person: str, tried: set[int]) -> bool:
        for index, kind in enumerate(wanted):
            if kind not in hats[person] or index in tried:
                continue
            tried.add(index)
            if index not in seated or seat(seated[index], tried):
                seated[index] = person
                return True
        return False

    for person in sorted(hats):
        seat(person, set())
    return [kind for index, kind in enumerate(wanted) if index not in seated]


def _why(count: ApprovalCount, kinds: frozenset[ApprovalKind]) -> str:
    # Sorted: documents of one second come in no particular order.
    given = sorted(f"{a.approver}'s counts as {a.kind}" for a in count.counted if a.kind in kinds)
    aside = sorted(item.reason for item in count.set_aside)
    return "; " + "; ".join([*aside, *given]) if aside or given else "; nobody has signed one"
