"""At a venue with brackets stop and target go out with the entry, and are on record with its first fill."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.bracket import attached_exits
from jax.domain.fill import Fill
from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import OPEN, OrderStatus
from jax.modules.execution.compare_books import CompareBooks
from jax.modules.execution.execute_signal import Executed
from jax.ports.broker import OrderReport, WorkingOrder
from jax.ports.errors import NotFound
from tests.cancel_walk import working
from tests.desk import ACCOUNT, quote
from tests.failing_ports import PassingBroker
from tests.floor import Floor, open_floor, walk_through_every_fault
from tests.unit.execution.test_protect_positions import account_of, exits, held, protecting, settled

_S = OrderStatus


@asynccontextmanager
async def bracket_floor() -> AsyncIterator[Floor]:
    async with open_floor(has_brackets=True) as floor:
        yield floor


async def entered(floor: Floor) -> Order:
    outcome = await floor.engine().execute("sg1", approved_by="olivia")
    assert isinstance(outcome, Executed)
    return outcome.order


class Watched(PassingBroker):
    """Remembers what is placed; `lost` are orders that the venue does not show."""

    def __init__(self, floor: Floor, *, lost: frozenset[OrderLeg] = frozenset()) -> None:
        super().__init__(floor.desk.broker)
        self.placed: list[Order] = []
        self._lost = lost
        self._floor = floor

    async def place(self, order: Order) -> OrderReport:
        self.placed.append(order)
        return await super().place(order)

    async def query(self, client_order_id: str) -> OrderReport:
        for order in await exits(self._floor):
            if (order.client_order_id, order.revision) == (client_order_id, 0) and order.leg in self._lost:
                raise NotFound("the venue has no such order")
        return await super().query(client_order_id)


async def test_one_message_brings_entry_stop_and_target() -> None:
    async with bracket_floor() as floor:
        broker = Watched(floor)
        await floor.engine(broker=broker).execute("sg1", approved_by="olivia")
        await settled(floor, protecting(floor, broker))
        (sent,) = broker.placed
        assert (sent.bracket_stop_price, sent.bracket_target_price) == (Decimal(145), Decimal(165))
        stop, target = await exits(floor)
        assert [order.status for order in (stop, target)] == [_S.NEW, _S.NEW]
        assert [order.leg for order in (stop, target)] == [OrderLeg.STOP, OrderLeg.TARGET]
        names = {order.client_order_id for order in await floor.desk.broker.working_orders(ACCOUNT)}
        assert names == {stop.client_order_id, target.client_order_id}
        async with floor.desk.unit_of_work.begin() as transaction:
            told = await transaction.audit.entries(kind="order.attached")
    assert [(entry.event.subject, entry.event.data) for entry in told] == [
        (sent.client_order_id, {"STOP": stop.client_order_id, "TARGET": target.client_order_id})
    ]


async def test_a_venue_without_brackets_is_sent_none() -> None:
    async with open_floor() as floor:
        broker = Watched(floor)
        await floor.engine(broker=broker).execute("sg1", approved_by="olivia")
        assert [order.bracket_stop_price for order in broker.placed] == [None]
        assert await exits(floor) == []


async def test_nothing_is_on_record_before_the_entry_has_filled() -> None:
    async with bracket_floor() as floor:
        await working(floor)
        entry = await floor.order()
        assert entry is not None
        assert entry.bracket_stop_price is not None
        assert await exits(floor) == []
        await quote(floor.desk, "149")
        await floor.reconciler().run_once()
        assert [order.quantity for order in await exits(floor)] == [entry.quantity] * 2


async def test_exits_of_an_entry_that_fills_in_part_protect_what_it_holds() -> None:
    async with bracket_floor() as floor:
        await working(floor)
        entry = await floor.order()
        assert entry is not None
        broker = Retold(floor)
        broker.fills = (broker.fill(entry, "x1"),)
        for _ in range(2):
            await floor.reconciler(broker).run_once()
        (trade,) = await held(floor)
        assert [out.quantity for out in trade.exits] == [entry.quantity] * 2
        assert (trade.held_quantity, trade.leaving(OrderLeg.STOP)) == (Decimal(5), Decimal(5))
        # The venue does not know of the fill, so it has no exits that it could acknowledge.
        assert trade.protected(OrderLeg.STOP) == 0
        acknowledged = tuple(replace(out, status=_S.NEW) for out in trade.exits)
        assert replace(trade, exits=acknowledged).protected(OrderLeg.STOP) == 5
        again = replace(acknowledged[0], revision=1)
        assert replace(trade, exits=(*acknowledged, again)).protected(OrderLeg.STOP) == 5 + entry.quantity


async def test_an_entry_that_is_canceled_has_no_exits_anywhere() -> None:
    async with bracket_floor() as floor:
        await working(floor)
        await floor.canceling().run_once()
        await quote(floor.desk, "100")
        await settled(floor, protecting(floor))
        assert await exits(floor) == []
        entry = await floor.order()
        assert entry is not None
        assert entry.status is _S.CANCELED
        assert await floor.desk.broker.working_orders(ACCOUNT) == []


@pytest.mark.parametrize(("price", "leg"), [("144", OrderLeg.STOP), ("166", OrderLeg.TARGET)])
async def test_what_happened_while_the_trader_was_away_is_booked_when_it_is_back(
    price: str, leg: OrderLeg
) -> None:
    async with bracket_floor() as floor:
        await working(floor)
        await quote(floor.desk, "149")
        await quote(floor.desk, price)
        assert await floor.desk.broker.positions(ACCOUNT) == {}
        await settled(floor, protecting(floor))
        ended = {order.leg: order.status for order in await exits(floor)}
        assert ended[leg] is _S.FILLED
        assert all(status not in OPEN for status in ended.values())
        assert await held(floor) == []


async def test_exits_that_work_before_they_are_on_record_are_not_somebody_elses() -> None:
    async with bracket_floor() as floor:
        await working(floor)
        await quote(floor.desk, "149")
        books = CompareBooks(account_of(floor))
        for _ in range(2):
            told = await books.run_once()
            assert not [sentence for sentence in told if "is not ours" in sentence]
        assert any("AAPL" in sentence for sentence in books.differences)


async def test_an_order_beside_the_exits_is_somebody_elses() -> None:
    async with bracket_floor() as floor:
        entry = await entered(floor)
        (stop, _) = attached_exits(entry, at=entry.updated_at)
        foreign = replace(stop, client_order_id="jx-foreign", deadline_at=entry.deadline_at, revision=9)
        await floor.desk.broker.place(foreign)
        books = CompareBooks(account_of(floor))
        await books.run_once()
        (told,) = await books.run_once()
        assert "is not ours" in told


async def test_a_stop_that_the_venue_does_not_have_is_placed_under_a_name_of_its_own() -> None:
    async with bracket_floor() as floor:
        entry = await entered(floor)
        stop, _ = attached_exits(entry, at=entry.updated_at)
        await floor.desk.broker.cancel(stop.client_order_id)
        broker = Watched(floor, lost=frozenset({OrderLeg.STOP}))
        protect = protecting(floor, broker)
        # The answer in the moment of the record proves nothing, nor does one alone.
        for seconds, placed in ((0, 0), (3, 0), (3, 1)):
            floor.desk.clock.advance(timedelta(seconds=seconds))
            await floor.reconciler(broker).run_once()
            await protect.run_once()
            assert len(broker.placed) == placed
        again = broker.placed[0]
        assert (again.leg, again.revision, again.quantity) == (OrderLeg.STOP, 1, Decimal(133))


async def test_exits_that_nobody_acknowledges_in_time_do_not_protect() -> None:
    async with bracket_floor() as floor:
        await entered(floor)
        broker = Watched(floor)
        protect = protecting(floor, broker)
        # Nobody asks about the exits.
        assert await protect.run_once() == 0
        floor.desk.clock.advance(timedelta(seconds=10))
        assert await protect.run_once() == 0
        floor.desk.clock.advance(timedelta(microseconds=1))
        await protect.run_once()
        assert [order.leg for order in broker.placed] == [OrderLeg.CLOSE]
        await settled(floor, protect)
        assert await floor.desk.broker.positions(ACCOUNT) == {}
        assert await floor.desk.broker.working_orders(ACCOUNT) == []


async def test_another_first_fill_after_a_bust_records_no_exits_twice() -> None:
    async with bracket_floor() as floor:
        entry = await entered(floor)
        broker = Retold(floor)
        for fills in (
            [replace(broker.fill(entry, "x1"), revision=1, quantity=Decimal(0))],
            [replace(broker.fill(entry, "x1"), revision=1, quantity=Decimal(0)), broker.fill(entry, "x2")],
        ):
            broker.fills = tuple(fills)
            await floor.reconciler(broker).look_back()
        assert len(await exits(floor)) == 2
        stored = await floor.order()
        assert stored is not None
        assert stored.filled_quantity == 5


class Retold(PassingBroker):
    """Tells other fills of the entry."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor.desk.broker)
        self.fills: tuple[Fill, ...] = ()

    def fill(self, entry: Order, execution_id: str) -> Fill:
        known = {"x1": f"{entry.client_order_id}-1"}.get(execution_id, execution_id)
        at = entry.updated_at
        return Fill(
            known, entry.client_order_id, "AAPL", entry.side, Decimal(5), Decimal(150), Decimal(0), at
        )

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        return []

    async def query(self, client_order_id: str) -> OrderReport:
        report = await super().query(client_order_id)
        mine = any(fill.client_order_id == client_order_id for fill in self.fills)
        return replace(report, status=_S.CANCELED, fills=self.fills) if mine else report


async def test_a_fault_at_any_step_ends_in_one_bracket_that_both_sides_agree_on() -> None:
    await walk_through_every_fault(bracket_floor)
