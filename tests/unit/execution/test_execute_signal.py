"""One approved signal becomes at most one order, whatever fails and whoever asks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.entry_decision import RiskLimits
from jax.domain.order import Order, OrderType
from jax.domain.order_status import OPEN, OrderStatus
from jax.domain.position import positions_of
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.signal import SignalStatus
from jax.modules.execution.execute_signal import Executed, ExecuteSignal
from jax.modules.execution.reconcile_orders import ReconcileOrders
from jax.modules.execution.record_order import TradingAccount
from jax.ports.broker import Broker
from jax.ports.errors import NotFound, PortError
from jax.ports.unit_of_work import UnitOfWork
from tests.desk import ACCOUNT, LIMITS, Desk, active_artifact, approved_signal, open_desk, quote
from tests.failing_ports import Crash, FailingBroker, FailingUnitOfWork, Fault, Fuse


@dataclass(frozen=True, slots=True)
class Floor:
    """A desk with an approved signal and a trader that holds the account's epoch."""

    desk: Desk
    artifact: Artifact
    epoch: int

    def engine(
        self,
        *,
        unit_of_work: UnitOfWork | None = None,
        broker: Broker | None = None,
        limits: RiskLimits = LIMITS,
        order_type: OrderType = OrderType.LIMIT,
        loaded: Mapping[str, str] | None = None,
    ) -> ExecuteSignal:
        ids = {self.artifact.payload_sha256: self.artifact.artifact_id} if loaded is None else loaded
        return ExecuteSignal(
            unit_of_work=unit_of_work or self.desk.unit_of_work,
            broker=broker or self.desk.broker,
            clock=self.desk.clock,
            trading=TradingAccount(ACCOUNT, self.epoch, limits, order_type),
            loaded=lambda: ids,
        )

    def reconciler(self, broker: Broker | None = None) -> ReconcileOrders:
        return ReconcileOrders(
            unit_of_work=self.desk.unit_of_work,
            broker=broker or self.desk.broker,
            clock=self.desk.clock,
            account=ACCOUNT,
        )

    async def order(self) -> Order | None:
        async with self.desk.unit_of_work.begin() as transaction:
            found = await transaction.orders.trade_of_signal("sg1")
        return None if found is None else found[1]

    async def signal_status(self) -> SignalStatus:
        async with self.desk.unit_of_work.begin() as transaction:
            return (await transaction.signals.get("sg1")).status

    async def settle(self) -> None:
        """Time passes and the reconciler runs until nothing changes any more."""
        for _ in range(6):
            self.desk.clock.advance(timedelta(seconds=5))
            await self.reconciler().run_once()


@asynccontextmanager
async def open_floor() -> AsyncIterator[Floor]:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        await approved_signal(desk, artifact)
        await quote(desk, "150")
        async with desk.unit_of_work.begin() as transaction:
            epoch = await transaction.orders.raise_epoch(ACCOUNT)
        yield Floor(desk, artifact, epoch)


async def test_an_approved_signal_is_sized_sent_filled_and_recorded_with_its_artifact() -> None:
    async with open_floor() as floor:
        outcome = await floor.engine().execute("sg1", "olivia")
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
        outcomes = await asyncio.gather(*(engine.execute("sg1", "olivia") for _ in range(50)))
        trades = {outcome.trade for outcome in outcomes if isinstance(outcome, Executed)}
        assert len(trades) == 1
        assert [o.repeated for o in outcomes if isinstance(o, Executed)].count(False) == 1
        assert await floor.desk.broker.positions(ACCOUNT) == {"AAPL": Decimal(133)}


async def test_a_limit_order_works_until_the_market_reaches_it() -> None:
    async with open_floor() as floor:
        await quote(floor.desk, "151")
        outcome = await floor.engine().execute("sg1", "olivia")
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
        outcome = await floor.engine(order_type=OrderType.MARKET).execute("sg1", "olivia")
    assert isinstance(outcome, Executed)
    assert (outcome.order.limit_price, outcome.order.average_price) == (None, Decimal(151))


async def test_a_refusal_by_the_broker_closes_order_and_signal() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        await approved_signal(desk, artifact)
        async with desk.unit_of_work.begin() as transaction:
            epoch = await transaction.orders.raise_epoch(ACCOUNT)
        floor = Floor(desk, artifact, epoch)
        outcome = await floor.engine().execute("sg1", "olivia")
        assert isinstance(outcome, Executed)
        assert (outcome.order.status, outcome.order.reason_code) == (OrderStatus.REJECTED, "NO_QUOTE")
        assert await floor.signal_status() is SignalStatus.REJECTED


async def _denial(floor: Floor, engine: ExecuteSignal) -> Denied:
    outcome = await engine.execute("sg1", "olivia")
    assert isinstance(outcome, Denied)
    assert await floor.order() is None
    assert await floor.signal_status() is SignalStatus.APPROVED
    async with floor.desk.unit_of_work.begin() as transaction:
        denials = await transaction.audit.entries(kind="order.denied")
    assert len(denials) == (0 if outcome.reason_code is ReasonCode.FENCED else 1)
    assert await floor.desk.broker.positions(ACCOUNT) == {}
    return outcome


async def test_a_trader_with_an_older_epoch_is_fenced() -> None:
    async with open_floor() as floor:
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.orders.raise_epoch(ACCOUNT)
        denied = await _denial(floor, floor.engine())
    assert denied.reason_code is ReasonCode.FENCED


async def test_a_signal_of_an_artifact_that_is_not_loaded_is_denied() -> None:
    async with open_floor() as floor:
        for loaded in ({}, {floor.artifact.payload_sha256: "another-artifact"}):
            engine = floor.engine(loaded=loaded)
            outcome = await engine.execute("sg1", "olivia")
            assert isinstance(outcome, Denied)
            assert outcome.reason_code is ReasonCode.ARTIFACT_NOT_LOADED


async def test_an_artifact_revoked_since_it_was_loaded_does_not_trade() -> None:
    async with open_floor() as floor:
        await floor.desk.gate.advance(
            floor.artifact.artifact_id, ArtifactState.REVOKED, actor="rosa", reason="bad data"
        )
        denied = await _denial(floor, floor.engine())
    assert denied.reason_code is ReasonCode.ARTIFACT_NOT_LOADABLE
    assert "REVOKED" in denied.detail


async def test_a_full_book_denies_a_new_symbol_with_its_numbers() -> None:
    async with open_floor() as floor:
        await floor.engine().execute("sg1", "olivia")
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2")
        tight = replace(LIMITS, max_open_positions=1)
        again = await floor.engine(limits=tight).execute("sg2", "olivia")
        assert isinstance(again, Executed), "AAPL is held already: its own position is no new one"


async def test_a_signal_that_nobody_approved_and_one_that_does_not_exist() -> None:
    async with open_floor() as floor:
        async with floor.desk.unit_of_work.begin() as transaction:
            signal = await transaction.signals.get("sg1")
            await transaction.signals.save(
                signal.moved_to(SignalStatus.REJECTED, by="olivia", at=floor.desk.clock.now())
            )
        outcome = await floor.engine().execute("sg1", "olivia")
        assert isinstance(outcome, Denied)
        assert outcome.reason_code is ReasonCode.SIGNAL_NOT_APPROVED
        with pytest.raises(NotFound):
            await floor.engine().execute("sg-none", "olivia")


async def test_a_day_without_a_known_session_is_denied() -> None:
    async with open_floor() as floor:
        floor.desk.clock.jump_to(floor.desk.clock.now() - timedelta(days=30))
        denied = await _denial(floor, floor.engine())
    assert denied.reason_code is ReasonCode.SESSION_UNKNOWN


async def test_the_loss_realised_since_the_session_opened_counts_and_earlier_loss_does_not() -> None:
    async with open_floor() as floor:
        await floor.engine().execute("sg1", "olivia")
        async with floor.desk.unit_of_work.begin() as transaction:
            (bought,) = await transaction.orders.fills(ACCOUNT)
            sold = replace(bought, execution_id="manual", side=bought.side.__class__.SELL, price=Decimal(140))
            await transaction.orders.add_fill(ACCOUNT, sold)
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2")
        denied = await floor.engine().execute("sg2", "olivia")
        assert isinstance(denied, Denied)
        assert denied.reason_code is ReasonCode.DAILY_LOSS_REACHED
        assert denied.numbers["realized_today"] == Decimal(-1330)


async def test_an_unavailable_broker_denies_before_anything_is_recorded() -> None:
    async with open_floor() as floor:
        broker = FailingBroker(floor.desk.broker, Fuse(at=1, fault=Fault.REFUSED_BEFORE))
        outcome = await floor.engine(broker=broker).execute("sg1", "olivia")
        assert isinstance(outcome, Denied)
        assert outcome.reason_code is ReasonCode.BROKER_UNAVAILABLE
        assert await floor.order() is None


async def test_no_answer_from_the_broker_is_unknown_and_never_rejected() -> None:
    for fault in (Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.REFUSED_BEFORE):
        async with open_floor() as floor:
            broker = FailingBroker(floor.desk.broker, Fuse(at=2, fault=fault))
            outcome = await floor.engine(broker=broker).execute("sg1", "olivia")
            assert isinstance(outcome, Executed)
            assert outcome.order.status is OrderStatus.UNKNOWN
            assert await floor.signal_status() is SignalStatus.APPROVED
            async with floor.desk.unit_of_work.begin() as transaction:
                (held,) = await transaction.orders.in_status(ACCOUNT, OPEN)
            assert held.status is OrderStatus.UNKNOWN, "its risk stays reserved"


async def test_one_not_found_is_no_proof_and_neither_is_an_early_one() -> None:
    async with open_floor() as floor:
        broker = FailingBroker(floor.desk.broker, Fuse(at=2, fault=Fault.LOST_BEFORE))
        await floor.engine(broker=broker).execute("sg1", "olivia")
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
        await floor.engine(broker=lost).execute("sg1", "olivia")
        floor.desk.clock.advance(timedelta(minutes=5))
        broken = FailingBroker(floor.desk.broker, Fuse(at=1, fault=Fault.LOST_BEFORE))
        assert await floor.reconciler(broken).run_once() == 0
        order = await floor.order()
        assert order is not None
        assert order.status is OrderStatus.UNKNOWN
        assert await floor.reconciler().run_once() == 1


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
        ).execute("sg1", "olivia")
        assert isinstance(outcome, Executed)
        assert (outcome.order.status, broker.placed) == (OrderStatus.ABSENT, [])


async def _run_with_fault(floor: Floor, at: int, fault: Fault) -> Fuse:
    fuse = Fuse(at=at, fault=fault)
    engine = floor.engine(
        unit_of_work=FailingUnitOfWork(floor.desk.unit_of_work, fuse),
        broker=FailingBroker(floor.desk.broker, fuse),
    )
    with contextlib.suppress(Crash, PortError):
        await engine.execute("sg1", "olivia")
    return fuse


async def test_a_fault_at_any_step_ends_in_one_order_that_both_sides_agree_on() -> None:
    """Every call of the protocol fails in every way; a restarted trader asks again."""
    async with open_floor() as floor:
        steps = (await _run_with_fault(floor, 0, Fault.CRASH_BEFORE)).log
    assert steps == ["commit", "account", "commit", "place", "commit"]
    for at in range(1, len(steps) + 1):
        for fault in Fault:
            async with open_floor() as floor:
                await _run_with_fault(floor, at, fault)
                await floor.settle()
                await floor.engine().execute("sg1", "olivia")
                await floor.settle()
                await _check_agreement(floor, where=f"{steps[at - 1]} ({at}): {fault.value}")


async def _check_agreement(floor: Floor, *, where: str) -> None:
    order = await floor.order()
    assert order is not None, where
    async with floor.desk.unit_of_work.begin() as transaction:
        booked = positions_of(await transaction.orders.fills(ACCOUNT))
        unresolved = await transaction.orders.in_status(ACCOUNT, OPEN)
    ours = {symbol: position.signed_quantity for symbol, position in booked.items()}
    assert ours == dict(await floor.desk.broker.positions(ACCOUNT)), where
    assert not unresolved, where
    assert order.status in {OrderStatus.FILLED, OrderStatus.ABSENT}, where
    assert ours in ({"AAPL": Decimal(133)}, {}), where
    final = SignalStatus.EXECUTED if order.status is OrderStatus.FILLED else SignalStatus.REJECTED
    assert await floor.signal_status() is final, where
