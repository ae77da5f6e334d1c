"""Asks the broker to take an order back: the wish is recorded first, and is never the order's status."""

from dataclasses import replace

from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json
from jax.domain.controls import Said
from jax.domain.order import Order
from jax.domain.order_status import OPEN, OrderStatus
from jax.modules.execution.apply_report import apply_report, save_order
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.fenced_order import fenced_order
from jax.ports.errors import PortError

_REQUESTED = "order.cancel_requested"


class CancelOrder:
    """What the order becomes is for the broker to say: a cancel that crosses a fill finds it filled."""

    def __init__(self, at: BrokerAccount) -> None:
        self._unit_of_work = at.unit_of_work
        self._broker = at.broker
        self._clock = at.clock
        self._epoch = at.epoch

    async def cancel(self, client_order_id: str, said: Said) -> Order:
        """The order as it stands after asking; one that is closed already is left as it is.

        NotFound; Conflict when another trader has taken over. A broker that does not answer leaves the order
        as it was: reconciliation goes on asking, and the wish stays on record.
        """
        order = await self._wished(client_order_id, said)
        if order.status not in OPEN:
            return order
        try:
            report = await broker_answer(self._broker.cancel(client_order_id))
        except PortError:
            return order
        async with self._unit_of_work.begin() as transaction:
            stored = await fenced_order(transaction, order, epoch=self._epoch)
            return await apply_report(transaction, stored, report, at=self._clock.now())

    async def _wished(self, client_order_id: str, said: Said) -> Order:
        async with self._unit_of_work.begin() as transaction:
            order = await transaction.orders.get(client_order_id)
        async with self._unit_of_work.begin() as transaction:
            stored = await fenced_order(transaction, order, epoch=self._epoch)
            if stored.status is OrderStatus.INTENT:
                denied = stored.moved_to(OrderStatus.DENIED, at=said.at, reason_code="CANCEL_REQUESTED")
                return await save_order(transaction, denied, before=stored)
            if stored.status not in OPEN or stored.cancel_requested_at is not None:
                return stored
            wished = replace(stored, cancel_requested_at=said.at)
            await transaction.orders.save(wished)
            data: Json = {
                "reason": said.reason,
                "status": stored.status,
                "leaves_quantity": str(stored.leaves_quantity),
            }
            await transaction.audit.append(AuditEvent(_REQUESTED, client_order_id, said.actor, said.at, data))
            return wished
