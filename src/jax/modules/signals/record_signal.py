"""What strategies decided is recorded as signals, each once, or why it is none."""

from collections.abc import Sequence
from datetime import datetime

from jax.domain.audit import TRADER, AuditEvent
from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.signal import Signal, SignalStatus
from jax.modules.signals.build_signal import build_signal
from jax.modules.signals.hand_over import hand_over
from jax.modules.signals.strategy_runners import Decided
from jax.ports.errors import NotFound
from jax.ports.unit_of_work import Transaction

# What a decision comes to: a signal, or the sentence that says why not.
_Outcome = Signal | str


async def record_signals(
    transaction: Transaction, decided: Sequence[Decided], *, now: datetime
) -> tuple[Signal, ...]:
    """The signals that are new: one that is stored already is passed over.

    A strategy may decide a thousand times in one transaction, so each table is written once.
    """
    if not decided:
        return ()
    outcomes = await _outcomes(transaction, decided, now=now)
    made = [outcome for outcome in outcomes if isinstance(outcome, Signal)]
    new = await transaction.signals.add_all(made)
    signals: list[Signal] = []
    events: list[AuditEvent] = []
    for (artifact, bar, _), outcome in zip(decided, outcomes, strict=True):
        if isinstance(outcome, str):
            events.append(_event("signal.skipped", bar.symbol, now, _facts(artifact, bar, outcome)))
        elif outcome.signal_id in new:
            signals.append(outcome)
            events.extend(_events_of(outcome, artifact, bar, now=now))
    await transaction.audit.append_all(events)
    await transaction.events.publish_all("signal", subjects=[signal.signal_id for signal in signals])
    await hand_over(transaction, signals, now=now)
    return tuple(signals)


async def _outcomes(transaction: Transaction, decided: Sequence[Decided], *, now: datetime) -> list[_Outcome]:
    symbols = dict.fromkeys(bar.symbol for _, bar, _ in decided)
    instruments = {symbol: await _instrument(transaction, symbol) for symbol in symbols}
    return [_outcome(one, instruments[one[1].symbol], now=now) for one in decided]


async def _instrument(transaction: Transaction, symbol: str) -> Instrument | str:
    try:
        return await transaction.reference.instrument(symbol)
    except NotFound as error:
        return str(error)


def _outcome(decided: Decided, instrument: Instrument | str, *, now: datetime) -> _Outcome:
    artifact, bar, decision = decided
    if isinstance(instrument, str):
        return instrument
    try:
        signal = build_signal(decision, artifact=artifact, bar=bar, instrument=instrument, now=now)
    except InvalidValue as error:
        return str(error)
    # People have approved such signals when they approved the artifact's risk profile.
    is_approved = artifact.payload.risk.approves(signal.confidence)
    return signal.moved_to(SignalStatus.APPROVED, by=TRADER, at=now) if is_approved else signal


def _events_of(signal: Signal, artifact: LoadedArtifact, bar: Bar, *, now: datetime) -> list[AuditEvent]:
    made = _event("signal.generated", signal.signal_id, now, _facts(artifact, bar, signal.reason))
    if signal.status is SignalStatus.PENDING:
        return [made]
    facts = {
        "from": str(SignalStatus.PENDING),
        "confidence": str(signal.confidence),
        "auto_approve_confidence": str(artifact.payload.risk.auto_approve_confidence),
        "artifact_hash": artifact.payload_sha256,
    }
    return [made, _event("signal.approved", signal.signal_id, now, facts)]


def _event(kind: str, subject: str, now: datetime, facts: dict[str, str]) -> AuditEvent:
    return AuditEvent(kind, subject, TRADER, now, facts)


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
