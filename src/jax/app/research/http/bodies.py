"""Artifacts, decisions and snapshots as the wire has them."""

from pydantic import BaseModel, Field

from jax.app.research.http.fields import (
    Count,
    Figure,
    Figures,
    Hash,
    Identifier,
    Moment,
    Names,
    Person,
    StrategyName,
    Text,
    Version,
)
from jax.domain.approval import Approval, Decision
from jax.domain.approval_count import SetAside
from jax.domain.artifact import ApprovalKind, Artifact, ArtifactEvent, ArtifactState
from jax.domain.evidence import Evidence
from jax.domain.overfitting_figures import OverfittingFigures
from jax.domain.snapshot import Snapshot


class ArtifactBody(BaseModel):
    """One version of a strategy, without its payload."""

    artifact_id: Identifier
    name: StrategyName
    version: Version
    author: Person
    state: ArtifactState
    payload_sha256: Hash
    created_at: Moment

    @classmethod
    def of(cls, artifact: Artifact) -> "ArtifactBody":
        return cls(**{field: getattr(artifact, field) for field in cls.model_fields})


class OverfittingBody(BaseModel):
    """What the validator found out about overfitting; null where a figure is not defined.

    `trials` is how many variants the author says were tried, `studied` how many the validator ran;
    `deflated_sharpe` and `pbo` are probabilities, `walk_forward_sharpe` is annualised.
    """

    trials: Count
    studied: Count
    deflated_sharpe: Figure | None
    pbo: Figure | None
    walk_forward_sharpe: Figure | None

    @classmethod
    def of(cls, found: OverfittingFigures) -> "OverfittingBody":
        return cls(**{field: getattr(found, field) for field in cls.model_fields})


class EvidenceBody(BaseModel):
    """The validator's own run."""

    validator: Person
    issued_at: Moment
    engine_version: str = Field(examples=["jax-bars-3"])
    python: str = Field(examples=["3.12.1"])
    orders_sha256: Hash
    manifest_sha256: Hash
    metrics: Figures
    overfitting: OverfittingBody
    golden_suite_sha256: Hash
    golden_passed: Names
    golden_failed: Names

    @classmethod
    def of(cls, evidence: Evidence) -> "EvidenceBody":
        rerun = evidence.rerun
        same = ("engine_version", "python", "orders_sha256", "manifest_sha256", "golden_suite_sha256")
        return cls(
            validator=evidence.validator,
            issued_at=evidence.issued_at,
            **{field: getattr(rerun, field) for field in same},
            metrics=dict(rerun.metrics),
            overfitting=OverfittingBody.of(rerun.overfitting),
            golden_passed=list(rerun.golden_passed),
            golden_failed=list(rerun.golden_failed),
        )


class ApprovalBody(BaseModel):
    """A decision as it is signed."""

    subject: str = Field(examples=["ma_crossover_v1 1.0.0"])
    payload_sha256: Hash
    kind: ApprovalKind
    decision: Decision
    approver: Person
    policy_sha256: Hash
    displayed_sha256: Hash
    reason: Text
    issued_at: Moment
    expires_at: Moment

    @classmethod
    def of(cls, approval: Approval) -> "ApprovalBody":
        return cls(**{field: getattr(approval, field) for field in cls.model_fields})


class SetAsideBody(BaseModel):
    """A decision that does not count, and why; who gave it is null when it cannot even be read."""

    kind: ApprovalKind | None
    approver: Person | None
    reason: Text

    @classmethod
    def of(cls, item: SetAside) -> "SetAsideBody":
        return cls(kind=item.kind, approver=item.approver, reason=item.reason)


class EventBody(BaseModel):
    """One step of an artifact's life; the first comes from nowhere."""

    n: Count
    from_state: ArtifactState | None
    to_state: ArtifactState
    actor: str = Field(examples=["victor"])
    reason: Text
    at: Moment

    @classmethod
    def of(cls, event: ArtifactEvent) -> "EventBody":
        return cls(**{field: getattr(event, field) for field in cls.model_fields})


class LogHeadBody(BaseModel):
    """An entry of the hash chain."""

    n: Count
    entry_sha256: Hash


class SnapshotBody(BaseModel):
    """What may trade: for each strategy the one hash."""

    seq: Count
    active: dict[str, Hash] = Field(examples=[{"ma_crossover_v1": "sha256:" + "5e" * 32}])
    revoked: list[Hash]
    log_head: LogHeadBody
    policy_sha256: Hash
    signer: Person
    issued_at: Moment
    expires_at: Moment

    @classmethod
    def of(cls, snapshot: Snapshot) -> "SnapshotBody":
        return cls(
            seq=snapshot.seq,
            active=dict(snapshot.active),
            revoked=list(snapshot.revoked),
            log_head=LogHeadBody(n=snapshot.log_head.n, entry_sha256=snapshot.log_head.entry_sha256),
            policy_sha256=snapshot.policy_sha256,
            signer=snapshot.signer,
            issued_at=snapshot.issued_at,
            expires_at=snapshot.expires_at,
        )
