"""What the broker's journal tells of is asked about at once, once, and booked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.errors import InvalidValue
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.modules.execution.follow_events import FollowEvents
from jax.ports.broker import BrokerEvent, BrokerEventKind, OrderReport
from jax.ports.errors import Conflict, NotFound, Unavailable
from tests.cancel_walk import working
from tests.desk import ACCOUNT, NOW, approved_signal, quote
from tests.failing_ports import PassingBroker
from tests.floor import Floor, open_floor
from tests.unit.execution.test_protect_positions import account_of, filled


class Asked(PassingBroker):
    """Says what it was asked about; `told` are events that the venue did not tell."""

    told: tuple[BrokerEvent, ...] = ()
    is_away = False

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor.desk.broker)
        self.queries: list[str] = []

    async def query(self, client_order_id: str) -> OrderReport:
        self.queries.append(client_order_id)
        if self.is_away:
            raise Unavailable("away")
        return await super().query(client_order_id)

    async def events(self, *, after: int, limit: int = 1000) -> Sequence[BrokerEvent]:
        more = [event for event in self.told if event.seq > after]
        return [*await super().events(after=after, limit=limit), *more]


async def status(floor: Floor) -> OrderStatus:
    order = await floor.order()
    assert order is not None
    return order.status


async def test_a_fill_is_booked_when_it_is_told_of() -> None:
    async with open_floor() as floor:
        await working(floor)
        broker = Asked(floor)
        follow = FollowEvents(account_of(floor, broker))
        await follow.run_once()
        broker.queries.clear()
        await quote(floor.desk, "149")
        assert await follow.run_once() == 1
        assert await status(floor) is OrderStatus.FILLED
        assert await follow.run_once() == 0
        assert len(broker.queries) == 1


async def test_what_happened_before_is_left_to_reconciliation() -> None:
    async with open_floor() as floor:
        await filled(floor)
        broker = Asked(floor)
        floor.desk.clock.advance(timedelta(minutes=5))
        just_after = FollowEvents(account_of(floor, broker))
        floor.desk.clock.advance(timedelta(microseconds=1))
        long_after = FollowEvents(account_of(floor, broker))
        assert await long_after.run_once() == 0
        assert broker.queries == []
        assert await just_after.run_once() == 1


async def test_an_event_is_told_again_until_its_answer_is_booked() -> None:
    async with open_floor() as floor:
        await working(floor)
        broker = Asked(floor)
        follow = FollowEvents(account_of(floor, broker))
        await follow.run_once()
        await quote(floor.desk, "149")
        broker.is_away = True
        with pytest.raises(Unavailable):
            await follow.run_once()
        assert await status(floor) is OrderStatus.NEW
        broker.is_away = False
        await follow.run_once()
        assert await status(floor) is OrderStatus.FILLED


async def test_an_error_that_the_venue_complains_of_changes_no_order_by_itself() -> None:
    async with open_floor() as floor:
        await working(floor)
        order = await floor.order()
        assert order is not None
        broker = Asked(floor)
        follow = FollowEvents(account_of(floor, broker))
        await follow.run_once()
        broker.told = (BrokerEvent(900, BrokerEventKind.ERROR, order.client_order_id, "10349", NOW),)
        assert await follow.run_once() == 1
        assert await status(floor) is OrderStatus.NEW


@pytest.mark.parametrize("client_order_id", [None, "jx-somebody-elses"])
async def test_what_is_not_ours_is_passed_over(client_order_id: str | None) -> None:
    class Theirs(Asked):
        async def query(self, client_order_id: str) -> OrderReport:
            return OrderReport(client_order_id, "v1", OrderStatus.NEW)

    async with open_floor() as floor:
        broker = Theirs(floor)
        follow = FollowEvents(account_of(floor, broker))
        await follow.run_once()
        broker.told = (BrokerEvent(900, BrokerEventKind.ORDER, client_order_id, "new", NOW),)
        assert await follow.run_once() == (0 if client_order_id is None else 1)
        with pytest.raises(NotFound):
            async with floor.desk.unit_of_work.begin() as transaction:
                await transaction.orders.get("jx-somebody-elses")


async def test_a_trader_that_was_replaced_books_nothing() -> None:
    async with open_floor() as floor:
        await working(floor)
        follow = FollowEvents(account_of(floor))
        await follow.run_once()
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.orders.raise_epoch(ACCOUNT)
        await quote(floor.desk, "149")
        with pytest.raises(Conflict, match="taken over"):
            await follow.run_once()
        assert await status(floor) is OrderStatus.NEW


async def test_an_event_that_cannot_be_believed_does_not_hold_up_the_others() -> None:
    class Wild(Asked):
        async def query(self, client_order_id: str) -> OrderReport:
            report = await super().query(client_order_id)
            if client_order_id != wild:
                return report
            return replace(report, fills=(replace(report.fills[0], quantity=Decimal(99_999)),))

    async with open_floor() as floor:
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
        await quote(floor.desk, "151", symbol="MSFT")
        await working(floor)
        await floor.engine().execute("sg2", approved_by="olivia")
        wild = ""
        broker = Wild(floor)
        follow = FollowEvents(account_of(floor, broker))
        await follow.run_once()
        wild = (await order_of_signal(floor, "sg1")).client_order_id
        await quote(floor.desk, "149")
        await quote(floor.desk, "149", symbol="MSFT")
        with pytest.raises(InvalidValue, match="99999"):
            await follow.run_once()
        assert (await order_of_signal(floor, "sg2")).status is OrderStatus.FILLED
        assert await follow.run_once() == 0


async def order_of_signal(floor: Floor, signal_id: str) -> Order:
    async with floor.desk.unit_of_work.begin() as transaction:
        found = await transaction.orders.trade_of_signal(signal_id)
    assert found is not None
    return found[1]
