"""What there is to say of one artifact, for the people who decide on it."""

from dataclasses import dataclass

from jax.domain.approval_count import ApprovalCount
from jax.domain.artifact import Artifact
from jax.domain.artifact_payload import ArtifactPayload
from jax.domain.bundle import Bundle
from jax.domain.evidence import Evidence
from jax.domain.gate_policy import GatePolicy


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """One version of a strategy, whose payload hashes to what the artifact says.

    `bundle` is its code, with the hash that the payload names; None when there is none, and `bundle_problem`
    says why.
    """

    artifact: Artifact
    payload: ArtifactPayload
    bundle: Bundle | None
    bundle_problem: str | None = None


@dataclass(frozen=True, slots=True)
class ArtifactView:
    """An artifact as `policy`, the one in force, judges it.

    `evidence` is what counts of it, None with the reason in `evidence_problem`; `missing` says what the
    quorum lacks, None when it is there. `released` is the version that the newest verified snapshot names
    for the strategy, None with the reason in `release_problem`.
    """

    version: ShownVersion
    policy: GatePolicy
    evidence: Evidence | None
    evidence_problem: str | None
    approvals: ApprovalCount
    missing: str | None
    released: ShownVersion | None
    release_problem: str | None
