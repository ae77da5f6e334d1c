"""What the bridge must still know after it died: which orders it has taken, and for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from jax.ports.broker import BrokerEvent, BrokerEventKind


class SendState(StrEnum):
    """How far an order has come.

    SENDING: the venue may have it, no answer is known; it is never sent again. SENT: the venue has said that
    it has it. UNSENT: the venue has said that nothing was done, so that it may be sent. REFUSED: it never
    will be.
    """

    SENDING = "SENDING"
    SENT = "SENT"
    UNSENT = "UNSENT"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class BookedOrder:
    """An order that the bridge has taken.

    `refusal_code` is set for REFUSED and only there; `notional` is what the order counts for with the
    breaker, in the instrument's currency without its multiplier; 0 when it does not count.
    """

    client_order_id: str
    account: str
    body_sha256: str
    epoch: int
    state: SendState
    booked_at: datetime
    notional: Decimal = Decimal(0)
    venue_order_id: str | None = None
    refusal_code: str | None = None


@dataclass(frozen=True, slots=True)
class Switches:
    """What the bridge was told of an account: the floor of epochs, and why it is killed (None: it is not)."""

    epoch: int = 0
    killed: str | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What the journal is told; it gives the number.

    `change`: the number that reports count in, where it is not this entry's own.
    """

    kind: BrokerEventKind
    client_order_id: str | None
    detail: str
    at: datetime
    change: int | None = None


class BridgeBook(Protocol):
    """Each call is one commit, which is on disk when the call returns.

    Any call may raise Unavailable (nothing was written) or OutcomeUnknown (it may have been). One bridge at
    a time uses a book.
    """

    @property
    def journal(self) -> str:
        """The name of this journal and of no other; it stays when the book is opened again."""
        ...

    @property
    def newest(self) -> int:
        """An entry that is on disk, and no entry that is told from now on has a lower number; 0 at first."""
        ...

    async def switches(self) -> Mapping[str, Switches]:
        """By account; an account that nothing was told of is not there."""
        ...

    async def put_switches(self, account: str, switches: Switches) -> None:
        """Replaces what is known of the account."""
        ...

    async def order(self, client_order_id: str) -> BookedOrder | None:
        """The order, if it was ever taken."""
        ...

    async def claim(self, order: BookedOrder, *entries: JournalEntry) -> BookedOrder | None:
        """Takes a new order and tells the journal; when its id is taken, changes nothing and gives what is
        there.
        """
        ...

    async def settle(self, order: BookedOrder, *entries: JournalEntry) -> None:
        """Replaces an order that is there, and tells the journal."""
        ...

    async def unanswered(self) -> Sequence[BookedOrder]:
        """The orders in state SENDING, oldest first."""
        ...

    async def booked_since(self, at: datetime) -> Sequence[BookedOrder]:
        """The orders taken at `at` or later, oldest first."""
        ...

    async def tell(self, *entries: JournalEntry, cursor: int | None = None) -> None:
        """Appends to the journal; `cursor` replaces how far the venue's own journal was copied."""
        ...

    async def cursor(self) -> int:
        """How far the venue's own journal was copied; 0 at first."""
        ...

    async def events(self, *, after: int, limit: int) -> Sequence[BrokerEvent]:
        """The journal's entries after number `after`, oldest first; at most `limit`."""
        ...
