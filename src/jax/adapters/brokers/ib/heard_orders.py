"""What the gateway has said of orders and executions, as it said it last."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

from jax.adapters.brokers.ib.journal_teller import JournalTeller
from jax.adapters.brokers.ib.statements import (
    CANCELED,
    FILLED,
    HeardExecution,
    OrderNews,
    OrderStatement,
    after_status,
)
from jax.domain.order_status import OrderStatus
from jax.ports.broker import BrokerEventKind

Key = tuple[int, int]


class HeardOrders:
    """Statements are replaced by those of a newer answer; executions are kept for good."""

    def __init__(self, teller: JournalTeller) -> None:
        self._teller = teller
        self._open: dict[Key, OrderStatement] = {}
        self._answered_open: dict[Key, OrderStatement] | None = None
        self._completed: dict[int, OrderStatement] = {}
        self._answered_completed: dict[int, OrderStatement] = {}
        self._watching: defaultdict[int, list[asyncio.Queue[OrderNews]]] = defaultdict(list)
        self.executions: dict[tuple[str, int], HeardExecution] = {}
        # Those that nobody has filed yet, and the names of all orders that have any.
        self.unfiled: dict[tuple[str, int], HeardExecution] = {}
        self.executed_names: set[str] = set()
        self.commissions: dict[tuple[str, int], Decimal] = {}
        # Client order ids by order id, of all that was placed from here and has not ended.
        self.names: dict[int, str] = {}

    def open_orders(self) -> Iterable[OrderStatement]:
        """What was open when the gateway was last asked, with what it said since."""
        return [order for order in self._open.values() if not order.is_closed]

    def statement(self, client_order_id: str) -> OrderStatement | None:
        """The newest word about the order; what is open goes before what is completed."""
        found = _named(client_order_id, self._open.values())
        if found is not None and not found.is_closed:
            return found
        return _named(client_order_id, self._completed.values()) or found

    @contextmanager
    def watched(self, order_id: int) -> "Iterator[asyncio.Queue[OrderNews]]":
        """What is said of the order while the block runs."""
        news: asyncio.Queue[OrderNews] = asyncio.Queue()
        self._watching[order_id].append(news)
        try:
            yield news
        finally:
            self._watching[order_id].remove(news)
            if not self._watching[order_id]:
                del self._watching[order_id]

    def news(self, order_id: int, news: OrderNews) -> None:
        """Passes on what was said of an order of ours."""
        for watching in self._watching.get(order_id, ()):
            watching.put_nowait(news)

    def lost(self) -> None:
        """The way to the gateway is lost: nobody waits any longer for what it would say."""
        for order_id in list(self._watching):
            self.news(order_id, OrderNews(text="the connection was lost"))
        self._answered_open = None

    def ask_open(self) -> None:
        """From now on an answer is collected."""
        self._answered_open = {}

    def end_open(self) -> None:
        """The answer is whole: what it does not hold is not open."""
        if self._answered_open is not None:
            self._open, self._answered_open = self._answered_open, None

    def ask_completed(self) -> None:
        self._answered_completed = {}

    def add_completed(self, statement: OrderStatement) -> None:
        self._answered_completed[statement.perm_id] = statement

    def end_completed(self) -> None:
        self._completed = self._answered_completed

    def say(self, key: Key, said: OrderStatement) -> None:
        """A statement about an order that is open, or was until now."""
        before = self._open.get(key)
        if before is not None:
            said = replace(said, filled=max(said.filled or Decimal(0), before.filled or Decimal(0)))
        self._put(key, said)

    def say_status(self, key: Key, status: str, filled: Decimal) -> None:
        """As `say`, of an order that was described before."""
        before = self._open.get(key) or (self._answered_open or {}).get(key)
        if before is not None:
            self._put(key, after_status(before, status, filled))

    def _put(self, key: Key, said: OrderStatement) -> None:
        before, is_answer = self._open.get(key), self._answered_open is not None
        self._open[key] = said
        if self._answered_open is not None:
            self._answered_open[key] = said
        self.news(said.order_id, OrderNews(status=said.status))
        is_new = before is None and not is_answer
        if is_new or (before is not None and _standing(before) != _standing(said)):
            self._teller.tell(BrokerEventKind.ORDER, said.client_order_id, _sentence(said))

    def hear_execution(self, heard: HeardExecution, *, is_answer: bool) -> None:
        """An execution or a correction of one; a repeat changes nothing."""
        key = (heard.execution_id, heard.revision)
        if key in self.executions:
            return
        self.executions[key] = self.unfiled[key] = heard
        self.executed_names.add(heard.client_order_id)
        if not is_answer:
            self._tell_of(heard, f"execution {heard.execution_id} revision {heard.revision}")

    def hear_commission(self, key: tuple[str, int], commission: Decimal) -> None:
        """What an execution cost: only now can it be told."""
        if key in self.commissions:
            return
        self.commissions[key] = commission
        if key in self.executions:
            self._tell_of(self.executions[key], f"commission of execution {key[0]}")

    def _tell_of(self, heard: HeardExecution, what: str) -> None:
        statement = self.statement(heard.client_order_id)
        is_filled = statement is not None and statement.status == FILLED
        word = OrderStatus.FILLED if is_filled else OrderStatus.PARTIALLY_FILLED
        self._teller.tell(BrokerEventKind.ORDER, heard.client_order_id, f"{word}, {what}")


def _named(client_order_id: str, statements: Iterable[OrderStatement]) -> OrderStatement | None:
    """The order of that name; of several, which must not be, one that may still fill."""
    found = [statement for statement in statements if statement.client_order_id == client_order_id]
    return min(found, key=lambda statement: statement.is_closed, default=None)


def _standing(statement: OrderStatement) -> tuple[OrderStatus, Decimal | None]:
    return _word(statement), statement.filled


def _word(statement: OrderStatement) -> OrderStatus:
    if statement.status == FILLED:
        return OrderStatus.FILLED
    if statement.status in CANCELED:
        return OrderStatus.CANCELED
    return OrderStatus.PARTIALLY_FILLED if statement.filled else OrderStatus.NEW


def _sentence(statement: OrderStatement) -> str:
    filled = "no" if statement.filled is None else statement.filled
    return f"{_word(statement)}, {filled} of {statement.quantity} filled, {statement.status} at the gateway"
