"""Where orders go."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from jax.domain.account import AccountSnapshot
from jax.domain.fill import Fill
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the broker says of one order now.

    `status` is one of NEW, PARTIALLY_FILLED, FILLED, CANCELED, EXPIRED, REJECTED; `fills` are all of the
    order's executions so far, oldest first.
    """

    client_order_id: str
    venue_order_id: str
    status: OrderStatus
    fills: tuple[Fill, ...] = ()
    reason_code: str | None = None


class Broker(Protocol):
    """A broker that knows orders by our client_order_id; one that cannot is not a Broker.

    Any call may raise Unavailable (nothing was done) or OutcomeUnknown (it may have been).
    """

    @property
    def name(self) -> str:
        """Such as `paper`."""
        ...

    async def place(self, order: Order) -> OrderReport:
        """Places `order`, once per client_order_id: a repeat with the same terms answers as `query` does.

        Conflict when the id is known with other terms; Refused when the broker will never take it, and with
        DEADLINE_PASSED when a new order arrives after its `deadline_at`: what counts is the moment it would
        begin to work, not the moment of the call.
        """
        ...

    async def query(self, client_order_id: str) -> OrderReport:
        """What the broker knows of the order; NotFound when it knows nothing."""
        ...

    async def cancel(self, client_order_id: str) -> OrderReport:
        """Asks to cancel what is still open and answers as `query` does; NotFound."""
        ...

    async def account(self, account: str) -> AccountSnapshot:
        """The account's means now."""
        ...

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        """Signed quantity by symbol; only what is not flat."""
        ...
