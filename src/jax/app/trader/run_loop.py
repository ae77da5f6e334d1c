"""Executes what is approved, by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from jax.app.trader.executions import Executions
from jax.app.trader.sending_gate import SendingGate
from jax.domain.audit import TRADER, AuditEvent
from jax.domain.risk_decision import Denied
from jax.domain.signal import Signal, SignalStatus
from jax.modules.signals.expire_signals import ExpireSignals
from jax.ports.clock import Clock
from jax.ports.errors import PortError
from jax.ports.unit_of_work import UnitOfWork

_AT_ONCE = 1000
_FIRST_WAIT_SECONDS = 5.0
_LONGEST_WAIT_SECONDS = 300.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A signal that came to nothing: when it is tried again, and how long it will wait after that."""

    until_ns: int
    next_seconds: float


class RunLoop:
    """Each turn: what is too old expires, then every APPROVED signal is executed with its artifact.

    A signal whose artifact this trader does not run is skipped, which is recorded once. One that was denied
    is tried again after 5 s, then after twice as long each time, up to 5 minutes, until it expires.
    """

    def __init__(
        self,
        *,
        unit_of_work: UnitOfWork,
        clock: Clock,
        gate: SendingGate,
        executions: Executions,
        loaded: Callable[[], Mapping[str, str]],
    ) -> None:
        """`loaded` has the ids of the running artifacts by their payloads' hashes."""
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._gate = gate
        self._executions = executions
        self._loaded = loaded
        self._expire = ExpireSignals(unit_of_work=unit_of_work, clock=clock)
        self._waiting: dict[str, _Waiting] = {}
        self._skipped: set[str] = set()

    async def run_once(self) -> None:
        """One turn; as the ports raise."""
        await self._expire.run_once()
        if self._gate.refusal() is not None:
            return
        approved = await self._approved()
        ids = {signal.signal_id for signal in approved}
        self._waiting = {key: wait for key, wait in self._waiting.items() if key in ids}
        for signal in approved:
            await self._run(signal)

    async def _approved(self) -> Sequence[Signal]:
        """Oldest first."""
        async with self._unit_of_work.begin() as transaction:
            newest = await transaction.signals.list(status=SignalStatus.APPROVED, limit=_AT_ONCE)
        return list(reversed(newest))

    async def _run(self, signal: Signal) -> None:
        if self._loaded().get(signal.artifact_hash) != signal.artifact_id:
            await self._skip(signal)
            return
        waiting = self._waiting.get(signal.signal_id)
        if waiting is not None and self._clock.monotonic_ns() < waiting.until_ns:
            return
        try:
            outcome = await self._executions.run(signal.signal_id, approved_by=signal.decided_by or TRADER)
        except PortError as error:
            self._wait(signal, str(error))
            return
        if isinstance(outcome, Denied):
            self._wait(signal, outcome.reason_code)
            return
        self._waiting.pop(signal.signal_id, None)
        if not outcome.repeated:
            _log.info("execution.done", **_traced(signal), trade_id=outcome.trade.trade_id)

    async def _skip(self, signal: Signal) -> None:
        if signal.signal_id in self._skipped:
            return
        reason = f"this trader does not run {signal.strategy} {signal.artifact_hash}"
        async with self._unit_of_work.begin() as transaction:
            told = await transaction.audit.entries(kind="signal.not_run", subject=signal.signal_id, limit=1)
            if not told:
                facts = {"strategy": signal.strategy, "artifact_hash": signal.artifact_hash, "reason": reason}
                await transaction.audit.append(
                    AuditEvent("signal.not_run", signal.signal_id, TRADER, self._clock.now(), facts)
                )
        self._skipped.add(signal.signal_id)
        _log.warning("signal.not_run", **_traced(signal), reason=reason)

    def _wait(self, signal: Signal, reason: str) -> None:
        before = self._waiting.get(signal.signal_id)
        seconds = _FIRST_WAIT_SECONDS if before is None else before.next_seconds
        until_ns = self._clock.monotonic_ns() + int(seconds * 1e9)
        self._waiting[signal.signal_id] = _Waiting(until_ns, min(2 * seconds, _LONGEST_WAIT_SECONDS))
        _log.warning("signal.waits", **_traced(signal), reason=reason, seconds=seconds)


def _traced(signal: Signal) -> dict[str, str]:
    return {"signal_id": signal.signal_id, "artifact_hash": signal.artifact_hash}
