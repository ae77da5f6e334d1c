"""What the gateway has said, as values."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from jax.domain.fill import Fill
from jax.domain.side import Side

FILLED = "Filled"
INACTIVE = "Inactive"
CANCELED = frozenset({"Cancelled", "ApiCancelled"})
# On its way from the gateway to Interactive Brokers: nothing is acknowledged yet.
ON_ITS_WAY = frozenset({"ApiPending", "PendingSubmit"})


@dataclass(frozen=True, slots=True)
class OrderStatement:
    """What the gateway says of one order; `status` is its own word, `remark` its reason if it gave one.

    `order_id` is 0 where the gateway names none, as among completed orders; `filled` is None there when it
    does not say.
    """

    client_order_id: str | None
    order_id: int
    perm_id: int
    symbol: str
    side: Side
    quantity: Decimal
    status: str
    filled: Decimal | None = Decimal(0)
    remark: str = ""
    is_completed: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether the order has ended, by the gateway's word; among completed orders all have."""
        return self.is_completed or self.status == FILLED or self.status in CANCELED


@dataclass(frozen=True, slots=True)
class HeardExecution:
    """An execution without its commission, which comes in a message of its own.

    `execution_id` is the same for every revision; `heard_ns` is the clock's monotonic time.
    """

    execution_id: str
    revision: int
    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    ts_event: datetime
    heard_ns: int

    def fill(self, commission: Decimal) -> Fill:
        """The fill; a rebate counts as no commission, since a commission is never below zero."""
        return Fill(
            execution_id=self.execution_id,
            client_order_id=self.client_order_id,
            symbol=self.symbol,
            side=self.side,
            quantity=self.quantity,
            price=self.price,
            commission=max(Decimal(0), commission),
            ts_event=self.ts_event,
            revision=self.revision,
        )


@dataclass(frozen=True, slots=True)
class OrderNews:
    """Something was said of an order that somebody waits for: its status, or an error code with its text."""

    status: str | None = None
    code: int | None = None
    text: str = ""


def parts_of_execution_id(written: str) -> tuple[str, int]:
    """The execution and its revision, from 0: `0001.0a.01.02` is revision 1 of `0001.0a.01`."""
    root, _, last = written.rpartition(".")
    if root and last.isascii() and last.isdigit():
        return root, max(0, int(last) - 1)
    return written, 0


def after_status(known: OrderStatement, status: str, filled: Decimal) -> OrderStatement:
    """The statement after a message that gives status and filled quantity alone."""
    return replace(known, status=status, filled=filled)
