"""What a strategy decided is recorded as a signal, once, or why it is none."""

from collections.abc import Sequence
from datetime import datetime

from jax.domain.audit import TRADER, AuditEvent
from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.signal import Signal, SignalStatus
from jax.modules.signals.build_signal import build_signal
from jax.modules.signals.hand_over import hand_over
from jax.modules.signals.strategy_runners import Decided
from jax.ports.errors import NotFound
from jax.ports.unit_of_work import Transaction


async def record_signals(
    transaction: Transaction, decided: Sequence[Decided], *, now: datetime
) -> tuple[Signal, ...]:
    """The signals that are new: one that is stored already is passed over."""
    found = [await _record(transaction, one, now=now) for one in decided]
    return tuple(signal for signal in found if signal is not None)


async def _record(transaction: Transaction, decided: Decided, *, now: datetime) -> Signal | None:
    artifact, bar, decision = decided
    try:
        instrument = await transaction.reference.instrument(bar.symbol)
        signal = build_signal(decision, artifact=artifact, bar=bar, instrument=instrument, now=now)
    except (InvalidValue, NotFound) as error:
        await _audit(transaction, "signal.skipped", bar.symbol, now, _facts(artifact, bar, str(error)))
        return None
    if not await transaction.signals.add(signal):
        return None
    facts = _facts(artifact, bar, signal.reason)
    await _audit(transaction, "signal.generated", signal.signal_id, now, facts)
    if artifact.payload.risk.approves(signal.confidence):
        signal = await _approved_with_its_artifact(transaction, signal, artifact, now=now)
    await transaction.events.publish("signal", subject=signal.signal_id)
    await hand_over(transaction, signal, now=now)
    return signal


async def _approved_with_its_artifact(
    transaction: Transaction, signal: Signal, artifact: LoadedArtifact, *, now: datetime
) -> Signal:
    """People have approved such signals when they approved the artifact's risk profile."""
    approved = signal.moved_to(SignalStatus.APPROVED, by=TRADER, at=now)
    await transaction.signals.save(approved)
    facts = {
        "from": str(signal.status),
        "confidence": str(signal.confidence),
        "auto_approve_confidence": str(artifact.payload.risk.auto_approve_confidence),
        "artifact_hash": artifact.payload_sha256,
    }
    await _audit(transaction, "signal.approved", signal.signal_id, now, facts)
    return approved


async def _audit(
    transaction: Transaction, kind: str, subject: str, now: datetime, facts: dict[str, str]
) -> None:
    await transaction.audit.append(AuditEvent(kind, subject, TRADER, now, facts))


def _facts(artifact: LoadedArtifact, bar: Bar, reason: str) -> dict[str, str]:
    return {
        "artifact_id": artifact.artifact_id,
        "artifact_hash": artifact.payload_sha256,
        "strategy": artifact.payload.name,
        "symbol": bar.symbol,
        "bar_end": bar.end.isoformat(),
        "close": str(bar.close),
        "reason": reason,
    }
