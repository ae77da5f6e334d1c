"""The walk through every fault of a cancel, from every place where an order can stand."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal

from jax.domain.order_status import OPEN, OrderStatus
from jax.ports.errors import PortError
from tests.desk import ACCOUNT, quote
from tests.failing_ports import Crash, FailingBroker, FailingUnitOfWork, Fault, Fuse
from tests.floor import Floor, OpenFloor

Situation = Callable[[Floor], Awaitable[None]]


async def working(floor: Floor) -> None:
    await quote(floor.desk, "151")
    await floor.engine().execute("sg1", approved_by="olivia")


async def filled_before_it_is_canceled(floor: Floor) -> None:
    await working(floor)
    await quote(floor.desk, "149")


async def unknown_and_working(floor: Floor) -> None:
    await quote(floor.desk, "151")
    await _lost(floor, Fault.LOST_AFTER)


async def unknown_and_not_there(floor: Floor) -> None:
    await quote(floor.desk, "151")
    await _lost(floor, Fault.LOST_BEFORE)


async def _lost(floor: Floor, fault: Fault) -> None:
    broker = FailingBroker(floor.desk.broker, Fuse(at=2, fault=fault))
    await floor.engine(broker=broker).execute("sg1", approved_by="olivia")


ENDS: dict[Situation, OrderStatus] = {
    working: OrderStatus.CANCELED,
    filled_before_it_is_canceled: OrderStatus.FILLED,
    unknown_and_working: OrderStatus.CANCELED,
    unknown_and_not_there: OrderStatus.ABSENT,
}


async def walk_through_every_cancel_fault(open_floor: OpenFloor, situation: Situation) -> None:
    """Every call of a cancel fails in every way; the next passes end it; both sides agree."""
    async with open_floor() as floor:
        await situation(floor)
        steps = (await _cancel_with_fault(floor, 0, Fault.CRASH_BEFORE)).log
    assert steps[:3] == ["commit", "commit", "cancel"], steps
    for at in range(1, len(steps) + 1):
        for fault in Fault:
            async with open_floor() as floor:
                await situation(floor)
                await _cancel_with_fault(floor, at, fault)
                await _settle(floor)
                await _check_agreement(
                    floor, ENDS[situation], where=f"{situation.__name__}: {steps[at - 1]} ({at}): {fault}"
                )


async def _cancel_with_fault(floor: Floor, at: int, fault: Fault) -> Fuse:
    fuse = Fuse(at=at, fault=fault)
    canceling = floor.canceling(
        unit_of_work=FailingUnitOfWork(floor.desk.unit_of_work, fuse),
        broker=FailingBroker(floor.desk.broker, fuse),
    )
    with contextlib.suppress(Crash, PortError):
        await canceling.run_once()
    return fuse


async def _settle(floor: Floor) -> None:
    for _ in range(4):
        floor.desk.clock.advance(timedelta(seconds=5))
        await floor.canceling().run_once()
        await floor.reconciler().run_once()
    # The market reaches the limit now: what was canceled must not fill any more.
    await quote(floor.desk, "149")
    await floor.reconciler().run_once()


async def _check_agreement(floor: Floor, end: OrderStatus, *, where: str) -> None:
    order = await floor.order()
    assert order is not None, where
    async with floor.desk.unit_of_work.begin() as transaction:
        assert not await transaction.orders.in_status(ACCOUNT, OPEN), where
        wishes = await transaction.audit.entries(kind="order.cancel_requested")
        booked = sum(fill.quantity for fill in await transaction.orders.fills(ACCOUNT))
    assert order.status is end, where
    assert [wish.event.subject for wish in wishes] == [order.client_order_id], where
    held = await floor.desk.broker.positions(ACCOUNT)
    assert held == ({"AAPL": Decimal(133)} if end is OrderStatus.FILLED else {}), where
    assert booked == held.get("AAPL", 0), where
