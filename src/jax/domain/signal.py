"""What a strategy proposes on one bar, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from jax.domain import checks
from jax.domain.errors import IllegalTransition, InvalidValue
from jax.domain.side import Side


class SignalStatus(StrEnum):
    """PENDING waits for a person; APPROVED may be executed once; the rest is final."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    EXECUTED = "EXECUTED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


SIGNAL_TRANSITIONS: Mapping[SignalStatus, frozenset[SignalStatus]] = MappingProxyType(
    {
        SignalStatus.PENDING: frozenset({SignalStatus.APPROVED, SignalStatus.REJECTED, SignalStatus.EXPIRED}),
        SignalStatus.APPROVED: frozenset(
            {SignalStatus.EXECUTED, SignalStatus.REJECTED, SignalStatus.EXPIRED}
        ),
        SignalStatus.EXECUTED: frozenset(),
        SignalStatus.REJECTED: frozenset(),
        SignalStatus.EXPIRED: frozenset(),
    }
)


@dataclass(frozen=True, slots=True)
class Signal:
    """One proposal: `side` at `entry_price` with a stop on the loss side and an optional target.

    `confidence` lies in (0, 1]; `ts_event` is the end of the bar that caused it; `artifact_id` and
    `artifact_hash` name the exact bytes that decided.
    """

    signal_id: str
    artifact_id: str
    artifact_hash: str
    strategy: str
    symbol: str
    side: Side
    entry_price: Decimal
    stop_loss: Decimal
    take_profit: Decimal | None
    confidence: Decimal
    reason: str
    ts_event: datetime
    created_at: datetime
    status: SignalStatus = SignalStatus.PENDING
    decided_by: str | None = None
    decided_at: datetime | None = None

    def __post_init__(self) -> None:
        checks.text("signal_id", self.signal_id, longest=64)
        checks.text("artifact_id", self.artifact_id, longest=64)
        checks.sha256("artifact_hash", self.artifact_hash)
        checks.name("strategy", self.strategy)
        checks.symbol("symbol", self.symbol)
        checks.positive("entry_price", self.entry_price)
        checks.positive("stop_loss", self.stop_loss)
        checks.fraction("confidence", self.confidence)
        checks.text("reason", self.reason)
        checks.utc("ts_event", self.ts_event)
        checks.utc("created_at", self.created_at)
        self._check_sides()
        if self.decided_by is not None:
            checks.text("decided_by", self.decided_by)
        if self.decided_at is not None:
            checks.utc("decided_at", self.decided_at)

    def _check_sides(self) -> None:
        if not ((self.entry_price - self.stop_loss) * self.side.sign > 0):
            raise InvalidValue(
                "stop_loss", f"{self.stop_loss} is not on the loss side of {self.side} {self.entry_price}"
            )
        if self.take_profit is None:
            return
        checks.positive("take_profit", self.take_profit)
        if not ((self.take_profit - self.entry_price) * self.side.sign > 0):
            raise InvalidValue(
                "take_profit",
                f"{self.take_profit} is not on the profit side of {self.side} {self.entry_price}",
            )

    def moved_to(self, status: SignalStatus, *, by: str, at: datetime) -> "Signal":
        """The signal after a step of its life; raises IllegalTransition when the table lacks it."""
        if status not in SIGNAL_TRANSITIONS[self.status]:
            raise IllegalTransition(f"signal {self.signal_id}", self.status, status)
        return replace(self, status=status, decided_by=by, decided_at=at)
