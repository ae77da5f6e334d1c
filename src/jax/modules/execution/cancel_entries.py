"""Takes back the entries of artifacts that this trader does not run any more."""

from collections.abc import Callable, Mapping

from jax.domain.audit import TRADER, AuditEvent
from jax.domain.canonical_json import Json, NotCanonical
from jax.domain.errors import InvalidValue
from jax.domain.order import Order
from jax.domain.order_status import OPEN, OrderStatus
from jax.domain.reason_code import ReasonCode
from jax.modules.execution.apply_report import apply_report, save_order
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.fenced_order import fenced_order
from jax.modules.execution.record_order import TradingAccount
from jax.ports.broker import Broker, OrderReport
from jax.ports.clock import Clock
from jax.ports.errors import Conflict, OutcomeUnknown, PortError, Unavailable
from jax.ports.unit_of_work import Transaction, UnitOfWork

# The record cannot be reached, or somebody has written into it what nobody can read.
_NOT_RECORDED = (Unavailable, OutcomeUnknown, NotCanonical)
_REQUESTED = "order.cancel_requested"


class CancelEntries:
    """Asks again at every pass until the order is closed.

    Only the trader that holds the account's epoch asks. The wish is recorded and committed before that,
    unless the record cannot be written: stopping does not wait for it, and the wish is told with the answer.
    An order that fills first is booked as filled; one that the broker does not know is left to
    reconciliation, which alone can prove that it is not there.
    """

    def __init__(
        self,
        *,
        unit_of_work: UnitOfWork,
        broker: Broker,
        clock: Clock,
        trading: TradingAccount,
        loaded: Callable[[], Mapping[str, str]],
    ) -> None:
        """`loaded` maps the hashes of the artifacts that this trader runs now to their ids."""
        self._unit_of_work = unit_of_work
        self._broker = broker
        self._clock = clock
        self._trading = trading
        self._loaded = loaded

    async def run_once(self) -> int:
        """Asks to cancel each open order of an artifact that is not loaded; returns how many changed.

        An order of which the broker says what cannot be does not keep the others from being canceled: its
        InvalidValue or Conflict is raised at the end. Conflict also when another trader has taken over.
        """
        async with self._unit_of_work.begin() as transaction:
            open_orders = await transaction.orders.in_status(self._trading.account, OPEN)
        changed, problems, may_record = 0, [], True
        for order in filter(self._is_unwanted, open_orders):
            try:
                # Whoever holds the record up once would hold up every order of this pass.
                wished = await self._wish(order) if may_record else None
                may_record = wished is not None
                changed += await self._cancel(wished or await self._current(order))
            except (InvalidValue, Conflict) as error:
                problems.append(error)
        if problems:
            raise problems[0]
        return changed

    def _is_unwanted(self, order: Order) -> bool:
        # What leaves a position stays: without it nothing would protect what the artifact has bought.
        return not order.reduces_only and self._loaded().get(order.artifact_hash) != order.artifact_id

    async def _wish(self, order: Order) -> Order | None:
        """The order as it stands, its cancel request on record; None when that could not be written."""
        try:
            return await self._current(order, on_record=True)
        except _NOT_RECORDED:
            return None

    async def _current(self, order: Order, *, on_record: bool = False) -> Order:
        """The order as it stands; DENIED when it was still to be sent."""
        async with self._unit_of_work.begin() as transaction:
            stored = await fenced_order(transaction, order, epoch=self._trading.epoch)
            if stored.status is OrderStatus.INTENT:
                denied = stored.moved_to(
                    OrderStatus.DENIED,
                    at=self._clock.now(),
                    reason_code=ReasonCode.ARTIFACT_NOT_LOADABLE,
                )
                return await save_order(transaction, denied, before=stored)
            if on_record and stored.status in OPEN:
                await self._record(transaction, stored)
            return stored

    async def _cancel(self, order: Order) -> bool:
        if order.status not in OPEN:
            return order.status is OrderStatus.DENIED
        try:
            report = await broker_answer(self._broker.cancel(order.client_order_id))
        except PortError:
            return False
        try:
            after = await self._booked(order, report)
        except _NOT_RECORDED:
            # The next pass asks again, and reconciliation does anyway.
            return False
        return after.status is not order.status or after.filled_quantity != order.filled_quantity

    async def _record(self, transaction: Transaction, order: Order) -> None:
        subject = order.client_order_id
        if await transaction.audit.entries(kind=_REQUESTED, subject=subject, limit=1):
            return
        data: Json = {
            "reason_code": ReasonCode.ARTIFACT_NOT_LOADABLE,
            "detail": f"this trader does not run {order.strategy} {order.artifact_hash} any more",
            "artifact_id": order.artifact_id,
            "artifact_hash": order.artifact_hash,
            "status": order.status,
            "leaves_quantity": str(order.leaves_quantity),
        }
        await transaction.audit.append(AuditEvent(_REQUESTED, subject, TRADER, self._clock.now(), data))

    async def _booked(self, order: Order, report: OrderReport) -> Order:
        async with self._unit_of_work.begin() as transaction:
            stored = await fenced_order(transaction, order, epoch=self._trading.epoch)
            after = await apply_report(transaction, stored, report, at=self._clock.now())
            await self._record(transaction, order)
            return after
