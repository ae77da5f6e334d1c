"""Signals, in memory."""

from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import datetime

from jax.adapters.memory.limits import at_most
from jax.adapters.memory.session import Session
from jax.domain.signal import SIGNAL_TRANSITIONS, Signal, SignalStatus
from jax.domain.signal_filter import SignalFilter, SignalPage, SignalPlace
from jax.ports.errors import NotFound


class MemorySignalStore:
    """Signals within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, signal: Signal) -> bool:
        state = await self._session.write()
        if signal.signal_id in state.signals:
            return False
        artifact = state.artifacts.get(signal.artifact_id)
        if artifact is None or artifact.payload_sha256 != signal.artifact_hash:
            raise self._session.conflict(
                f"Signal {signal.signal_id} names artifact {signal.artifact_id}, which is not stored."
            )
        state.signals[signal.signal_id] = signal
        return True

    async def add_all(self, signals: Sequence[Signal]) -> Set[str]:
        return {signal.signal_id for signal in signals if await self.add(signal)}

    async def get(self, signal_id: str) -> Signal:
        await self._session.write()
        return await self.read(signal_id)

    async def read(self, signal_id: str) -> Signal:
        signal = self._session.read().signals.get(signal_id)
        if signal is None:
            raise NotFound(f"There is no signal {signal_id}.")
        return signal

    async def save(self, signal: Signal) -> None:
        stored = await self.get(signal.signal_id)
        if signal.status not in SIGNAL_TRANSITIONS[stored.status]:
            raise self._session.conflict(
                f"Signal {signal.signal_id} is {stored.status}: no step leads from there to {signal.status}."
            )
        (await self._session.write()).signals[signal.signal_id] = replace(
            stored, status=signal.status, decided_by=signal.decided_by, decided_at=signal.decided_at
        )

    async def close(self, signal_id: str, status: SignalStatus, *, by: str, at: datetime) -> None:
        if status not in SIGNAL_TRANSITIONS[SignalStatus.APPROVED]:
            raise self._session.conflict(f"No step leads a signal from APPROVED to {status}.")
        stored = await self.get(signal_id)
        if stored.status is SignalStatus.APPROVED:
            await self.save(replace(stored, status=status, decided_by=by, decided_at=at))

    async def list(self, *, status: SignalStatus | None = None, limit: int = 100) -> Sequence[Signal]:
        return (await self.page(SignalFilter(status=status), limit=limit)).signals

    async def page(
        self, wanted: SignalFilter, *, behind: SignalPlace | None = None, limit: int = 100
    ) -> SignalPage:
        at_most(limit)
        stored = self._session.read().signals.values()
        chosen = (
            signal
            for signal in stored
            if wanted.takes(signal) and (behind is None or behind.is_before(signal))
        )
        by_id = sorted(chosen, key=lambda signal: signal.signal_id)
        found = sorted(by_id, key=lambda signal: signal.ts_event, reverse=True)
        return SignalPage(tuple(found[:limit]), has_more=len(found) > limit)
