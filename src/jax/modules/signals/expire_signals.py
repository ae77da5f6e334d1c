"""Signals that nobody acted on in time are over."""

from jax.domain.artifact_payload import parse_payload
from jax.domain.audit import TRADER, AuditEvent
from jax.domain.bar import Timeframe
from jax.domain.signal import Signal, SignalStatus
from jax.domain.signal_age import is_too_old
from jax.ports.clock import Clock
from jax.ports.unit_of_work import Transaction, UnitOfWork

_WAITING = (SignalStatus.PENDING, SignalStatus.APPROVED)
_AT_ONCE = 1000


class ExpireSignals:
    """PENDING and APPROVED signals without an order expire at the age limit of their timeframe."""

    def __init__(self, *, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._timeframes: dict[str, Timeframe] = {}

    async def run_once(self) -> int:
        """How many have expired; as the ports raise."""
        async with self._unit_of_work.begin() as transaction:
            waiting = [
                signal
                for status in _WAITING
                for signal in await transaction.signals.list(status=status, limit=_AT_ONCE)
            ]
            overdue = [signal for signal in waiting if await self._is_over(transaction, signal)]
        return sum([await self._expire(signal) for signal in overdue])

    async def _is_over(self, transaction: Transaction, signal: Signal) -> bool:
        if signal.artifact_hash not in self._timeframes:
            artifact = await transaction.artifacts.get(signal.artifact_id)
            self._timeframes[signal.artifact_hash] = parse_payload(artifact.payload).timeframe
        return is_too_old(signal, self._timeframes[signal.artifact_hash], self._clock.now())

    async def _expire(self, overdue: Signal) -> int:
        signal_id, now = overdue.signal_id, self._clock.now()
        async with self._unit_of_work.begin() as transaction:
            # Locked from here on: an order of it is there already, or there will be none.
            signal = await transaction.signals.get(signal_id)
            if signal.status not in _WAITING:
                return 0
            if await transaction.orders.trade_of_signal(signal_id) is not None:
                return 0
            await transaction.signals.save(signal.moved_to(SignalStatus.EXPIRED, by=TRADER, at=now))
            facts = {"from": str(signal.status), "created_at": signal.created_at.isoformat()}
            await transaction.audit.append(AuditEvent("signal.expired", signal_id, TRADER, now, facts))
            return 1
