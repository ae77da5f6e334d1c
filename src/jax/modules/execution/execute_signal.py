"""From an approved signal to at most one order at the broker."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from jax.domain.errors import InvalidValue
from jax.domain.loaded_artifact import EntryRight
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.trade import Trade
from jax.modules.execution.apply_report import apply_report, locked_order, save_order
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.record_order import ExecutionRequest, TradingAccount, record_order
from jax.modules.execution.risk_state import reserved
from jax.ports.broker import NEVER_PLACED, Broker, OrderReport
from jax.ports.clock import Clock
from jax.ports.errors import PortError, Refused
from jax.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Executed:
    """The trade of the signal and its order as it stands; `repeated` when it was there before the call."""

    trade: Trade
    order: Order
    repeated: bool


class ExecuteSignal:
    """Record, commit, ask the gate once more, send, record the answer, commit.

    A revocation waits for nobody, so one that is committed after that last question and before the broker
    has the order does not stop it: it is canceled as a working entry (CancelEntries).

    A crash or an error between the two commits leaves an order in PENDING_NEW or UNKNOWN, which
    reconciliation resolves by asking the broker; nothing is ever sent twice for one signal.
    """

    def __init__(
        self,
        *,
        unit_of_work: UnitOfWork,
        broker: Broker,
        clock: Clock,
        trading: TradingAccount,
        loaded: Callable[[], Mapping[str, EntryRight]],
    ) -> None:
        """`loaded` says what this trader may enter for now, by the hashes of its artifacts."""
        self._unit_of_work = unit_of_work
        self._broker = broker
        self._clock = clock
        self._trading = trading
        self._loaded = loaded
        self._one_at_a_time = asyncio.Lock()

    async def execute(self, signal_id: str, *, approved_by: str) -> Executed | Denied:
        """The trade of the signal, or why there is none.

        NotFound for an unknown signal; Unavailable when the database could not be reached before anything
        was recorded; OutcomeUnknown when it was lost during the first commit: nothing was sent then, and the
        same call may be made again.
        """
        recorded = await self._record(signal_id, approved_by=approved_by)
        if isinstance(recorded, Denied | Executed):
            return recorded
        trade, order = recorded
        return Executed(trade, await self._send(order), repeated=False)

    async def _record(self, signal_id: str, *, approved_by: str) -> tuple[Trade, Order] | Executed | Denied:
        # One at a time: what one reserves must be seen by the next before it asks for the account's means.
        async with self._one_at_a_time:
            async with self._unit_of_work.begin() as transaction:
                before = await transaction.orders.trade_of_signal(signal_id)
                held_back = await reserved(transaction, self._trading.account)
            if before is not None:
                return Executed(*before, repeated=True)
            try:
                snapshot = await broker_answer(self._broker.account(self._trading.account))
            except PortError as error:
                return Denied(ReasonCode.BROKER_UNAVAILABLE, f"{self._broker.name} does not answer: {error}")
            request = ExecutionRequest(
                signal_id=signal_id,
                approved_by=approved_by,
                venue=self._broker.name,
                snapshot=snapshot,
                reserved=held_back,
                at=self._clock.now(),
            )
            return await self._commit(request)

    async def _commit(self, request: ExecutionRequest) -> tuple[Trade, Order] | Executed | Denied:
        async with self._unit_of_work.begin() as transaction:
            # Locking the account first makes a second caller wait here until the first has recorded.
            await transaction.orders.lock_account(self._trading.account)
            before = await transaction.orders.trade_of_signal(request.signal_id)
            if before is not None:
                return Executed(*before, repeated=True)
            return await record_order(transaction, self._trading, request, self._loaded())

    async def _send(self, order: Order) -> Order:
        held_back = await self._reason_to_hold_back(order)
        if held_back is not None:
            return await self._close(order, OrderStatus.ABSENT, held_back)
        try:
            report = await broker_answer(self._broker.place(order))
        except Refused as error:
            closed = OrderStatus.ABSENT if error.code in NEVER_PLACED else OrderStatus.REJECTED
            return await self._close(order, closed, error.code)
        except (PortError, InvalidValue) as error:
            # It may be at the broker, whatever the answer was: only evidence may say otherwise.
            return await self._close(order, OrderStatus.UNKNOWN, type(error).__name__)
        return await self._apply(order, report)

    async def _reason_to_hold_back(self, order: Order) -> str | None:
        """Why the recorded order stays in the house; nothing may come between a None and the sending."""
        # The commit, or this process, may have stood still for as long as it took to revoke the artifact, and
        # the trader may not have heard of it yet.
        try:
            async with self._unit_of_work.begin() as transaction:
                is_loadable = await transaction.artifacts.is_loadable(order.artifact_id)
        except PortError:
            return "GATE_NOT_READ"
        if not (self._clock.now() <= order.deadline_at):
            return "DEADLINE_PASSED"
        right = self._loaded().get(order.artifact_hash)
        if not is_loadable or right is None or right.artifact_id != order.artifact_id:
            return ReasonCode.ARTIFACT_NOT_LOADABLE
        return None

    async def _apply(self, order: Order, report: OrderReport) -> Order:
        try:
            async with self._unit_of_work.begin() as transaction:
                stored = await locked_order(transaction, order)
                return await apply_report(transaction, stored, report, at=self._clock.now())
        except (PortError, InvalidValue):
            # The broker has it, and its answer could not be booked: reconciliation asks it again, and
            # raises the alarm when the answer is still one that cannot be.
            return order

    async def _close(self, order: Order, status: OrderStatus, reason_code: str) -> Order:
        try:
            async with self._unit_of_work.begin() as transaction:
                stored = await locked_order(transaction, order)
                if stored.status is not OrderStatus.PENDING_NEW:
                    return stored
                moved = stored.moved_to(status, at=self._clock.now(), reason_code=reason_code)
                return await save_order(transaction, moved, before=stored)
        except PortError:
            return replace(order, status=OrderStatus.UNKNOWN, reason_code=reason_code)
