"""Orders, their fills and the trades they belong to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from jax.domain.fill import Fill
from jax.domain.held_trade import HeldTrade
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.trade import Trade


@dataclass(frozen=True, slots=True)
class AccountRow:
    """What the store knows of an account: the epoch of the trader that may write, 0 before the first.

    `change` names the last transaction that wrote an order or a fill of the account, whoever did; it becomes
    `next_change` when this transaction does. As long as it is the same, so are all of them; a server that
    was started since, or another one, gives it another name.
    """

    account: str
    epoch: int
    change: str
    next_change: str


@dataclass(frozen=True, slots=True)
class OrderWritten:
    """An order as it is stored now, and as it was before; None for a new one. `trade` is a new entry's."""

    order: Order
    before: Order | None = None
    trade: Trade | None = None


@dataclass(frozen=True, slots=True)
class FillWritten:
    """A fill that was stored."""

    account: str
    fill: Fill


class OrderStore(Protocol):
    """The system of record for orders; every step is checked against ORDER_TRANSITIONS by the store too."""

    @property
    def written(self) -> Sequence[OrderWritten | FillWritten]:
        """What this transaction has stored so far, oldest first."""
        ...

    def locked(self, account: str) -> AccountRow | None:
        """The account's row, when this transaction has locked it."""
        ...

    async def lock_account(self, account: str) -> AccountRow:
        """The account's row, made if missing, locked against other writers until the transaction ends.

        A second call answers as the first did.
        """
        ...

    async def raise_epoch(self, account: str, *, above: int = 0) -> int:
        """Sets the account's epoch to one more than it was, and than `above`, and returns it.

        Whoever holds an older one is fenced.
        """
        ...

    async def add(self, order: Order, trade: Trade) -> None:
        """Stores a new entry in one of FIRST_STATUSES together with its trade.

        Conflict when the order's id is there already, or the artifact with that hash is not loadable.
        """
        ...

    async def add_exit(self, order: Order) -> None:
        """Stores a new order that leaves a trade, in one of FIRST_STATUSES, loadable artifact or not.

        Conflict when its id is there already, when there is no entry of the other side with its account and
        signal, or when the open orders of its leg would leave more than the entry still holds.
        """
        ...

    async def get(self, client_order_id: str) -> Order:
        """The order, locked against other writers until the transaction ends; NotFound."""
        ...

    async def known(self, account: str, client_order_ids: Collection[str]) -> Collection[str]:
        """Those of the names that are of orders of the account; nothing is locked."""
        ...

    async def save(self, order: Order) -> None:
        """Writes what the broker has said of an order: status, filled quantity, average price, venue id,
        reason code, not-found count, time of change. Conflict for a step that the table lacks; NotFound.
        """
        ...

    async def add_fill(self, account: str, fill: Fill) -> bool:
        """Stores a fill; False when the account has that execution id at that revision or a later one."""
        ...

    async def fills(self, account: str) -> Sequence[Fill]:
        """The fills of the account that count, in the order in which their executions were first stored.

        Of an execution that was corrected only the highest revision counts, with quantity 0 if it was busted.
        """
        ...

    async def signed_quantities(self, account: str) -> Mapping[str, Decimal]:
        """By symbol, what the fills that count add up to, bought above zero; some are flat."""
        ...

    async def fills_of(self, client_order_id: str) -> Sequence[Fill]:
        """The fills of one order that count, as `fills` gives them."""
        ...

    async def of_signal(self, account: str, *, signal_id: str) -> Sequence[Order]:
        """The account's orders of one signal, the entry and its ways out, oldest first."""
        ...

    async def in_status(self, account: str, statuses: frozenset[OrderStatus]) -> Sequence[Order]:
        """The account's orders in one of `statuses`, oldest first."""
        ...

    async def held_trades(self, account: str) -> Sequence[HeldTrade]:
        """The trades that hold something, or of which an exit is open, oldest first."""
        ...

    async def newest(
        self, account: str, statuses: frozenset[OrderStatus], *, limit: int = 100
    ) -> Sequence[Order]:
        """At most `limit` (1 to 1000) of the account's orders in one of `statuses`, newest first."""
        ...

    async def recorded_since(self, account: str, after: datetime) -> Sequence[Order]:
        """The account's orders of every leg and status that were created after `after`, oldest first."""
        ...

    async def trade_of_signal(self, signal_id: str) -> tuple[Trade, Order] | None:
        """The trade of a signal with its order, or None."""
        ...

    async def trades_of_signals(self, signal_ids: Collection[str]) -> Mapping[str, Trade]:
        """The trades of those signals that have one, by signal id."""
        ...

    async def trades_since(self, account: str, moment: datetime) -> Sequence[tuple[Trade, Order]]:
        """Every trade that was submitted at `moment` or later, with its order, oldest first."""
        ...

    async def trades(self, account: str, *, limit: int = 100) -> Sequence[tuple[Trade, Order]]:
        """At most `limit` (1 to 1000) trades with their orders, newest first."""
        ...
