"""What a person decides about a signal, and when it is too late."""

import pytest

from jax.domain.signal import SignalStatus
from jax.modules.signals.decide_signal import DecideSignal
from jax.ports.errors import Conflict
from tests.failing_ports import FailingBroker, Fault, Fuse
from tests.floor import open_floor


async def test_a_signal_whose_order_may_be_at_the_broker_can_no_longer_be_rejected() -> None:
    async with open_floor() as floor:
        lost = FailingBroker(floor.desk.broker, Fuse(at=2, fault=Fault.LOST_AFTER))
        await floor.engine(broker=lost).execute("sg1", approved_by="olivia")
        order = await floor.order()
        assert order is not None
        decide = DecideSignal(unit_of_work=floor.desk.unit_of_work, clock=floor.desk.clock)
        with pytest.raises(Conflict, match=f"sg1 has order {order.client_order_id} already"):
            await decide.decide("sg1", SignalStatus.REJECTED, by="olivia")
        again = await decide.decide("sg1", SignalStatus.APPROVED, by="paul")
        assert (again.status, again.decided_by) == (SignalStatus.APPROVED, "olivia")
        assert await floor.reconciler().run_once() == 1
        assert await floor.signal_status() is SignalStatus.EXECUTED


async def test_an_approved_signal_without_an_order_can_be_rejected() -> None:
    async with open_floor() as floor:
        decide = DecideSignal(unit_of_work=floor.desk.unit_of_work, clock=floor.desk.clock)
        rejected = await decide.decide("sg1", SignalStatus.REJECTED, by="paul")
        assert (rejected.status, rejected.decided_by) == (SignalStatus.REJECTED, "paul")
        async with floor.desk.unit_of_work.begin() as transaction:
            (entry,) = await transaction.audit.entries(kind="signal.rejected", subject="sg1")
    assert (entry.event.actor, entry.event.data) == ("paul", {"from": "APPROVED"})
