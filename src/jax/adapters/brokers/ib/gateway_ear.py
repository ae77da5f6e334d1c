"""What ib_async's client calls with every message of the gateway.

It stands where ib_async has a Wrapper of its own, which keeps a status of each order and sets it to
Cancelled at every error code that it does not know. Here nothing is concluded from a code: what is kept is
what was said.
"""

# ruff: noqa: N802, N815 - the names are those that the client calls
from collections.abc import Callable
from datetime import UTC
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from jax.adapters.brokers.ib.contracts import symbol_of
from jax.adapters.brokers.ib.error_codes import (
    FARM_NOTICES,
    ORDER_CANCELED,
    SERVERS_BACK,
    SERVERS_LOST,
)
from jax.adapters.brokers.ib.heard_orders import HeardOrders, Key
from jax.adapters.brokers.ib.journal_teller import JournalTeller
from jax.adapters.brokers.ib.questions import FIRST_NUMBER, GatewayComplained, OpenQuestions
from jax.adapters.brokers.ib.statements import (
    HeardExecution,
    OrderNews,
    OrderStatement,
    parts_of_execution_id,
)
from jax.adapters.brokers.ib.wire_numbers import decimal_of, quantity_of
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.broker import BrokerEventKind
from jax.ports.clock import Clock

ORDERS, COMPLETED, POSITIONS = "open orders", "completed orders", "positions"
_BID, _ASK = 1, 2
_LIVE = 1
_SIDES = {"BOT": Side.BUY, "SLD": Side.SELL}


class GatewayEar:
    """One connection's worth of hearing, for one account and one client id."""

    # An execution whose time has no zone is taken for UTC; gateways since version 10.17 name the zone.
    defaultTimezone = UTC
    ib = SimpleNamespace(TimezoneTWS="UTC")

    def __init__(self, account: str, client_id: int, clock: Clock, teller: JournalTeller) -> None:
        self.account = account
        self.orders = HeardOrders(teller)
        self.questions = OpenQuestions()
        self.positions: dict[int, tuple[str, Decimal]] = {}
        self.summary: dict[int, dict[str, tuple[str, str]]] = {}
        self.ticks: dict[int, dict[int, Decimal]] = {}
        self.on_servers: Callable[[bool, str], None] = lambda back, text: None
        self.on_closed: Callable[[], None] = lambda: None
        self.on_order_error: Callable[[int, int], None] = lambda order_id, code: None
        self.next_valid_id = 1
        self._client_id = client_id
        self._clock = clock
        self._teller = teller

    def connectAck(self) -> None:
        """The gateway speaks a version of the protocol that the client knows."""

    def nextValidId(self, order_id: int) -> None:
        self.next_valid_id = order_id

    def setEventsDone(self) -> None:
        """The client ends what ib_async's own wrapper would have begun."""

    def connectionClosed(self) -> None:
        self.questions.fail_all("the connection to the IB gateway was lost")
        self.orders.lost()
        self.on_closed()

    def openOrder(self, order_id: int, contract: Any, order: Any, state: Any) -> None:
        if order.account == self.account:
            is_ours = order.clientId == self._client_id and order_id > 0
            statement = OrderStatement(
                client_order_id=(order.orderRef or None) if is_ours else None,
                order_id=order_id if is_ours else 0,
                perm_id=order.permId,
                symbol=symbol_of(contract),
                side=_side_of(order.action),
                quantity=quantity_of(order.totalQuantity),
                status=state.status,
                remark=state.warningText or "",
            )
            self.orders.say(_key(order.clientId, order_id, order.permId), statement)

    def orderStatus(self, order_id: int, status: str, filled: float, *more: Any) -> None:
        perm_id, client_id = more[2], more[5]
        self.orders.say_status(_key(client_id, order_id, perm_id), status, quantity_of(filled))

    def openOrderEnd(self) -> None:
        self.orders.end_open()
        self.questions.end(ORDERS)

    def completedOrder(self, contract: Any, order: Any, state: Any) -> None:
        if order.account == self.account:
            statement = OrderStatement(
                client_order_id=order.orderRef or None,
                order_id=0,
                perm_id=order.permId,
                symbol=symbol_of(contract),
                side=_side_of(order.action),
                quantity=quantity_of(order.totalQuantity),
                status=state.status,
                filled=decimal_of(order.filledQuantity),
                remark=state.completedStatus or "",
                is_completed=True,
            )
            self.orders.add_completed(statement)

    def completedOrdersEnd(self) -> None:
        self.orders.end_completed()
        self.questions.end(COMPLETED)

    def execDetails(self, request_id: int, contract: Any, execution: Any) -> None:
        if execution.acctNumber != self.account:
            return
        if not (execution.orderRef and execution.clientId == self._client_id):
            if request_id == -1:
                text = f"execution {execution.execId} of an order that is not ours, {symbol_of(contract)}"
                self._teller.tell(BrokerEventKind.ORDER, None, text)
            return
        execution_id, revision = parts_of_execution_id(execution.execId)
        before = self.orders.executions.get((execution_id, revision - 1))
        price = decimal_of(execution.price)
        quantity = quantity_of(execution.shares)
        if quantity == 0 and before is not None:
            price = before.price  # a bust has none of its own
        if price is None or not (price > 0 and (quantity > 0 or revision > 0)):
            text = f"execution {execution.execId} of {execution.shares} at {execution.price} cannot be booked"
            self._teller.tell(BrokerEventKind.ERROR, execution.orderRef, text)
            return
        heard = HeardExecution(
            execution_id=execution_id,
            revision=revision,
            client_order_id=execution.orderRef,
            symbol=symbol_of(contract),
            side=_SIDES[execution.side],
            quantity=quantity,
            price=price,
            ts_event=execution.time,
            heard_ns=self._clock.monotonic_ns(),
        )
        self.orders.hear_execution(heard, is_answer=request_id != -1)

    def execDetailsEnd(self, request_id: int) -> None:
        self.questions.end(request_id)

    def commissionReport(self, report: Any) -> None:
        commission = decimal_of(report.commission)
        if commission is not None:
            self.orders.hear_commission(parts_of_execution_id(report.execId), commission)

    def position(self, account: str, contract: Any, position: float, *more: Any) -> None:
        if account == self.account:
            self.positions[contract.conId] = (symbol_of(contract), quantity_of(position))

    def positionEnd(self) -> None:
        self.questions.end(POSITIONS)

    def accountSummary(self, request_id: int, account: str, tag: str, value: str, currency: str) -> None:
        if account == self.account and request_id in self.summary:
            self.summary[request_id][tag] = (value, currency)

    def accountSummaryEnd(self, request_id: int) -> None:
        self.questions.end(request_id)

    def marketDataType(self, request_id: int, kind: int) -> None:
        # Frozen or delayed prices are those of another time: no quote.
        if kind != _LIVE:
            self.questions.fail(request_id, GatewayComplained(0, "only frozen or delayed prices"))

    def priceSizeTick(self, request_id: int, tick: int, price: float, _size: float) -> None:
        told = decimal_of(price)
        if request_id not in self.ticks or tick not in {_BID, _ASK} or told is None or not (told > 0):
            return
        self.ticks[request_id][tick] = told
        if len(self.ticks[request_id]) == 2:
            self.questions.end(request_id)

    def tickSnapshotEnd(self, request_id: int) -> None:
        self.questions.end(request_id)

    def bid_and_ask(self, request_id: int) -> tuple[Decimal, Decimal] | None:
        """What was heard for a question about prices."""
        ticks = self.ticks.get(request_id, {})
        return (ticks[_BID], ticks[_ASK]) if len(ticks) == 2 else None

    def error(self, request_id: int, code: int, text: str, _advanced: str = "") -> None:
        if code in SERVERS_LOST | SERVERS_BACK:
            self.on_servers(code in SERVERS_BACK, f"{code} {text}")
        elif self.questions.fail(request_id, GatewayComplained(code, text)):
            return
        elif request_id >= FIRST_NUMBER:
            return  # about a question that was answered already
        elif request_id > 0:
            self._of_order(request_id, code, text)
        elif code not in FARM_NOTICES:
            self._teller.tell(BrokerEventKind.ERROR, None, f"{code} {text}")

    def unreadable(self, text: str) -> None:
        """A message that the client cannot decode."""
        self._teller.tell(BrokerEventKind.ERROR, None, f"a message of the gateway cannot be read: {text}")

    def _of_order(self, order_id: int, code: int, text: str) -> None:
        name = self.orders.names.get(order_id)
        if code == ORDER_CANCELED:
            self._teller.tell(BrokerEventKind.ORDER, name, f"{OrderStatus.CANCELED} {code} {text}")
        else:
            self._teller.tell(BrokerEventKind.ERROR, name, f"{code} {text} (order {order_id})")
        self.on_order_error(order_id, code)
        self.orders.news(order_id, OrderNews(code=code, text=text))


def _side_of(action: str) -> Side:
    # SELL, or a short sale by its own name in orders of others.
    return Side.BUY if action == "BUY" else Side.SELL


def _key(client_id: int, order_id: int, perm_id: int) -> Key:
    return (client_id, order_id) if order_id > 0 else (-1, perm_id)
