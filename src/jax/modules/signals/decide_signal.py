"""A person approves or rejects a signal."""

from jax.domain.audit import AuditEvent
from jax.domain.signal import Signal, SignalStatus
from jax.ports.clock import Clock
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import UnitOfWork


class DecideSignal:
    """Moves a PENDING signal on, with the name of who decided."""

    def __init__(self, *, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def decide(self, signal_id: str, status: SignalStatus, *, by: str) -> Signal:
        """The signal after the decision; a repeat of the same decision changes nothing.

        NotFound; IllegalTransition when the signal has moved on differently; Conflict when it has an order
        already, whatever became of that.
        """
        async with self._unit_of_work.begin() as transaction:
            signal = await transaction.signals.get(signal_id)
            if signal.status is status:
                return signal
            # The order is recorded under the signal's lock: it is there now, or the signal stays without one.
            traded = await transaction.orders.trade_of_signal(signal_id)
            if traded is not None:
                raise Conflict(f"Signal {signal_id} has order {traded[1].client_order_id} already.")
            now = self._clock.now()
            moved = signal.moved_to(status, by=by, at=now)
            await transaction.signals.save(moved)
            kind = f"signal.{status.lower()}"
            await transaction.audit.append(AuditEvent(kind, signal_id, by, now, {"from": signal.status}))
            await transaction.events.publish("signal", subject=signal_id)
            return moved
