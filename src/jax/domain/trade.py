"""The recorded execution of one signal."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jax.domain import checks
from jax.domain.side import Side


@dataclass(frozen=True, slots=True)
class Trade:
    """What was decided about one signal, and by which bytes.

    It is written with its entry order, before anything is sent; what became of the order (status, filled
    quantity, average price) is the order's to say. `risk_amount` and `position_value` are in currency,
    `risk_fraction` is of net liquidation at decision time. `policy_sha256` is of the policy that the artifact
    was approved under; None in trades from before there were policies.
    """

    trade_id: str
    signal_id: str
    client_order_id: str
    artifact_id: str
    artifact_hash: str
    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    entry_price: Decimal
    stop_loss: Decimal
    take_profit: Decimal | None
    risk_amount: Decimal
    risk_fraction: Decimal
    position_value: Decimal
    approved_by: str
    submitted_at: datetime
    policy_sha256: str | None

    def __post_init__(self) -> None:
        for field in ("trade_id", "signal_id", "client_order_id", "artifact_id"):
            checks.text(field, getattr(self, field), longest=64)
        checks.sha256("artifact_hash", self.artifact_hash)
        checks.name("strategy", self.strategy)
        checks.symbol("symbol", self.symbol)
        for field in ("quantity", "entry_price", "stop_loss", "risk_amount", "position_value"):
            checks.positive(field, getattr(self, field))
        if self.take_profit is not None:
            checks.positive("take_profit", self.take_profit)
        checks.not_negative("risk_fraction", self.risk_fraction)
        checks.text("approved_by", self.approved_by)
        checks.utc("submitted_at", self.submitted_at)
        if self.policy_sha256 is not None:
            checks.sha256("policy_sha256", self.policy_sha256)
