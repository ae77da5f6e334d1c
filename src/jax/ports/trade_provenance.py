"""By what a trade was allowed."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from jax.domain.side import Side


@dataclass(frozen=True, slots=True)
class StandingApproval:
    """An approval that had not expired when the trade was made, under the trade's policy."""

    approver: str
    kind: str
    issued_at: datetime
    expires_at: datetime
    reason: str
    approval_sha256: str


@dataclass(frozen=True, slots=True)
class TradeProvenance:
    """A trade, its signal, the artifact whose strategy made it, and who had allowed that.

    `policy_sha256` and what belongs to it is None for a trade from before the signed gate. `snapshot_seq`
    is the newest snapshot at the time of the trade, None before the first; `is_named` says whether it names
    the artifact's hash.
    """

    trade_id: str
    submitted_at: datetime
    symbol: str
    side: Side
    quantity: Decimal
    account: str
    client_order_id: str
    signal_id: str
    signal_approved_by: str
    artifact_id: str
    strategy: str
    version: str
    author: str
    payload_sha256: str
    bundle_sha256: str | None
    policy: str | None
    policy_version: int | None
    policy_sha256: str | None
    is_solo: bool
    approvals: tuple[StandingApproval, ...]
    snapshot_seq: int | None
    snapshot_sha256: str | None
    snapshot_signer: str | None
    is_named: bool


class TradeProvenanceReader(Protocol):
    """What the database records: whoever wants more than its word verifies the signatures."""

    async def of_trade(self, trade_id: str) -> TradeProvenance:
        """The trade's; NotFound, Unavailable."""
        ...
