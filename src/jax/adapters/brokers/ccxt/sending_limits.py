"""What may be sent at all: nothing unless people have said so, and little at first."""

from dataclasses import dataclass
from decimal import Decimal

from jax.domain import checks
from jax.domain.order import Order
from jax.domain.quote import Quote
from jax.ports.errors import Refused

READ_ONLY = "READ_ONLY"
MICRO_CAP = "MICRO_CAP"


@dataclass(frozen=True, slots=True)
class SendingLimits:
    """`is_live`: orders are sent; `most_notional` is the most that one of them may cost, in quote currency.

    What only reduces a position is held back by neither the cap nor a rise of the price above it.
    """

    is_live: bool
    most_notional: Decimal

    def __post_init__(self) -> None:
        checks.positive("most_notional", self.most_notional)

    def check(self, order: Order, quote: Quote, *, currency: str) -> None:
        """Refused with READ_ONLY or MICRO_CAP when the order must not be sent."""
        if not self.is_live:
            raise Refused(
                f"order {order.client_order_id} is not sent: the bridge only reads at this venue; "
                "CCXT_LIVE=true arms it",
                code=READ_ONLY,
            )
        prices = [quote.price_for(order.side), order.limit_price, order.stop_price]
        notional = order.quantity * max(price for price in prices if price is not None)
        if not order.reduces_only and not (notional <= self.most_notional):
            raise Refused(
                f"order {order.client_order_id} is of {notional:f} {currency}, above the "
                f"{self.most_notional:f} that one order may be: CCXT_MAX_ORDER_NOTIONAL says how much",
                code=MICRO_CAP,
            )
