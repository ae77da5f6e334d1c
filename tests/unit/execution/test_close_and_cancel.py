"""A person ends an order or a position: recorded first, and as the broker says it is."""

from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.controls import Said, TradingMode
from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import OrderStatus
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.modules.execution.cancel_order import CancelOrder
from jax.modules.execution.close_positions import ClosePositions
from jax.ports.broker import OrderReport
from jax.ports.errors import Conflict, NotFound, Unavailable
from tests.cancel_walk import unknown_and_working, working
from tests.desk import ACCOUNT, quote
from tests.failing_ports import PassingBroker
from tests.floor import Floor, open_floor
from tests.unit.execution.test_protect_positions import (
    account_of,
    exits,
    filled,
    held,
    mode,
    protecting,
    settled,
)

_S = OrderStatus


def said(floor: Floor) -> Said:
    return Said("enough of it", "olivia", floor.desk.clock.now())


class Away(PassingBroker):
    """Cannot be asked to cancel."""

    async def cancel(self, client_order_id: str) -> OrderReport:
        raise Unavailable("away")


async def order_id(floor: Floor) -> str:
    order = await floor.order()
    assert order is not None
    return order.client_order_id


@pytest.mark.parametrize("situation", [working, unknown_and_working])
async def test_a_cancel_is_recorded_with_who_and_why_and_then_asked_for(situation: object) -> None:
    async with open_floor() as floor:
        await situation(floor)  # type: ignore[operator]  # one of the two above
        canceled = await CancelOrder(account_of(floor)).cancel(await order_id(floor), said(floor))
        assert canceled.status is _S.CANCELED
        assert canceled.cancel_requested_at == floor.desk.clock.now()
        async with floor.desk.unit_of_work.begin() as transaction:
            (entry,) = await transaction.audit.entries(kind="order.cancel_requested")
    assert entry.event.actor == "olivia"
    assert entry.event.data["reason"] == "enough of it"  # type: ignore[index, call-overload]  # a JSON object


async def test_a_cancel_that_crosses_a_fill_finds_the_order_filled() -> None:
    async with open_floor() as floor:
        await working(floor)
        await quote(floor.desk, "149")
        canceled = await CancelOrder(account_of(floor)).cancel(await order_id(floor), said(floor))
        assert (canceled.status, canceled.filled_quantity) == (_S.FILLED, Decimal(133))


async def test_a_broker_that_is_away_leaves_the_order_with_the_wish() -> None:
    async with open_floor() as floor:
        await working(floor)
        broker = Away(floor.desk.broker)
        left = await CancelOrder(account_of(floor, broker)).cancel(await order_id(floor), said(floor))
        assert (left.status, left.cancel_requested_at) == (_S.NEW, floor.desk.clock.now())
        again = await CancelOrder(account_of(floor)).cancel(await order_id(floor), said(floor))
        assert again.status is _S.CANCELED
        async with floor.desk.unit_of_work.begin() as transaction:
            assert len(await transaction.audit.entries(kind="order.cancel_requested")) == 1


async def test_a_closed_order_is_left_as_it_is() -> None:
    async with open_floor() as floor:
        await filled(floor)
        left = await CancelOrder(account_of(floor)).cancel(await order_id(floor), said(floor))
        assert (left.status, left.cancel_requested_at) == (_S.FILLED, None)


async def test_an_order_that_there_is_not_is_not_canceled() -> None:
    async with open_floor() as floor:
        with pytest.raises(NotFound, match="jx0"):
            await CancelOrder(account_of(floor)).cancel("jx0", said(floor))


async def test_a_trader_that_was_replaced_cancels_and_closes_nothing() -> None:
    async with open_floor() as floor:
        await filled(floor)
        old = account_of(floor, epoch=floor.epoch - 1)
        with pytest.raises(Conflict, match="taken over"):
            await CancelOrder(old).cancel(await order_id(floor), said(floor))
        with pytest.raises(Conflict, match="taken over"):
            await ClosePositions(old).close(None, said(floor))
        assert await exits(floor) == []


@pytest.mark.parametrize("symbol", ["AAPL", None])
async def test_what_is_held_is_closed_by_an_order_of_its_trade(symbol: str | None) -> None:
    async with open_floor() as floor:
        await filled(floor)
        protect = protecting(floor)
        await settled(floor, protect)
        closed = await ClosePositions(account_of(floor)).close(symbol, said(floor))
        assert not isinstance(closed, Denied)
        (closing,) = closed
        assert (closing.leg, closing.status, closing.filled_quantity) == (
            OrderLeg.CLOSE,
            _S.FILLED,
            Decimal(133),
        )
        assert closing.signal_id == "sg1"
        await settled(floor, protect)
        assert await held(floor) == []
        assert await floor.desk.broker.working_orders(ACCOUNT) == []
        assert await floor.desk.broker.positions(ACCOUNT) == {}


async def test_another_symbol_stays() -> None:
    async with open_floor() as floor:
        await filled(floor)
        assert await ClosePositions(account_of(floor)).close("MSFT", said(floor)) == []
        assert await floor.desk.broker.positions(ACCOUNT) == {"AAPL": Decimal(133)}


async def test_entries_are_canceled_before_anything_is_closed() -> None:
    async with open_floor() as floor:
        await working(floor)
        assert await ClosePositions(account_of(floor)).close("MSFT", said(floor)) == []
        order = await floor.order()
        assert order is not None
        assert order.status is _S.NEW
        assert await ClosePositions(account_of(floor)).close("AAPL", said(floor)) == []
        order = await floor.order()
        assert order is not None
        assert order.status is _S.CANCELED


class Slow(PassingBroker):
    """Takes a close and lets it work."""

    async def place(self, order: Order) -> OrderReport:
        return OrderReport(order.client_order_id, "v1", _S.NEW)


async def test_what_is_on_its_way_out_is_not_closed_twice() -> None:
    async with open_floor() as floor:
        await filled(floor)
        closing = ClosePositions(account_of(floor, Slow(floor.desk.broker)))
        first = await closing.close(None, said(floor))
        assert await closing.close(None, said(floor)) == first
        assert len(await exits(floor)) == 1


async def test_people_hold_exits_back_too() -> None:
    async with open_floor() as floor:
        await filled(floor)
        at = account_of(floor)
        for changed, code in (
            (replace(at, execution_enabled=False), ReasonCode.EXECUTION_DISABLED),
            (replace(at, kills=lambda: ("the file is there",)), ReasonCode.KILL_SWITCH),
        ):
            denied = await ClosePositions(changed).close(None, said(floor))
            assert isinstance(denied, Denied)
            assert denied.reason_code is code
        await mode(floor, TradingMode.OBSERVE)
        denied = await ClosePositions(at).close(None, said(floor))
        assert isinstance(denied, Denied)
        assert denied.reason_code is ReasonCode.MODE_OBSERVE
        assert await exits(floor) == []
        await mode(floor, TradingMode.REDUCE)
        assert not isinstance(await ClosePositions(at).close(None, said(floor)), Denied)
        assert await floor.desk.broker.positions(ACCOUNT) == {}
