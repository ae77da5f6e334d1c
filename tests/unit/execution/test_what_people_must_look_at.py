"""What stays unknown escalates, what was over and is not reduces, and what was latched stays so."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.controls import ModeChange, Said, TradingMode
from jax.domain.fill import Fill
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.session import ExchangeSession
from jax.modules.execution.apply_report import apply_report
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.watch_account import WatchAccount
from jax.ports.broker import OrderReport
from jax.ports.errors import NotFound
from tests.cancel_walk import unknown_and_working, working
from tests.desk import ACCOUNT, LIMITS, NOW, approved_signal, quote
from tests.failing_ports import FailingBroker, FailingUnitOfWork, Fault, Fuse, PassingBroker
from tests.floor import Floor, booked, denial, open_floor
from tests.unit.execution.test_protect_positions import account_of
from tests.unit.execution.test_the_last_question import Meanwhile

_S = OrderStatus


async def order_of(floor: Floor) -> Order:
    order = await floor.order()
    assert order is not None
    return order


async def watched(floor: Floor) -> WatchAccount:
    watch = WatchAccount(account_of(floor))
    await watch.run_once()
    return watch


async def controls(floor: Floor) -> TradingMode:
    async with floor.desk.unit_of_work.begin() as transaction:
        return (await transaction.controls.get(ACCOUNT)).mode_of("ma_crossover_v1")


async def test_an_order_that_stays_unknown_escalates_and_is_not_guessed_at() -> None:
    async with open_floor() as floor:
        await unknown_and_working(floor)
        floor.desk.clock.advance(timedelta(seconds=30))
        watch = await watched(floor)
        assert (watch.alarms, watch.oldest_unresolved_seconds) == ((), 30.0)
        floor.desk.clock.advance(timedelta(seconds=1))
        watch = await watched(floor)
        order = await order_of(floor)
        assert watch.alarms == (
            f"order {order.client_order_id} is UNKNOWN for 31 seconds: look at the broker whether it has it",
        )
        assert order.status is _S.UNKNOWN
        await floor.reconciler().run_once()
        assert (await watched(floor)).alarms == ()


async def test_a_kill_and_a_mode_are_alarms_with_who_and_why() -> None:
    async with open_floor() as floor:
        said = Said("there is smoke", "olivia", floor.desk.clock.now())
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.controls.engage_kill(ACCOUNT, said)
            await transaction.controls.set_mode(ACCOUNT, ModeChange(TradingMode.REDUCE, said))
        assert (await watched(floor)).alarms == (
            "the kill switch is engaged by olivia: there is smoke",
            "the account is in REDUCE by olivia: there is smoke",
        )
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.controls.release_kill(ACCOUNT, at=floor.desk.clock.now())
            await transaction.controls.set_mode(ACCOUNT, ModeChange(TradingMode.NORMAL, said))
        assert (await watched(floor)).alarms == ()


def _late_fill(order: Order) -> Fill:
    return Fill(
        "x-late", order.client_order_id, "AAPL", order.side, Decimal(33), Decimal(150), Decimal(0), NOW
    )


@pytest.mark.parametrize("closed", [_S.CANCELED, _S.EXPIRED, _S.REJECTED, _S.ABSENT])
async def test_a_late_fill_of_a_closed_order_is_booked_and_reduces_the_account(closed: OrderStatus) -> None:
    async with open_floor() as floor:
        await unknown_and_working(floor)
        order = await order_of(floor)
        async with floor.desk.unit_of_work.begin() as transaction:
            stored = await transaction.orders.get(order.client_order_id)
            await transaction.orders.save(stored.moved_to(closed, at=NOW))
        report = OrderReport(order.client_order_id, "v1", _S.CANCELED, (_late_fill(order),))
        async with floor.desk.unit_of_work.begin() as transaction:
            stored = await transaction.orders.get(order.client_order_id)
            after = await apply_report(transaction, stored, report, at=NOW)
        assert (after.status, after.filled_quantity) == (_S.CANCELED, Decimal(33))
        assert await controls(floor) is TradingMode.REDUCE
        async with floor.desk.unit_of_work.begin() as transaction:
            (entry,) = await transaction.audit.entries(kind="account.mode")
            again = await apply_report(transaction, after, report, at=NOW)
        assert again == after
        assert "was closed and is CANCELED after all" in str(entry.event.data)


async def test_a_fill_of_a_working_order_leaves_the_mode_as_it_is() -> None:
    async with open_floor() as floor:
        await working(floor)
        await quote(floor.desk, "149")
        await floor.reconciler().run_once()
        assert (await order_of(floor)).status is _S.FILLED
        assert await controls(floor) is TradingMode.NORMAL


async def test_what_filled_after_it_was_closed_is_found_by_looking_back() -> None:
    class Late(PassingBroker):
        async def query(self, client_order_id: str) -> OrderReport:
            order = await order_of(floor)
            return OrderReport(client_order_id, "v1", _S.CANCELED, (_late_fill(order),))

    async with open_floor() as floor:
        await working(floor)
        await floor.canceling().run_once()
        assert (await order_of(floor)).status is _S.CANCELED
        late = floor.reconciler(Late(floor.desk.broker))
        assert await late.run_once() == 0
        assert await late.look_back() == 1
        assert (await order_of(floor)).filled_quantity == 33
        floor.desk.clock.advance(timedelta(days=2, seconds=1))
        assert await late.look_back() == 0


async def test_a_kill_between_the_commit_and_the_sending_keeps_the_order_in_the_house() -> None:
    async with open_floor() as floor:

        async def killed() -> None:
            async with floor.desk.unit_of_work.begin() as transaction:
                await transaction.controls.engage_kill(ACCOUNT, Said("stop", "olivia", NOW))

        broker = FailingBroker(floor.desk.broker, Fuse())
        unit_of_work = Meanwhile(floor.desk.unit_of_work, 2, killed)
        await floor.engine(unit_of_work=unit_of_work, broker=broker).execute("sg1", approved_by="olivia")
        order = await order_of(floor)
        assert (order.status, order.reason_code) == (_S.ABSENT, ReasonCode.KILL_SWITCH)
        assert broker.placed == []


async def test_a_mode_between_the_commit_and_the_sending_keeps_the_order_in_the_house() -> None:
    async with open_floor() as floor:

        async def reduced() -> None:
            async with floor.desk.unit_of_work.begin() as transaction:
                change = ModeChange(TradingMode.REDUCE, Said("slow", "olivia", NOW))
                await transaction.controls.set_mode(ACCOUNT, change)

        broker = FailingBroker(floor.desk.broker, Fuse())
        unit_of_work = Meanwhile(floor.desk.unit_of_work, 2, reduced)
        await floor.engine(unit_of_work=unit_of_work, broker=broker).execute("sg1", approved_by="olivia")
        order = await order_of(floor)
        assert (order.status, order.reason_code) == (_S.ABSENT, ReasonCode.MODE_REDUCE)
        assert broker.placed == []


async def test_the_latch_of_the_daily_loss_outlives_a_restart_and_ends_with_the_session() -> None:
    async with open_floor() as floor:
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.controls.latch_loss(ACCOUNT, NOW.date())
        # A trader that has just started knows nothing but what is stored.
        assert (await denial(floor, floor.engine())).reason_code is ReasonCode.DAILY_LOSS_LATCHED
        tomorrow = NOW + timedelta(days=1)
        session = ExchangeSession(
            "XNAS", tomorrow.date(), tomorrow - timedelta(minutes=30), tomorrow + timedelta(hours=6), False
        )
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.reference.put_sessions([session], [])
        # Midnight in UTC comes first, and changes nothing.
        floor.desk.clock.advance(timedelta(hours=22))
        before_the_opening = await floor.engine().execute("sg1", approved_by="olivia")
        assert isinstance(before_the_opening, Denied)
        floor.desk.clock.advance(timedelta(hours=2))
        await quote(floor.desk, "150")
        assert not isinstance(await floor.engine().execute("sg1", approved_by="olivia"), Denied)


async def test_reaching_the_daily_loss_latches_it() -> None:
    async with open_floor() as floor:
        losing = replace(LIMITS, max_daily_loss=Decimal(10), max_daily_risk=Decimal(10_000))
        await floor.engine().execute("sg1", approved_by="olivia")
        await quote(floor.desk, "140")
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2")
        denied = await floor.engine(limits=losing).execute("sg2", approved_by="olivia")
        assert isinstance(denied, Denied)
        assert denied.reason_code is ReasonCode.DAILY_LOSS_REACHED
        async with floor.desk.unit_of_work.begin() as transaction:
            assert (await transaction.controls.get(ACCOUNT)).loss_latched_on == NOW.date()


async def test_a_clock_that_jumps_back_brings_no_order_back_to_life() -> None:
    async with open_floor() as floor:
        await quote(floor.desk, "151")
        lost = FailingBroker(floor.desk.broker, Fuse(at=2, fault=Fault.LOST_BEFORE))
        await floor.engine(broker=lost).execute("sg1", approved_by="olivia")
        floor.desk.clock.jump_to(floor.desk.clock.now() - timedelta(hours=1))
        for _ in range(3):
            await floor.reconciler().run_once()
        # Not past its deadline by this clock: nothing may be concluded from its not being there.
        assert (await order_of(floor)).status is _S.UNKNOWN
        floor.desk.clock.advance(timedelta(hours=2))
        await floor.settle()
        assert (await order_of(floor)).status is _S.ABSENT
        with pytest.raises(NotFound):
            await floor.desk.broker.query((await order_of(floor)).client_order_id)


async def test_a_clock_that_jumps_ahead_sends_nothing_late() -> None:
    async with open_floor() as floor:

        async def jumps() -> None:
            floor.desk.clock.advance(timedelta(hours=1))

        broker = FailingBroker(floor.desk.broker, Fuse())
        unit_of_work = Meanwhile(floor.desk.unit_of_work, 3, jumps)
        await floor.engine(unit_of_work=unit_of_work, broker=broker).execute("sg1", approved_by="olivia")
        order = await order_of(floor)
        assert (order.status, order.reason_code) == (_S.ABSENT, "DEADLINE_PASSED")
        assert broker.placed == []


async def test_a_database_that_is_away_leaves_the_alarms_as_they_were() -> None:
    async with open_floor() as floor:
        at = account_of(floor)
        broken = FailingUnitOfWork(floor.desk.unit_of_work, Fuse(at=1, fault=Fault.REFUSED_BEFORE))
        watch = WatchAccount(
            BrokerAccount(booked(floor.desk, broken), at.broker, at.clock, at.account, at.epoch)
        )
        with pytest.raises(Exception, match="refused"):
            await watch.run_once()
        assert watch.alarms == ()


@pytest.mark.parametrize("code", ["DEADLINE_PASSED", "FENCED", "KILLED"])
async def test_a_refusal_that_is_heard_late_is_told_as_one_that_is_heard_at_once(code: str) -> None:
    async with open_floor() as floor:
        await unknown_and_working(floor)
        order = await order_of(floor)
        report = OrderReport(order.client_order_id, "v1", _S.REJECTED, (), code)
        async with floor.desk.unit_of_work.begin() as transaction:
            stored = await transaction.orders.get(order.client_order_id)
            after = await apply_report(transaction, stored, report, at=NOW)
        assert (after.status, after.reason_code) == (_S.ABSENT, code)
        assert await controls(floor) is TradingMode.NORMAL
