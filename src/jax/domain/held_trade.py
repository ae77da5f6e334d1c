"""A trade with all its orders: what it holds, and what is on its way out."""

from dataclasses import dataclass
from decimal import Decimal

from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import OPEN, OrderStatus
from jax.domain.trade import Trade

# The broker has said that it works: only that protects.
_ACKNOWLEDGED = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})


@dataclass(frozen=True, slots=True)
class HeldTrade:
    """`entry` is the order of `trade`, `exits` are all orders that leave it, oldest first."""

    trade: Trade
    entry: Order
    exits: tuple[Order, ...]

    @property
    def held_quantity(self) -> Decimal:
        """What its entry has filled and its exits have not, above zero for either side."""
        left = sum((order.filled_quantity for order in self.exits), Decimal(0))
        return self.entry.filled_quantity - left

    @property
    def open_exits(self) -> tuple[Order, ...]:
        """The exits that may still fill."""
        return tuple(order for order in self.exits if order.status in OPEN)

    def leaving(self, leg: OrderLeg) -> Decimal:
        """What the open orders of `leg` may still take out, answered or not."""
        return sum((self._may_leave(order) for order in self.open_exits if order.leg is leg), Decimal(0))

    def protected(self, leg: OrderLeg) -> Decimal:
        """What the orders of `leg` that the broker has acknowledged may still take out."""
        working = (order for order in self.exits if order.leg is leg and order.status in _ACKNOWLEDGED)
        return sum((self._may_leave(order) for order in working), Decimal(0))

    def _may_leave(self, order: Order) -> Decimal:
        """What an exit may still take out: one that came with the entry never more than the trade holds."""
        if self.entry.bracket_stop_price is None or order.leg is OrderLeg.CLOSE or order.revision > 0:
            return order.leaves_quantity
        return min(order.leaves_quantity, max(self.held_quantity, Decimal(0)))

    def next_revision(self, leg: OrderLeg) -> int:
        """The revision of the next order of `leg`."""
        return sum(1 for order in self.exits if order.leg is leg)
