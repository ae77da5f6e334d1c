"""Closes what is held, at the market, on a person's word."""

from collections.abc import Sequence

from jax.domain.controls import Said
from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import OPEN
from jax.domain.risk_decision import Denied
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.cancel_order import CancelOrder
from jax.modules.execution.leave_trade import LeaveTrade, WayOut


class ClosePositions:
    """Each trade is left by an order of its own, so that what is closed stays traced to its artifact.

    The stops and targets of a trade wait until it is closed: they only ever reduce, and are taken back then.
    """

    def __init__(self, at: BrokerAccount) -> None:
        self._unit_of_work = at.unit_of_work
        self._leave = LeaveTrade(at)
        self._cancel = CancelOrder(at)
        self._account = at.account

    async def close(self, symbol: str | None, said: Said) -> Sequence[Order] | Denied:
        """The orders that close the trades of `symbol` (None: all), those that were on their way before too.

        Entries that may still fill are asked to cancel first. Denied when people hold exits back.
        """
        await self._cancel_entries(symbol, said)
        async with self._unit_of_work.begin() as transaction:
            trades = await transaction.orders.held_trades(self._account)
        closing: list[Order] = []
        for held in trades:
            if symbol is not None and held.entry.symbol != symbol:
                continue
            closing += [order for order in held.open_exits if order.leg is OrderLeg.CLOSE]
            quantity = held.held_quantity - held.leaving(OrderLeg.CLOSE)
            if quantity > 0:
                order = await self._leave.leave(held, WayOut(OrderLeg.CLOSE, quantity), said)
                if isinstance(order, Denied):
                    return order
                closing += [] if order is None else [order]
        return closing

    async def _cancel_entries(self, symbol: str | None, said: Said) -> None:
        async with self._unit_of_work.begin() as transaction:
            orders = await transaction.orders.in_status(self._account, OPEN)
        for order in orders:
            if not order.reduces_only and symbol in {None, order.symbol}:
                await self._cancel.cancel(order.client_order_id, said)
