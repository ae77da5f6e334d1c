"""Reconciliation believes only evidence, and only its own broker's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.errors import InvalidValue
from jax.domain.order_status import OPEN, OrderStatus
from jax.ports.broker import Broker, OrderReport, WorkingOrder
from jax.ports.errors import Conflict, Unavailable
from tests.cancel_walk import unknown_and_working, working
from tests.desk import ACCOUNT, approved_signal, quote
from tests.failing_ports import FailingBroker, Fault, Fuse, PassingBroker
from tests.floor import open_floor


async def test_a_trader_that_was_replaced_says_nothing_of_the_orders_of_the_next() -> None:
    async with open_floor() as floor, open_floor() as elsewhere:
        replaced = floor.reconciler(elsewhere.desk.broker)
        async with floor.desk.unit_of_work.begin() as transaction:
            successor = replace(floor, epoch=await transaction.orders.raise_epoch(ACCOUNT))
        lost = FailingBroker(floor.desk.broker, Fuse(at=2, fault=Fault.LOST_AFTER))
        await successor.engine(broker=lost).execute("sg1", approved_by="olivia")
        for _ in range(3):
            floor.desk.clock.advance(timedelta(seconds=10))
            with pytest.raises(Conflict, match=f"taken over {ACCOUNT} .epoch {successor.epoch}.: stop this"):
                await replaced.run_once()
        order = await floor.order()
        assert order is not None
        assert (order.status, order.not_found_count) == (OrderStatus.UNKNOWN, 0)
        assert await successor.reconciler().run_once() == 1


async def test_an_answer_that_cannot_be_does_not_keep_the_other_orders_from_being_booked() -> None:
    async with open_floor() as floor:
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
        for symbol in ("AAPL", "MSFT"):
            await quote(floor.desk, "151", symbol=symbol)
        for signal_id in ("sg1", "sg2"):
            await floor.engine().execute(signal_id, approved_by="olivia")
        for symbol in ("AAPL", "MSFT"):
            await quote(floor.desk, "149", symbol=symbol)
        async with floor.desk.unit_of_work.begin() as transaction:
            wrong, right = await transaction.orders.in_status(ACCOUNT, OPEN)

        class WildBroker(FailingBroker):
            async def query(self, client_order_id: str) -> OrderReport:
                report = await super().query(client_order_id)
                if client_order_id != wrong.client_order_id:
                    return report
                return replace(report, fills=(replace(report.fills[0], quantity=Decimal(99_999)),))

        with pytest.raises(InvalidValue, match="99999 is more than the 133"):
            await floor.reconciler(WildBroker(floor.desk.broker, Fuse())).run_once()
        async with floor.desk.unit_of_work.begin() as transaction:
            assert (await transaction.orders.get(right.client_order_id)).status is OrderStatus.FILLED
            assert await transaction.orders.get(wrong.client_order_id) == wrong


class Listing(PassingBroker):
    """Counts what it is asked about; `is_silent` about its working orders."""

    is_silent = False

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker)
        self.queries: list[str] = []

    async def query(self, client_order_id: str) -> OrderReport:
        self.queries.append(client_order_id)
        return await super().query(client_order_id)

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        if self.is_silent:
            raise Unavailable("no list today")
        return await super().working_orders(account)


async def test_an_order_that_works_as_it_is_stored_is_not_asked_about_by_itself() -> None:
    async with open_floor() as floor:
        await working(floor)
        broker = Listing(floor.desk.broker)
        assert await floor.reconciler(broker).run_once() == 0
        assert broker.queries == []
        await quote(floor.desk, "149")
        assert await floor.reconciler(broker).run_once() == 1
        assert len(broker.queries) == 1


async def test_every_order_is_asked_about_when_the_broker_gives_no_list() -> None:
    async with open_floor() as floor:
        await working(floor)
        broker = Listing(floor.desk.broker)
        broker.is_silent = True
        assert await floor.reconciler(broker).run_once() == 0
        assert len(broker.queries) == 1


async def test_an_unresolved_order_is_asked_about_although_the_broker_lists_it() -> None:
    async with open_floor() as floor:
        await unknown_and_working(floor)
        broker = Listing(floor.desk.broker)
        assert await floor.reconciler(broker).run_once() == 1
        assert len(broker.queries) == 1
