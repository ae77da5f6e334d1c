"""One approved signal becomes at most one order, whatever fails and whoever asks."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.account import AccountSnapshot
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.order import Order, OrderType
from jax.domain.order_status import OPEN, OrderStatus
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.side import Side
from jax.domain.signal import SignalStatus
from jax.modules.execution.execute_signal import Executed
from jax.ports.broker import OrderReport
from jax.ports.errors import NotFound, OutcomeUnknown, Refused
from tests.desk import ACCOUNT, LIMITS, approved_signal, quote
from tests.failing_ports import FailingBroker, FailingUnitOfWork, Fault, Fuse, PassingBroker
from tests.floor import denial, open_floor, walk_through_every_fault


async def test_an_approved_signal_is_sized_sent_filled_and_recorded_with_its_artifact() -> None:
    async with open_floor() as floor:
        outcome = await floor.engine().execute("sg1", approved_by="olivia")
        assert isinstance(outcome, Executed)
        trade, order = outcome.trade, outcome.order
        assert (trade.quantity, trade.risk_amount, trade.risk_fraction, trade.position_value) == (
            Decimal(133),
            Decimal("665.00"),
            Decimal("0.00665"),
            Decimal("19950"),
        )
        assert (order.status, order.filled_quantity, order.average_price) == (
            OrderStatus.FILLED,
            Decimal(133),
            Decimal(150),
        )
        assert (trade.artifact_id, trade.artifact_hash) == (
            floor.artifact.artifact_id,
            floor.artifact.payload_sha256,
        )
        assert (trade.approved_by, outcome.repeated) == ("olivia", False)
        assert trade.policy_sha256 == DESK_POLICY.sha256
        assert order.venue_order_id is not None
        assert await floor.signal_status() is SignalStatus.EXECUTED
        assert await floor.desk.broker.positions(ACCOUNT) == {"AAPL": Decimal(133)}
        async with floor.desk.unit_of_work.begin() as transaction:
            (fill,) = await transaction.orders.fills(ACCOUNT)
            assert (fill.quantity, fill.price) == (Decimal(133), Decimal(150))
            kinds = [entry.event.kind for entry in await transaction.audit.entries()]
    assert kinds[-2:] == ["order.decided", "order.changed"]


async def test_fifty_callers_at_once_get_one_order_and_one_answer() -> None:
    async with open_floor() as floor:
        engine = floor.engine()
        outcomes = await asyncio.gather(*(engine.execute("sg1", approved_by="olivia") for _ in range(50)))
        trades = {outcome.trade for outcome in outcomes if isinstance(outcome, Executed)}
        assert len(trades) == 1
        assert [o.repeated for o in outcomes if isinstance(o, Executed)].count(False) == 1
        assert await floor.desk.broker.positions(ACCOUNT) == {"AAPL": Decimal(133)}


async def test_a_limit_order_works_until_the_market_reaches_it() -> None:
    async with open_floor() as floor:
        await quote(floor.desk, "151")
        outcome = await floor.engine().execute("sg1", approved_by="olivia")
        assert isinstance(outcome, Executed)
        assert outcome.order.status is OrderStatus.NEW
        assert await floor.signal_status() is SignalStatus.EXECUTED
        await quote(floor.desk, "149")
        assert await floor.reconciler().run_once() == 1
        order = await floor.order()
    assert order is not None
    assert order.status is OrderStatus.FILLED


async def test_a_market_order_carries_no_limit() -> None:
    async with open_floor() as floor:
        await quote(floor.desk, "151")
        outcome = await floor.engine(order_type=OrderType.MARKET).execute("sg1", approved_by="olivia")
    assert isinstance(outcome, Executed)
    assert (outcome.order.limit_price, outcome.order.average_price) == (None, Decimal(151))


async def test_a_refusal_by_the_broker_closes_order_and_signal() -> None:
    class Refusing(PassingBroker):
        async def place(self, order: Order) -> OrderReport:
            raise Refused("not today", code="NOT_TODAY")

    async with open_floor() as floor:
        refusing = floor.engine(broker=Refusing(floor.desk.broker))
        outcome = await refusing.execute("sg1", approved_by="olivia")
        assert isinstance(outcome, Executed)
        assert (outcome.order.status, outcome.order.reason_code) == (OrderStatus.REJECTED, "NOT_TODAY")
        assert await floor.signal_status() is SignalStatus.REJECTED


async def test_a_trader_with_an_older_epoch_is_fenced() -> None:
    async with open_floor() as floor:
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.orders.raise_epoch(ACCOUNT)
        denied = await denial(floor, floor.engine())
    assert denied.reason_code is ReasonCode.FENCED


async def test_a_signal_of_an_artifact_that_is_not_loaded_is_denied() -> None:
    async with open_floor() as floor:
        for loaded in ({}, {floor.artifact.payload_sha256: "another-artifact"}):
            engine = floor.engine(loaded=loaded)
            outcome = await engine.execute("sg1", approved_by="olivia")
            assert isinstance(outcome, Denied)
            assert outcome.reason_code is ReasonCode.ARTIFACT_NOT_LOADED


async def test_an_artifact_revoked_since_it_was_loaded_does_not_trade() -> None:
    async with open_floor() as floor:
        await floor.desk.gate.revoke(floor.artifact)
        denied = await denial(floor, floor.engine())
    assert denied.reason_code is ReasonCode.ARTIFACT_NOT_LOADABLE
    assert "REVOKED" in denied.detail


@pytest.mark.parametrize("first_close", ["150", "151"])
async def test_a_full_book_denies_a_new_symbol_whether_held_or_only_ordered(first_close: str) -> None:
    async with open_floor() as floor:
        await quote(floor.desk, first_close)
        await floor.engine().execute("sg1", approved_by="olivia")
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
        await quote(floor.desk, "150", symbol="MSFT")
        await approved_signal(floor.desk, floor.artifact, signal_id="sg3")
        tight = floor.engine(limits=replace(LIMITS, max_open_positions=1))
        denied = await tight.execute("sg2", approved_by="olivia")
        assert isinstance(denied, Denied)
        assert denied.reason_code is ReasonCode.TOO_MANY_POSITIONS
        assert denied.numbers == {"open_positions": Decimal(1), "max_open_positions": Decimal(1)}
        again = await tight.execute("sg3", approved_by="olivia")
        assert isinstance(again, Executed), "more of what is held is no new position"


async def test_a_repeat_is_answered_from_the_record_without_asking_the_broker() -> None:
    async with open_floor() as floor:
        first = await floor.engine().execute("sg1", approved_by="olivia")
        broken = FailingBroker(floor.desk.broker, Fuse(at=1, fault=Fault.REFUSED_BEFORE))
        again = await floor.engine(broker=broken).execute("sg1", approved_by="olivia")
    assert isinstance(first, Executed)
    assert isinstance(again, Executed)
    assert (again.trade, again.order, again.repeated) == (first.trade, first.order, True)


async def test_an_answer_that_comes_after_reconciliation_does_not_undo_it() -> None:
    async with open_floor() as floor:

        class SlowBroker(FailingBroker):
            async def place(self, order: Order) -> OrderReport:
                await super().place(order)
                floor.desk.clock.advance(timedelta(seconds=10))
                assert await floor.reconciler().run_once() == 1
                raise OutcomeUnknown("no answer")

        slow = SlowBroker(floor.desk.broker, Fuse())
        outcome = await floor.engine(broker=slow).execute("sg1", approved_by="olivia")
        assert isinstance(outcome, Executed)
        assert outcome.order.status is OrderStatus.FILLED
        assert await floor.order() == outcome.order


async def test_a_working_order_that_the_broker_does_not_know_is_left_as_it_is() -> None:
    async with open_floor() as floor, open_floor() as elsewhere:
        await quote(floor.desk, "151")
        await floor.engine().execute("sg1", approved_by="olivia")
        for _ in range(4):
            floor.desk.clock.advance(timedelta(seconds=10))
            assert await floor.reconciler(elsewhere.desk.broker).run_once() == 0
        order = await floor.order()
    assert order is not None
    assert order.status is OrderStatus.NEW


async def test_a_signal_that_nobody_approved_and_one_that_does_not_exist() -> None:
    async with open_floor() as floor:
        async with floor.desk.unit_of_work.begin() as transaction:
            signal = await transaction.signals.get("sg1")
            await transaction.signals.save(
                signal.moved_to(SignalStatus.REJECTED, by="olivia", at=floor.desk.clock.now())
            )
        outcome = await floor.engine().execute("sg1", approved_by="olivia")
        assert isinstance(outcome, Denied)
        assert outcome.reason_code is ReasonCode.SIGNAL_NOT_APPROVED
        with pytest.raises(NotFound):
            await floor.engine().execute("sg-none", approved_by="olivia")


async def test_a_day_without_a_known_session_is_denied() -> None:
    async with open_floor() as floor:
        floor.desk.clock.jump_to(floor.desk.clock.now() - timedelta(days=30))
        denied = await denial(floor, floor.engine())
    assert denied.reason_code is ReasonCode.SESSION_UNKNOWN


async def test_the_loss_realised_since_the_session_opened_counts_and_earlier_loss_does_not() -> None:
    async with open_floor() as floor:
        await floor.engine().execute("sg1", approved_by="olivia")
        async with floor.desk.unit_of_work.begin() as transaction:
            (bought,) = await transaction.orders.fills(ACCOUNT)
            sold = replace(bought, execution_id="manual", side=Side.SELL, price=Decimal(140))
            await transaction.orders.add_fill(ACCOUNT, sold)
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2")
        denied = await floor.engine().execute("sg2", approved_by="olivia")
        assert isinstance(denied, Denied)
        assert denied.reason_code is ReasonCode.DAILY_LOSS_REACHED
        assert denied.numbers["realized_today"] == Decimal(-1330)


async def test_a_loss_of_an_earlier_session_does_not_count() -> None:
    async with open_floor() as floor:
        outcome = await floor.engine().execute("sg1", approved_by="olivia")
        assert isinstance(outcome, Executed)
        async with floor.desk.unit_of_work.begin() as transaction:
            (bought,) = await transaction.orders.fills(ACCOUNT)
            yesterday = bought.ts_event - timedelta(days=1)
            loss = {"sell": (Side.SELL, Decimal(140)), "buy": (Side.BUY, Decimal(150))}
            for name, (side, price) in loss.items():
                old = replace(bought, execution_id=name, side=side, price=price, ts_event=yesterday)
                await transaction.orders.add_fill(ACCOUNT, old)
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2")
        assert isinstance(await floor.engine().execute("sg2", approved_by="olivia"), Executed)


async def test_an_unavailable_broker_denies_before_anything_is_recorded() -> None:
    async with open_floor() as floor:
        broker = FailingBroker(floor.desk.broker, Fuse(at=1, fault=Fault.REFUSED_BEFORE))
        outcome = await floor.engine(broker=broker).execute("sg1", approved_by="olivia")
        assert isinstance(outcome, Denied)
        assert outcome.reason_code is ReasonCode.BROKER_UNAVAILABLE
        assert await floor.order() is None


async def test_no_answer_from_the_broker_is_unknown_and_never_rejected() -> None:
    for fault in (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.REFUSED_BEFORE):
        async with open_floor() as floor:
            broker = FailingBroker(floor.desk.broker, Fuse(at=2, fault=fault))
            outcome = await floor.engine(broker=broker).execute("sg1", approved_by="olivia")
            assert isinstance(outcome, Executed)
            assert outcome.order.status is OrderStatus.UNKNOWN
            assert await floor.signal_status() is SignalStatus.APPROVED
            async with floor.desk.unit_of_work.begin() as transaction:
                (held,) = await transaction.orders.in_status(ACCOUNT, OPEN)
            assert held.status is OrderStatus.UNKNOWN, "its risk stays reserved"


async def test_a_broker_that_never_answers_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jax.modules.execution.broker_answer._WITHIN_SECONDS", 0.01)
    never = asyncio.Event()

    class HangingBroker(FailingBroker):
        hangs = "account"

        async def account(self, account: str) -> AccountSnapshot:
            if self.hangs == "account":
                await never.wait()
            return await super().account(account)

        async def place(self, order: Order) -> OrderReport:
            report = await super().place(order)
            await never.wait()
            return report

        async def query(self, client_order_id: str) -> OrderReport:
            await never.wait()
            return await super().query(client_order_id)

    async with open_floor() as floor, asyncio.timeout(10):
        hanging = HangingBroker(floor.desk.broker, Fuse())
        denied = await floor.engine(broker=hanging).execute("sg1", approved_by="olivia")
        assert isinstance(denied, Denied)
        assert denied.reason_code is ReasonCode.BROKER_UNAVAILABLE
        hanging.hangs = "place"
        sent = await floor.engine(broker=hanging).execute("sg1", approved_by="olivia")
        assert isinstance(sent, Executed)
        assert (sent.order.status, len(hanging.placed)) == (OrderStatus.UNKNOWN, 1)
        assert await floor.reconciler(hanging).run_once() == 0
        assert await floor.reconciler().run_once() == 1


async def test_one_not_found_is_no_proof_and_neither_is_an_early_one() -> None:
    async with open_floor() as floor:
        broker = FailingBroker(floor.desk.broker, Fuse(at=2, fault=Fault.LOST_BEFORE))
        await floor.engine(broker=broker).execute("sg1", approved_by="olivia")
        statuses = []
        for seconds in (0, 3, 3, 3, 3):
            floor.desk.clock.advance(timedelta(seconds=seconds))
            await floor.reconciler().run_once()
            order = await floor.order()
            assert order is not None
            statuses.append(order.status)
        assert statuses == [
            OrderStatus.UNKNOWN,
            OrderStatus.UNKNOWN,
            OrderStatus.UNKNOWN,
            OrderStatus.UNKNOWN,
            OrderStatus.ABSENT,
        ]
        assert await floor.signal_status() is SignalStatus.REJECTED


async def test_a_query_that_fails_changes_nothing() -> None:
    async with open_floor() as floor:
        lost = FailingBroker(floor.desk.broker, Fuse(at=2, fault=Fault.LOST_AFTER))
        await floor.engine(broker=lost).execute("sg1", approved_by="olivia")
        floor.desk.clock.advance(timedelta(minutes=5))
        broken = FailingBroker(floor.desk.broker, Fuse(at=1, fault=Fault.LOST_BEFORE))
        assert await floor.reconciler(broken).run_once() == 0
        order = await floor.order()
        assert order is not None
        assert order.status is OrderStatus.UNKNOWN
        assert await floor.reconciler().run_once() == 1


async def test_an_answer_that_cannot_be_is_no_refusal_and_is_asked_for_again() -> None:
    async with open_floor() as floor:

        class WildBroker(FailingBroker):
            async def place(self, order: Order) -> OrderReport:
                report = await super().place(order)
                return replace(report, fills=(replace(report.fills[0], quantity=Decimal(99_999)),))

        class UnreadableBroker(FailingBroker):
            async def place(self, order: Order) -> OrderReport:
                await super().place(order)
                raise InvalidValue("price", "the answer cannot be read")

        await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
        await quote(floor.desk, "150", symbol="MSFT")
        wild = WildBroker(floor.desk.broker, Fuse())
        unreadable = UnreadableBroker(floor.desk.broker, Fuse())
        outcomes = [
            await floor.engine(broker=wild).execute("sg1", approved_by="olivia"),
            await floor.engine(broker=unreadable).execute("sg2", approved_by="olivia"),
        ]
        statuses = [outcome.order.status for outcome in outcomes if isinstance(outcome, Executed)]
        assert statuses == [OrderStatus.PENDING_NEW, OrderStatus.UNKNOWN]
        assert await floor.reconciler().run_once() == 2
        order = await floor.order()
        assert order is not None
        assert order.status is OrderStatus.FILLED


async def test_an_order_whose_deadline_has_passed_is_not_sent() -> None:
    async with open_floor() as floor:
        fuse = Fuse()
        broker = FailingBroker(floor.desk.broker, fuse)

        class SlowCommit(FailingUnitOfWork):
            @asynccontextmanager
            async def begin(self):  # type: ignore[no-untyped-def]  # as its parent
                async with super().begin() as transaction:
                    yield transaction
                if "account" in fuse.log:
                    floor.desk.clock.advance(timedelta(seconds=6))

        outcome = await floor.engine(
            broker=broker, unit_of_work=SlowCommit(floor.desk.unit_of_work, Fuse())
        ).execute("sg1", approved_by="olivia")
        assert isinstance(outcome, Executed)
        assert (outcome.order.status, broker.placed) == (OrderStatus.ABSENT, [])


async def test_a_fault_at_any_step_ends_in_one_order_that_both_sides_agree_on() -> None:
    await walk_through_every_fault(open_floor)
