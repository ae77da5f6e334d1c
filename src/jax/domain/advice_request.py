"""What advice is asked for: a signal that is handed over, or a question of a person."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jax.domain import checks
from jax.domain.advice import LONGEST_TEXT, bounded
from jax.domain.derived_id import derived_id
from jax.domain.errors import InvalidValue
from jax.domain.side import Side
from jax.domain.signal import Signal

HAND_OVER_CONFIDENCE = Decimal("0.75")
OF_A_SIGNAL = "signal"
# Where whoever asks says so, as a hint.
ADVICE_TOPIC = "advice"
MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class SignalFacts:
    """What the signal said when it was handed over; what becomes of it is the trader's."""

    signal_id: str
    strategy: str
    artifact_hash: str
    symbol: str
    side: Side
    entry_price: Decimal
    stop_loss: Decimal
    take_profit: Decimal | None
    confidence: Decimal
    reason: str
    ts_event: datetime

    @classmethod
    def of(cls, signal: Signal) -> "SignalFacts":
        return cls(**{field: getattr(signal, field) for field in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class AdviceRequest:
    """One question, answered by the run with its id; `context` is whatever the asker wants to add."""

    run_id: str
    symbol: str
    trigger_type: str
    context: str
    signal: SignalFacts | None
    asked_at: datetime

    def __post_init__(self) -> None:
        checks.text("run_id", self.run_id, longest=64)
        checks.symbol("symbol", self.symbol)
        checks.text("trigger_type", self.trigger_type, longest=64)
        if self.context != bounded(self.context):
            raise InvalidValue(
                "context", f"must be at most {LONGEST_TEXT} characters that print, without outer spaces"
            )
        checks.utc("asked_at", self.asked_at)
        if self.signal is not None and self.signal.symbol != self.symbol:
            raise InvalidValue("symbol", f"the signal is about {self.signal.symbol}, not {self.symbol}")

    @property
    def signal_id(self) -> str | None:
        """The signal that it is about, if any."""
        return None if self.signal is None else self.signal.signal_id


def run_id_of_signal(signal_id: str) -> str:
    """The one run about a signal: whoever asks again finds the first."""
    return derived_id("ad", signal_id)


def handed_over(signal: Signal, *, at: datetime) -> AdviceRequest | None:
    """What is asked about a new signal; None when it is not confident enough to be asked about."""
    if not (signal.confidence >= HAND_OVER_CONFIDENCE):
        return None
    return AdviceRequest(
        run_id=run_id_of_signal(signal.signal_id),
        symbol=signal.symbol,
        trigger_type=OF_A_SIGNAL,
        context="",
        signal=SignalFacts.of(signal),
        asked_at=at,
    )
