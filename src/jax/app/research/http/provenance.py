"""Where a trade comes from."""

from pydantic import BaseModel, Field

from jax.app.research.http.fields import (
    Count,
    Figure,
    Flag,
    Hash,
    Identifier,
    Mark,
    Moment,
    Person,
    StrategyName,
    Symbol,
    Text,
    Version,
)
from jax.domain.side import Side
from jax.ports.trade_provenance import StandingApproval, TradeProvenance

_NO_POLICY = "none"


class StandingApprovalBody(BaseModel):
    """An approval that had not expired when the trade was made."""

    approver: Person
    kind: str = Field(examples=["RISK"])
    issued_at: Moment
    expires_at: Moment
    reason: Text
    approval_sha256: Hash

    @classmethod
    def of(cls, approval: StandingApproval) -> "StandingApprovalBody":
        return cls(**{field: getattr(approval, field) for field in cls.model_fields})


class ProvenanceAnswer(BaseModel):
    """A trade, its signal, its artifact, who had allowed that, and the snapshot of that time.

    What belongs to the policy is null for a trade from before the signed gate.
    """

    policy: Mark
    trade_id: Identifier
    submitted_at: Moment
    symbol: Symbol
    side: Side
    quantity: Figure
    account: str = Field(examples=["paper"])
    client_order_id: Identifier
    signal_id: Identifier
    signal_approved_by: str = Field(examples=["olivia"])
    artifact_id: Identifier
    strategy: StrategyName
    version: Version
    author: str = Field(examples=["ada"])
    payload_sha256: Hash
    bundle_sha256: Hash | None
    policy_version: Count | None
    policy_sha256: Hash | None
    approvals: list[StandingApprovalBody]
    snapshot_seq: Count | None
    snapshot_sha256: Hash | None
    snapshot_signer: Person | None
    is_named: Flag = Field(description="Whether that snapshot names the artifact's hash.")

    @classmethod
    def of(cls, found: TradeProvenance) -> "ProvenanceAnswer":
        told = {
            field: getattr(found, field) for field in cls.model_fields if field not in {"policy", "approvals"}
        }
        return cls(
            **told,
            policy="solo" if found.is_solo else (found.policy or _NO_POLICY),
            approvals=[StandingApprovalBody.of(approval) for approval in found.approvals],
        )
