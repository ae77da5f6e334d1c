"""Where orders go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from jax.domain.fill import Fill
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.account_view import AccountView

# Codes of a Refused order that the venue has never seen and never will.
NEVER_PLACED = frozenset({"DEADLINE_PASSED", "FENCED", "KILLED"})
# How many orders can be asked about at once.
MOST_ASKED_ABOUT = 100


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the broker says of one order now.

    `status` is one of NEW, PARTIALLY_FILLED, FILLED, CANCELED, EXPIRED, REJECTED; `fills` are the order's
    executions so far that count, oldest first, each at its highest revision (quantity 0: busted).

    What an event with a `change` up to `as_of` has told of the order is in here. A Venue that numbers nothing
    says None, and whoever stands before it numbers for it.
    """

    client_order_id: str
    venue_order_id: str
    status: OrderStatus
    fills: tuple[Fill, ...] = ()
    reason_code: str | None = None
    # Two reports that say the same are equal, whenever it was said.
    as_of: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class WorkingOrder:
    """An order that is open at the venue, whoever placed it; `client_order_id` is None for a foreign one."""

    client_order_id: str | None
    venue_order_id: str
    symbol: str
    side: Side
    leaves_quantity: Decimal


class BrokerEventKind(StrEnum):
    """ORDER: something about an order changed. ERROR: the venue complained; it changes no order's state.

    CONNECTION: the way to the venue was lost or is back.
    """

    ORDER = "ORDER"
    ERROR = "ERROR"
    CONNECTION = "CONNECTION"


@dataclass(frozen=True, slots=True)
class BrokerEvent:
    """Entry `seq` (from 1) of the broker's durable journal: a reason to ask, never an answer.

    A report about the order with an `as_of` not below `change` was given with this known; None: no report
    says so.
    """

    seq: int
    kind: BrokerEventKind
    client_order_id: str | None
    detail: str
    at: datetime
    change: int | None = None


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Some entries of a journal, oldest first; another `journal` has other numbers."""

    journal: str
    events: Sequence[BrokerEvent]


@dataclass(frozen=True, slots=True)
class BrokerStatus:
    """Whether the broker can be asked and told anything now.

    `problem` says why not; `killed` is the reason given to the kill switch while it is engaged; `epoch` is
    the floor.
    """

    problem: str | None
    killed: str | None
    epoch: int


class Venue(AccountView, Protocol):
    """What trades: it knows orders by our client_order_id; one that cannot is not a Venue.

    Any call may raise Unavailable (nothing was done, or the venue is not synchronised yet and cannot say) or
    OutcomeUnknown (it may have been done).
    """

    @property
    def is_live(self) -> bool:
        """Whether what is placed there is of real money."""
        ...

    @property
    def has_brackets(self) -> bool:
        """Whether an entry may bring its ways out along (`Order.bracket_stop_price`, domain/bracket.py).

        Such a venue keeps them until the entry fills. They work from its first fill on, each under its own
        client_order_id, and can be asked about as soon as that fill is shown. Together they take out no more
        than the entry has brought; what one takes, the other loses. The first fill of one ends what is left
        of the entry, and an entry that ends without a fill leaves none behind.
        """
        ...

    async def place(self, order: Order) -> OrderReport:
        """Places `order`, once per client_order_id: a repeat with the same terms answers as `query` does.

        Conflict when the id is known with other terms; Refused when the venue will never take it, and with
        DEADLINE_PASSED when a new order arrives after its `deadline_at`: what counts is the moment it would
        begin to work, not the moment of the call; with NO_BRACKETS an entry that brings exits along to a
        venue that does not take them. A refusal for any other reason is remembered, so that a
        repeat is refused as well.
        """
        ...

    async def query(self, client_order_id: str) -> OrderReport:
        """What the venue knows of the order, open or closed; NotFound when it knows nothing."""
        ...

    async def cancel(self, client_order_id: str) -> OrderReport:
        """Asks to cancel what is still open and answers as `query` does; NotFound."""
        ...

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        """Every order that is open in the account, ours or not."""
        ...


class Broker(Venue, Protocol):
    """A Venue behind whatever makes it safe to send to: the trader's only way out.

    `place` is also Refused with FENCED for an order of an epoch below the floor, and with KILLED while the
    kill switch is engaged. FENCED, KILLED and DEADLINE_PASSED mean that the venue has never seen the order
    and never will; cancels are taken whatever the epoch and also while killed.
    """

    async def raise_epoch(self, account: str, epoch: int) -> None:
        """The durable floor for orders of the account; Refused with FENCED when it is higher already."""
        ...

    async def kill(self, account: str, *, reason: str) -> None:
        """Refuses new orders from now on, durably, and asks to cancel every open one."""
        ...

    async def release_kill(self, account: str) -> None:
        """Takes orders again."""
        ...

    async def status(self, account: str) -> BrokerStatus:
        """Whether it can be asked and told anything now; raises nothing but Unavailable."""
        ...

    async def query_many(self, client_order_ids: Sequence[str]) -> Mapping[str, OrderReport | None]:
        """What `query` says of each of at most MOST_ASKED_ABOUT orders; None where it says NotFound.

        An order of which nothing can be said now is left out. Unavailable when nothing can be asked at all.
        """
        ...

    async def events(self, *, after: int, limit: int = 1000) -> JournalPage:
        """The journal's entries after `after`, oldest first; at most `limit`."""
        ...
