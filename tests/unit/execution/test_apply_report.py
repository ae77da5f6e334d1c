"""What the broker says is booked once, in whatever order and however often it says it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from jax.domain.fill import Fill
from jax.domain.order import Order
from jax.domain.order_status import OPEN, OrderStatus
from jax.modules.execution.apply_report import apply_report
from jax.ports.broker import OrderReport
from tests.desk import ACCOUNT, NOW, quote
from tests.failing_ports import FailingBroker, Fault, Fuse
from tests.floor import Floor, open_floor

_LATER = NOW + timedelta(minutes=5)


async def _working_order(floor: Floor) -> Order:
    await quote(floor.desk, "151")
    await floor.engine().execute("sg1", approved_by="olivia")
    order = await floor.order()
    assert order is not None
    return order


async def _apply(floor: Floor, order: Order, status: OrderStatus, fills: tuple[Fill, ...]) -> Order:
    report = OrderReport(order.client_order_id, "v1", status, fills)
    async with floor.desk.unit_of_work.begin() as transaction:
        stored = await transaction.orders.get(order.client_order_id)
        return await apply_report(transaction, stored, report, at=_LATER)


def _fill(order: Order, execution_id: str, quantity: int, price: str = "150") -> Fill:
    return Fill(
        execution_id=execution_id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=order.side,
        quantity=Decimal(quantity),
        price=Decimal(price),
        commission=Decimal(0),
        ts_event=_LATER,
    )


async def test_partial_fills_told_again_and_out_of_order_are_booked_once() -> None:
    async with open_floor() as floor:
        order = await _working_order(floor)
        one, two = _fill(order, "x1", 33, "150"), _fill(order, "x2", 100, "149")
        await _apply(floor, order, OrderStatus.PARTIALLY_FILLED, (one,))
        await _apply(floor, order, OrderStatus.PARTIALLY_FILLED, (one,))
        after = await _apply(floor, order, OrderStatus.FILLED, (two, one))
        again = await _apply(floor, order, OrderStatus.FILLED, (one, two))
        async with floor.desk.unit_of_work.begin() as transaction:
            assert len(await transaction.orders.fills(ACCOUNT)) == 2
            changes = await transaction.audit.entries(kind="order.changed", subject=order.client_order_id)
    assert (after.status, after.filled_quantity) == (OrderStatus.FILLED, Decimal(133))
    assert after.average_price == round((33 * Decimal(150) + 100 * Decimal(149)) / 133, 8)
    assert again.filled_quantity == Decimal(133)
    assert len(changes) == 3, "acknowledged, partly filled, filled: a repeat is no change"


async def test_a_fill_after_a_cancel_is_booked_and_reopens_the_order() -> None:
    async with open_floor() as floor:
        order = await _working_order(floor)
        canceled = await _apply(floor, order, OrderStatus.CANCELED, ())
        assert canceled.status is OrderStatus.CANCELED
        late = await _apply(floor, order, OrderStatus.FILLED, (_fill(order, "x1", 133),))
    assert (late.status, late.filled_quantity) == (OrderStatus.FILLED, Decimal(133))


async def test_a_cancel_after_a_partial_fill_keeps_what_was_filled() -> None:
    async with open_floor() as floor:
        order = await _working_order(floor)
        after = await _apply(floor, order, OrderStatus.CANCELED, (_fill(order, "x1", 33),))
    assert (after.status, after.filled_quantity) == (OrderStatus.CANCELED, Decimal(33))


async def test_a_status_that_the_table_lacks_does_not_undo_what_is_known() -> None:
    async with open_floor() as floor:
        order = await _working_order(floor)
        await _apply(floor, order, OrderStatus.FILLED, (_fill(order, "x1", 133),))
        after = await _apply(floor, order, OrderStatus.NEW, ())
    assert after.status is OrderStatus.FILLED


async def test_a_filled_order_that_is_busted_and_works_no_more_is_closed_without_what_was_taken_back() -> (
    None
):
    async with open_floor() as floor:
        order = await _working_order(floor)
        one, two = _fill(order, "x1", 33), _fill(order, "x2", 100)
        await _apply(floor, order, OrderStatus.FILLED, (one, two))
        busted = replace(two, quantity=Decimal(0), revision=1)
        after = await _apply(floor, order, OrderStatus.CANCELED, (one, busted))
        async with floor.desk.unit_of_work.begin() as transaction:
            assert await transaction.orders.in_status(ACCOUNT, OPEN) == []
            entries = await transaction.audit.entries(kind="order.changed", subject=order.client_order_id)
    assert (after.status, after.filled_quantity) == (OrderStatus.CANCELED, Decimal(33))
    steps = [entry.event.data for entry in entries]
    assert [(step["from"], step["to"]) for step in steps if isinstance(step, dict)][-2:] == [
        ("FILLED", "PARTIALLY_FILLED"),
        ("PARTIALLY_FILLED", "CANCELED"),
    ]


async def test_the_venues_own_number_is_kept() -> None:
    async with open_floor() as floor:
        order = await _working_order(floor)
        after = await _apply(floor, order, OrderStatus.NEW, ())
        assert after == replace(order, venue_order_id="v1")


async def test_a_status_ahead_of_the_executions_does_not_close_the_order() -> None:
    async with open_floor() as floor:
        order = await _working_order(floor)
        told = await _apply(floor, order, OrderStatus.FILLED, ())
        assert (told.status, told.filled_quantity) == (OrderStatus.NEW, Decimal(0))
        told = await _apply(floor, order, OrderStatus.FILLED, (_fill(order, "x1", 33),))
        assert (told.status, told.filled_quantity) == (OrderStatus.PARTIALLY_FILLED, Decimal(33))
        async with floor.desk.unit_of_work.begin() as transaction:
            assert await transaction.orders.in_status(ACCOUNT, OPEN) == [told], "it is asked about again"


async def test_an_order_found_after_it_was_called_absent_is_open_again() -> None:
    async with open_floor() as floor:
        lost = FailingBroker(floor.desk.broker, Fuse(at=2, fault=Fault.LOST_BEFORE))
        await floor.engine(broker=lost).execute("sg1", approved_by="olivia")
        await floor.settle()
        absent = await floor.order()
        assert absent is not None
        assert absent.status is OrderStatus.ABSENT
        refused = await _apply(floor, absent, OrderStatus.REJECTED, ())
        assert refused.status is OrderStatus.ABSENT
        found = await _apply(floor, absent, OrderStatus.NEW, ())
        assert (found.status, found.venue_order_id) == (OrderStatus.NEW, "v1")
        async with floor.desk.unit_of_work.begin() as transaction:
            entries = await transaction.audit.entries(kind="order.changed", subject=absent.client_order_id)
    steps = [entry.event.data for entry in entries]
    assert [(step["from"], step["to"]) for step in steps if isinstance(step, dict)][-2:] == [
        ("ABSENT", "ADOPTED"),
        ("ADOPTED", "NEW"),
    ]
