"""A desk with an approved signal, ready to execute, and the walk through every fault."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from jax.domain.artifact import Artifact
from jax.domain.bracket import attached_exits
from jax.domain.order import Order, OrderType
from jax.domain.order_status import OPEN, OrderStatus
from jax.domain.position import positions_of
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.risk_limits import RiskLimits
from jax.domain.signal import SignalStatus
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.modules.execution.cancel_entries import CancelEntries
from jax.modules.execution.execute_signal import ExecuteSignal
from jax.modules.execution.reconcile_orders import ReconcileOrders
from jax.modules.execution.record_order import TradingAccount
from jax.ports.broker import Broker
from jax.ports.errors import PortError
from jax.ports.unit_of_work import UnitOfWork
from tests.desk import ACCOUNT, LIMITS, Desk, active_artifact, approved_signal, open_desk, quote
from tests.entry_rights import right_to_enter
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
        right = right_to_enter(self.artifact)
        return ExecuteSignal(
            unit_of_work=booked(self.desk, unit_of_work, limits),
            broker=broker or self.desk.broker,
            clock=self.desk.clock,
            trading=TradingAccount(ACCOUNT, self.epoch, limits, order_type),
            loaded=lambda: {
                payload_sha256: replace(right, artifact_id=artifact_id)
                for payload_sha256, artifact_id in ids.items()
            },
        )

    def reconciler(self, broker: Broker | None = None) -> ReconcileOrders:
        return ReconcileOrders(
            unit_of_work=self.desk.unit_of_work,
            broker=broker or self.desk.broker,
            clock=self.desk.clock,
            account=ACCOUNT,
            epoch=self.epoch,
        )

    def canceling(
        self,
        *,
        unit_of_work: UnitOfWork | None = None,
        broker: Broker | None = None,
        loaded: Mapping[str, str] | None = None,
    ) -> CancelEntries:
        """Of a trader that has nothing loaded, unless told what."""
        ids = {} if loaded is None else loaded
        return CancelEntries(
            unit_of_work=unit_of_work or self.desk.unit_of_work,
            broker=broker or self.desk.broker,
            clock=self.desk.clock,
            trading=TradingAccount(ACCOUNT, self.epoch, LIMITS, OrderType.LIMIT),
            loaded=lambda: ids,
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


def booked(
    desk: Desk, unit_of_work: UnitOfWork | None = None, limits: RiskLimits = LIMITS
) -> BookedUnitOfWork:
    """The desk's transactions, or others, beside a book of its account."""
    return BookedUnitOfWork(
        unit_of_work or desk.unit_of_work,
        ACCOUNT,
        clock=desk.clock,
        orders_kept_for=limits.orders_looked_back,
    )


@asynccontextmanager
async def open_floor(
    unit_of_work: UnitOfWork | None = None, *, has_brackets: bool = False
) -> AsyncIterator[Floor]:
    async with open_desk(unit_of_work, has_brackets=has_brackets) as desk:
        artifact = await active_artifact(desk)
        await approved_signal(desk, artifact)
        await quote(desk, "150")
        async with desk.unit_of_work.begin() as transaction:
            epoch = await transaction.orders.raise_epoch(ACCOUNT)
        yield Floor(desk, artifact, epoch)


async def denial(floor: Floor, engine: ExecuteSignal, *, by: str = "olivia") -> Denied:
    """The denial of the signal's execution, which has left nothing behind but its audit entry."""
    outcome = await engine.execute("sg1", approved_by=by)
    assert isinstance(outcome, Denied)
    assert await floor.order() is None
    assert await floor.signal_status() is SignalStatus.APPROVED
    async with floor.desk.unit_of_work.begin() as transaction:
        denials = await transaction.audit.entries(kind="order.denied")
    assert len(denials) == (0 if outcome.reason_code is ReasonCode.FENCED else 1)
    assert await floor.desk.broker.positions(ACCOUNT) == {}
    return outcome


OpenFloor = Callable[[], AbstractAsyncContextManager[Floor]]


async def _run_with_fault(floor: Floor, at: int, fault: Fault) -> Fuse:
    fuse = Fuse(at=at, fault=fault)
    engine = floor.engine(
        unit_of_work=FailingUnitOfWork(floor.desk.unit_of_work, fuse),
        broker=FailingBroker(floor.desk.broker, fuse),
    )
    with contextlib.suppress(Crash, PortError):
        await engine.execute("sg1", approved_by="olivia")
    return fuse


async def walk_through_every_fault(open_floor: OpenFloor) -> None:
    """Every call of the protocol fails in every way; a restarted trader asks again; both sides agree."""
    async with open_floor() as floor:
        steps = (await _run_with_fault(floor, 0, Fault.CRASH_BEFORE)).log
    assert steps == ["commit", "account", "commit", "commit", "place", "commit"]
    for at in range(1, len(steps) + 1):
        for fault in Fault:
            async with open_floor() as floor:
                await _run_with_fault(floor, at, fault)
                await floor.settle()
                await floor.engine().execute("sg1", approved_by="olivia")
                await floor.settle()
                await check_agreement(floor, where=f"{steps[at - 1]} ({at}): {fault.value}")


async def check_agreement(floor: Floor, *, where: str) -> None:
    """One order at most, on record as the venue has it; `where` says what went wrong before."""
    order = await floor.order()
    assert order is not None, where
    async with floor.desk.unit_of_work.begin() as transaction:
        booked = positions_of(await transaction.orders.fills(ACCOUNT))
        unresolved = await transaction.orders.in_status(ACCOUNT, OPEN - {OrderStatus.NEW})
        working = await transaction.orders.in_status(ACCOUNT, frozenset({OrderStatus.NEW}))
    exits = {out.client_order_id for out in attached_exits(order, at=order.updated_at)}
    ours = {symbol: position.signed_quantity for symbol, position in booked.items()}
    assert ours == dict(await floor.desk.broker.positions(ACCOUNT)), where
    assert not unresolved, where
    protected = exits if order.status is OrderStatus.FILLED else set()
    assert {out.client_order_id for out in working} == protected, where
    assert {out.client_order_id for out in await floor.desk.broker.working_orders(ACCOUNT)} == protected
    assert order.status in {OrderStatus.FILLED, OrderStatus.ABSENT}, where
    assert ours in ({"AAPL": Decimal(133)}, {}), where
    final = SignalStatus.EXECUTED if order.status is OrderStatus.FILLED else SignalStatus.REJECTED
    assert await floor.signal_status() is final, where
