"""What is held has a stop at the broker, or is closed; what is closed leaves no order behind."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.controls import ModeChange, Said, TradingMode
from jax.domain.errors import InvalidValue
from jax.domain.held_trade import HeldTrade
from jax.domain.order import Order, OrderLeg, OrderType
from jax.domain.order_status import OPEN, OrderStatus
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.leave_trade import LeaveTrade, WayOut
from jax.modules.execution.protect_positions import ProtectPositions
from jax.ports.broker import Broker, OrderReport
from jax.ports.errors import Conflict, OutcomeUnknown, Refused, Unavailable
from tests.cancel_walk import working
from tests.desk import ACCOUNT, quote
from tests.failing_ports import FailingUnitOfWork, Fault, Fuse, PassingBroker
from tests.floor import Floor, booked, open_floor

_S = OrderStatus


def account_of(floor: Floor, broker: Broker | None = None, *, epoch: int | None = None) -> BrokerAccount:
    desk = floor.desk
    return BrokerAccount(
        booked(desk),
        broker or desk.broker,
        desk.clock,
        ACCOUNT,
        floor.epoch if epoch is None else epoch,
    )


def protecting(floor: Floor, broker: Broker | None = None) -> ProtectPositions:
    return ProtectPositions(account_of(floor, broker), unprotected_limit=timedelta(seconds=10))


async def settled(floor: Floor, protect: ProtectPositions) -> None:
    for _ in range(6):
        await protect.run_once()
        await floor.reconciler().run_once()


async def filled(floor: Floor) -> None:
    await floor.engine().execute("sg1", approved_by="olivia")


async def exits(floor: Floor) -> list[Order]:
    async with floor.desk.unit_of_work.begin() as transaction:
        found = await transaction.orders.of_signal(ACCOUNT, signal_id="sg1")
    return [order for order in found if order.reduces_only]


async def held(floor: Floor) -> list[HeldTrade]:
    async with floor.desk.unit_of_work.begin() as transaction:
        return list(await transaction.orders.held_trades(ACCOUNT))


async def mode(floor: Floor, mode: TradingMode) -> None:
    async with floor.desk.unit_of_work.begin() as transaction:
        said = Said("a test", "olivia", floor.desk.clock.now())
        await transaction.controls.set_mode(ACCOUNT, ModeChange(mode, said))


class Refusing(PassingBroker):
    """Never takes an exit of the legs named."""

    def __init__(self, broker: Broker, *legs: OrderLeg) -> None:
        super().__init__(broker)
        self.legs = legs
        self.placed: list[OrderLeg] = []

    async def place(self, order: Order) -> OrderReport:
        self.placed.append(order.leg)
        if order.leg in self.legs:
            raise Refused(f"no {order.leg}", code="NO_SUCH_LEG")
        return await super().place(order)


class Silent(PassingBroker):
    """Answers nothing about stops, which may be there or not."""

    async def place(self, order: Order) -> OrderReport:
        if order.leg is OrderLeg.STOP:
            raise OutcomeUnknown("no answer")
        return await super().place(order)


async def test_a_filled_entry_gets_its_stop_and_its_target_once() -> None:
    async with open_floor() as floor:
        await filled(floor)
        await settled(floor, protecting(floor))
        stop, target = await exits(floor)
        assert (stop.leg, stop.order_type, stop.stop_price) == (
            OrderLeg.STOP,
            OrderType.STOP,
            Decimal(145),
        )
        assert (target.leg, target.order_type, target.limit_price) == (
            OrderLeg.TARGET,
            OrderType.LIMIT,
            Decimal(165),
        )
        assert {order.status for order in (stop, target)} == {_S.NEW}
        assert {order.quantity for order in (stop, target)} == {Decimal(133)}
        assert len(await floor.desk.broker.working_orders(ACCOUNT)) == 2
        async with floor.desk.unit_of_work.begin() as transaction:
            entries = await transaction.audit.entries(kind="order.leaving")
    assert [entry.event.subject for entry in entries] == [stop.client_order_id, target.client_order_id]


async def test_an_entry_that_works_has_nothing_to_protect() -> None:
    async with open_floor() as floor:
        await working(floor)
        assert await protecting(floor).run_once() == 0
        assert await exits(floor) == []


@pytest.mark.parametrize(("price", "leg"), [("144", OrderLeg.STOP), ("166", OrderLeg.TARGET)])
async def test_the_exit_that_fills_first_takes_the_other_back(price: str, leg: OrderLeg) -> None:
    async with open_floor() as floor:
        await filled(floor)
        protect = protecting(floor)
        await settled(floor, protect)
        await quote(floor.desk, price)
        await floor.reconciler().run_once()
        await settled(floor, protect)
        ended = {order.leg: order.status for order in await exits(floor)}
        assert ended[leg] is _S.FILLED
        assert all(status not in OPEN for status in ended.values())
        assert await held(floor) == []
        assert await floor.desk.broker.working_orders(ACCOUNT) == []
        assert await floor.desk.broker.positions(ACCOUNT) == {}


async def test_nothing_is_placed_while_the_account_is_observed_or_killed() -> None:
    async with open_floor() as floor:
        await filled(floor)
        await mode(floor, TradingMode.OBSERVE)
        assert await protecting(floor).run_once() == 0
        await mode(floor, TradingMode.REDUCE)
        assert await protecting(floor).run_once() == 1
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.controls.engage_kill(ACCOUNT, Said("stop", "olivia", floor.desk.clock.now()))
        assert await protecting(floor).run_once() == 0


async def test_a_position_whose_stop_the_broker_refuses_is_closed_in_time() -> None:
    async with open_floor() as floor:
        await filled(floor)
        broker = Refusing(floor.desk.broker, OrderLeg.STOP)
        protect = protecting(floor, broker)
        for _ in range(5):
            await protect.run_once()
        assert broker.placed.count(OrderLeg.STOP) == 3
        assert await floor.desk.broker.positions(ACCOUNT) == {"AAPL": Decimal(133)}
        floor.desk.clock.advance(timedelta(seconds=10, microseconds=1))
        await settled(floor, protect)
        assert await floor.desk.broker.positions(ACCOUNT) == {}
        assert await held(floor) == []


async def test_a_stop_that_nobody_has_acknowledged_does_not_protect() -> None:
    async with open_floor() as floor:
        await filled(floor)
        protect = protecting(floor, Silent(floor.desk.broker))
        await protect.run_once()
        floor.desk.clock.advance(timedelta(seconds=10))
        await protect.run_once()
        assert [order.leg for order in await exits(floor)] == [OrderLeg.STOP, OrderLeg.TARGET]
        floor.desk.clock.advance(timedelta(microseconds=1))
        await protect.run_once()
        assert (await exits(floor))[-1].leg is OrderLeg.CLOSE
        assert await floor.desk.broker.positions(ACCOUNT) == {}


async def test_a_trade_that_can_be_neither_protected_nor_closed_is_an_alarm() -> None:
    async with open_floor() as floor:
        await filled(floor)
        protect = protecting(floor, Refusing(floor.desk.broker, OrderLeg.STOP, OrderLeg.CLOSE))
        for _ in range(4):
            await protect.run_once()
        floor.desk.clock.advance(timedelta(seconds=11))
        for _ in range(3):
            await protect.run_once()
        with pytest.raises(InvalidValue, match="holds 133 AAPL without a stop"):
            await protect.run_once()
        assert [order.leg for order in await exits(floor)].count(OrderLeg.CLOSE) == 3


async def test_a_stop_that_was_refused_too_often_is_tried_again_after_ten_seconds() -> None:
    async with open_floor() as floor:
        await filled(floor)
        await floor.desk.broker.kill(ACCOUNT, reason="nobody has told the record")
        for _ in range(3):
            # Another one each time: a trader that was just started does not know since when nothing protects.
            await protecting(floor).run_once()
        refused = await exits(floor)
        assert [(order.leg, order.status) for order in refused] == [(OrderLeg.STOP, _S.ABSENT)] * 3
        await floor.desk.broker.release_kill(ACCOUNT)
        floor.desk.clock.advance(timedelta(seconds=10, microseconds=-1))
        await protecting(floor).run_once()
        assert [order.leg for order in await exits(floor)][3:] == [OrderLeg.TARGET]
        floor.desk.clock.advance(timedelta(microseconds=1))
        await protecting(floor).run_once()
        stop = (await exits(floor))[-1]
        assert (stop.leg, stop.revision, stop.status) == (OrderLeg.STOP, 3, _S.NEW)


async def test_what_is_unprotected_for_a_moment_only_is_left_alone() -> None:
    async with open_floor() as floor:
        await filled(floor)
        broker = Refusing(floor.desk.broker, OrderLeg.STOP)
        protect = protecting(floor, broker)
        await protect.run_once()
        floor.desk.clock.advance(timedelta(seconds=9))
        broker.legs = ()
        await protect.run_once()
        floor.desk.clock.advance(timedelta(seconds=60))
        await settled(floor, protect)
        assert OrderLeg.CLOSE not in {order.leg for order in await exits(floor)}
        assert await floor.desk.broker.positions(ACCOUNT) == {"AAPL": Decimal(133)}


async def test_a_trader_that_was_replaced_protects_nothing() -> None:
    async with open_floor() as floor:
        await filled(floor)
        protect = protecting(floor)
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.orders.raise_epoch(ACCOUNT)
        with pytest.raises(Conflict, match="taken over"):
            await protect.run_once()
        assert await exits(floor) == []


async def of_leg(floor: Floor, leg: OrderLeg) -> list[Decimal]:
    return [order.quantity for order in await exits(floor) if order.leg is leg]


class SlowToClose(PassingBroker):
    """Takes a close and lets it work; refuses stops."""

    async def place(self, order: Order) -> OrderReport:
        if order.leg is OrderLeg.CLOSE:
            return OrderReport(order.client_order_id, "v1", _S.NEW)
        raise Refused("no stop", code="NO_STOP")


async def test_what_is_being_closed_is_neither_protected_nor_closed_again() -> None:
    async with open_floor() as floor:
        await filled(floor)
        broker = SlowToClose(floor.desk.broker)
        (trade,) = await held(floor)
        closing = await LeaveTrade(account_of(floor, broker)).leave(
            trade, WayOut(OrderLeg.CLOSE, Decimal(100)), Said("out", "olivia", floor.desk.clock.now())
        )
        assert isinstance(closing, Order)
        protect = protecting(floor, broker)
        await protect.run_once()
        assert await of_leg(floor, OrderLeg.STOP) == [Decimal(33)]
        floor.desk.clock.advance(timedelta(seconds=11))
        await protect.run_once()
        assert sorted(await of_leg(floor, OrderLeg.CLOSE)) == [Decimal(33), Decimal(100)]
        placed = len(await exits(floor))
        floor.desk.clock.advance(timedelta(seconds=11))
        await protect.run_once()
        assert len(await exits(floor)) == placed


async def test_a_record_that_cannot_be_written_is_left_to_others_for_a_while() -> None:
    async with open_floor() as floor:
        await filled(floor)
        fuse = Fuse(at=1, fault=Fault.REFUSED_BEFORE)
        failing = FailingUnitOfWork(floor.desk.unit_of_work, fuse)
        at = replace(account_of(floor), unit_of_work=booked(floor.desk, failing))
        protect = ProtectPositions(at, unprotected_limit=timedelta(seconds=10))
        # The first transaction reads; the second would record.
        fuse.at = 2
        with pytest.raises(Unavailable):
            await protect.run_once()
        assert await protect.run_once() == 0
        floor.desk.clock.advance(timedelta(seconds=2, milliseconds=999))
        assert await protect.run_once() == 0
        floor.desk.clock.advance(timedelta(milliseconds=1))
        assert await protect.run_once() == 1
