"""What is written to the gateway about an order: at most one order, and asks to cancel it."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from ib_async import Contract

from jax.adapters.brokers.ib.error_codes import (
    CANCEL_REFUSED,
    DEFINITIVE_REJECTS,
    NOTICES,
    reason_of,
)
from jax.adapters.brokers.ib.file_thread import FileThread
from jax.adapters.brokers.ib.gateway import Patience
from jax.adapters.brokers.ib.gateway_ear import GatewayEar
from jax.adapters.brokers.ib.gateway_line import GatewayLine
from jax.adapters.brokers.ib.order_terms import wire_order
from jax.adapters.brokers.ib.order_view import REDUCE_ONLY
from jax.adapters.brokers.ib.statements import CANCELED, FILLED, INACTIVE, ON_ITS_WAY, OrderNews
from jax.adapters.brokers.ib.venue_file import FiledOrder
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.ports.clock import Clock
from jax.ports.errors import OutcomeUnknown, PortError, Refused, Unavailable

_NO_CONTRACT = "NO_CONTRACT"
# Said of orders that are refused too, with an error code to follow: no acknowledgement.
_SAYS_NOTHING_YET = ON_ITS_WAY | {INACTIVE}
_LOOKS_FOR_POSITION = 4


class Placing:
    """An order has its id on disk before the gateway hears of it, and no second message is ever written."""

    def __init__(
        self, line: GatewayLine, ear: GatewayEar, file: FileThread, clock: Clock, patience: Patience
    ) -> None:
        self._line = line
        self._ear = ear
        self._file = file
        self._clock = clock
        self._patience = patience

    async def place(self, order: Order, contract: Contract | None, body_sha256: str) -> None:
        """Returns when the gateway has said something about the order, or nothing for too long: ask.

        Refused, Unavailable (nothing was written), OutcomeUnknown.
        """
        filed = FiledOrder(
            client_order_id=order.client_order_id,
            order_id=0,
            body_sha256=body_sha256,
            signal_id=order.signal_id,
            reduces_only=order.reduces_only,
            quantity=order.quantity,
        )
        if contract is None:
            await self._claim(replace(filed, closed=OrderStatus.REJECTED, reason_code=_NO_CONTRACT))
            raise Refused(
                f"order {order.client_order_id}: {order.symbol} is no share that the bridge was told of and "
                "Interactive Brokers can be asked for",
                code=_NO_CONTRACT,
            )
        quantity = await self._reducible(order) if order.reduces_only else order.quantity
        if quantity == 0:
            await self._claim(replace(filed, closed=OrderStatus.CANCELED, reason_code=REDUCE_ONLY))
            return
        await self._send(order, contract, await self._claim(filed), quantity)

    async def cancel(self, order_id: int, client_order_id: str) -> None:
        """Returns when the gateway has said that the order is closed or cannot be canceled, or nothing.

        Unavailable (nothing was written), OutcomeUnknown.
        """
        with self._ear.orders.watched(order_id) as news:
            self._line.cancel(order_id)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience.order_seconds):
                    while not _ends_a_cancel(await _next_of(news, client_order_id)):
                        continue

    async def _claim(self, filed: FiledOrder) -> FiledOrder:
        given = await self._file.run(lambda file: file.claim(filed, at_least=self._ear.next_valid_id))
        if given is None:
            raise OutcomeUnknown(f"order {filed.client_order_id} is being placed at the ib venue already")
        return given

    async def _send(self, order: Order, contract: Contract, filed: FiledOrder, quantity: Decimal) -> None:
        self._ear.orders.names[filed.order_id] = filed.client_order_id
        with self._ear.orders.watched(filed.order_id) as news:
            try:
                self._check_deadline(order)
                self._line.place(filed.order_id, contract, wire_order(order, quantity))
            except (Refused, Unavailable):
                with suppress(PortError):
                    await self._file.run(lambda file: file.forget(order.client_order_id))
                raise
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience.order_seconds):
                    await self._acknowledged(filed, news)

    def _check_deadline(self, order: Order) -> None:
        if not (self._clock.now() <= order.deadline_at):
            raise Refused(
                f"order {order.client_order_id} came to the ib venue after its deadline",
                code="DEADLINE_PASSED",
            )

    async def _acknowledged(self, filed: FiledOrder, news: "asyncio.Queue[OrderNews]") -> None:
        while True:
            said = await _next_of(news, filed.client_order_id)
            if said.code is not None and said.code in DEFINITIVE_REJECTS:
                await self._refuse(filed, said.code, said.text)
            if said.status is not None and said.status not in _SAYS_NOTHING_YET:
                return
            if said.code is not None and said.code not in NOTICES and await self._is_shown(filed):
                return

    async def _refuse(self, filed: FiledOrder, code: int, text: str) -> None:
        name, reason = filed.client_order_id, reason_of(code)
        with suppress(PortError):  # the answer is not withheld because it cannot be written
            await self._file.run(lambda file: file.put_closed(name, OrderStatus.REJECTED, reason))
        raise Refused(f"order {name}: Interactive Brokers refuses it: {code} {text}", code=reason)

    async def _is_shown(self, filed: FiledOrder) -> bool:
        """Whether the gateway shows the order: a code that says nothing for sure is a reason to ask."""
        try:
            await self._line.ask_orders()
        except Unavailable as error:
            raise OutcomeUnknown(f"order {filed.client_order_id} was sent: {error}") from error
        statement = self._ear.orders.statement(filed.client_order_id)
        return statement is not None and statement.status not in _SAYS_NOTHING_YET

    async def _reducible(self, order: Order) -> Decimal:
        """How much of the order only reduces the position: at Interactive Brokers no order says so itself.

        The gateway may show the execution before the position: a position that does not cover the order is
        looked at again before it is believed.
        """
        for look in range(_LOOKS_FOR_POSITION):
            if look:
                await asyncio.sleep(self._patience.position_seconds / (_LOOKS_FOR_POSITION - 1))
            held = (await self._line.ask_positions()).values()
            position = sum((quantity for symbol, quantity in held if symbol == order.symbol), Decimal(0))
            against = max(Decimal(0), -position * order.side.sign)
            if against >= order.quantity:
                return order.quantity
        return against


async def _next_of(news: "asyncio.Queue[OrderNews]", client_order_id: str) -> OrderNews:
    said = await news.get()
    if said.status is None and said.code is None:
        raise OutcomeUnknown(f"order {client_order_id} was on its way to Interactive Brokers: {said.text}")
    return said


def _ends_a_cancel(said: OrderNews) -> bool:
    return said.code in CANCEL_REFUSED or said.status == FILLED or said.status in CANCELED
