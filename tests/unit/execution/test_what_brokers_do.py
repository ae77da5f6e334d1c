"""Brokers that are slow, busy, early or late: an order is what they show in the end, and sent once."""

import asyncio
import contextlib
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.modules.execution.execute_signal import Executed
from jax.ports.broker import Broker, OrderReport
from jax.ports.errors import NotFound, OutcomeUnknown
from tests.desk import ACCOUNT
from tests.failing_ports import Crash, FailingBroker, FailingUnitOfWork, Fault, Fuse, PassingBroker
from tests.floor import Floor, check_agreement, open_floor

_S = OrderStatus


class BusyBroker(PassingBroker):
    """Takes an order and says that it has too much to do; shows it when it is told to."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker)
        self.placed = 0
        self.shows = False

    async def place(self, order: Order) -> OrderReport:
        self.placed += 1
        await super().place(order)
        raise OutcomeUnknown("429: too many requests")

    async def query(self, client_order_id: str) -> OrderReport:
        if not self.shows:
            raise NotFound(f"{client_order_id} is not there")
        return await super().query(client_order_id)


async def _status(floor: Floor) -> OrderStatus:
    order = await floor.order()
    assert order is not None
    return order.status


async def test_too_many_requests_is_no_refusal_and_the_order_is_found_when_it_is_shown() -> None:
    async with open_floor() as floor:
        busy = BusyBroker(floor.desk.broker)
        await floor.engine(broker=busy).execute("sg1", approved_by="olivia")
        assert await _status(floor) is _S.UNKNOWN
        again = await floor.engine(broker=busy).execute("sg1", approved_by="olivia")
        busy.shows = True
        await floor.reconciler(busy).run_once()
        assert isinstance(again, Executed)
        assert busy.placed == 1
        await check_agreement(floor, where="429, then shown")
        assert await _status(floor) is _S.FILLED


async def test_an_order_that_is_invisible_for_seconds_is_neither_absent_nor_sent_again() -> None:
    async with open_floor() as floor:
        hidden = BusyBroker(floor.desk.broker)
        await floor.engine(broker=hidden).execute("sg1", approved_by="olivia")
        for _ in range(7):
            # Before the deadline has passed for two seconds, an answer that it is not there says nothing.
            floor.desk.clock.advance(timedelta(seconds=1))
            await floor.reconciler(hidden).run_once()
            assert await _status(floor) is _S.UNKNOWN
        hidden.shows = True
        await floor.reconciler(hidden).run_once()
        assert (await _status(floor), hidden.placed) == (_S.FILLED, 1)


class EarlyFill(PassingBroker):
    """Shows an order and its fill before it has acknowledged it."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker)
        self.arrived, self.may_answer = asyncio.Event(), asyncio.Event()

    async def place(self, order: Order) -> OrderReport:
        report = await super().place(order)
        self.arrived.set()
        await self.may_answer.wait()
        return report


async def test_a_fill_that_is_heard_before_the_acknowledgement_is_booked_once() -> None:
    async with open_floor() as floor:
        early = EarlyFill(floor.desk.broker)
        executing = asyncio.create_task(floor.engine(broker=early).execute("sg1", approved_by="olivia"))
        await early.arrived.wait()
        assert await _status(floor) is _S.PENDING_NEW
        await floor.reconciler().run_once()
        assert await _status(floor) is _S.FILLED
        early.may_answer.set()
        outcome = await executing
        assert isinstance(outcome, Executed)
        assert (outcome.order.status, outcome.order.filled_quantity) == (_S.FILLED, Decimal(133))
        async with floor.desk.unit_of_work.begin() as transaction:
            assert len(await transaction.orders.fills(ACCOUNT)) == 1


@pytest.mark.parametrize(
    ("fault", "at", "end"),
    [(Fault.CRASH_AFTER, "commit", _S.ABSENT), (Fault.CRASH_AFTER, "place", _S.FILLED)],
)
async def test_a_stale_pending_order_of_a_trader_that_died_is_resolved_by_the_next(
    fault: Fault, at: str, end: OrderStatus
) -> None:
    async with open_floor() as floor:
        fuse = Fuse(at={"commit": 3, "place": 5}[at], fault=fault)
        engine = floor.engine(
            unit_of_work=FailingUnitOfWork(floor.desk.unit_of_work, fuse),
            broker=FailingBroker(floor.desk.broker, fuse),
        )
        with contextlib.suppress(Crash):
            await engine.execute("sg1", approved_by="olivia")
        assert fuse.log[-1] == at
        assert await _status(floor) is _S.PENDING_NEW
        await floor.settle()
        assert await _status(floor) is end
