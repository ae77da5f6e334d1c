"""What the paper venue keeps of an order."""

from dataclasses import dataclass
from decimal import Decimal

from jax.domain.bracket import attached_exits
from jax.domain.order import Order, OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side

WORKING = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What a repeat of an order must repeat."""

    account: str
    symbol: str
    side: Side
    order_type: OrderType
    quantity: Decimal
    limit_price: Decimal | None
    time_in_force: TimeInForce
    stop_price: Decimal | None = None
    reduce_only: bool = False
    bracket_stop_price: Decimal | None = None
    bracket_target_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """An order as the venue knows it; `reason_code` says why it was rejected or canceled.

    `triggered`: the market has reached the stop of a STOP order, which is a MARKET order from then on.
    `entry_id` names the entry that an exit came with: the exit is in INTENT, and nobody is told of it, until
    that has filled anything.
    """

    client_order_id: str
    terms: OrderTerms
    status: OrderStatus
    reason_code: str | None = None
    filled_quantity: Decimal = Decimal(0)
    triggered: bool = False
    entry_id: str | None = None

    @property
    def leaves_quantity(self) -> Decimal:
        """What may still be filled while the order works."""
        return self.terms.quantity - self.filled_quantity

    @property
    def has_begun(self) -> bool:
        """Whether it works or has worked; only an exit that waits for its entry has not."""
        return self.status is not OrderStatus.INTENT

    @property
    def is_working(self) -> bool:
        """Whether it may still fill."""
        return self.status in WORKING


def terms_of(order: Order) -> OrderTerms:
    """The terms that `order` asks for."""
    return OrderTerms(
        account=order.account,
        symbol=order.symbol,
        side=order.side,
        order_type=order.order_type,
        quantity=order.quantity,
        limit_price=order.limit_price,
        time_in_force=order.time_in_force,
        stop_price=order.stop_price,
        reduce_only=order.reduces_only,
        bracket_stop_price=order.bracket_stop_price,
        bracket_target_price=order.bracket_target_price,
    )


def exits_with(order: Order) -> tuple[PaperOrder, ...]:
    """The exits that `order` brings along."""
    return tuple(
        PaperOrder(exit_.client_order_id, terms_of(exit_), OrderStatus.INTENT, entry_id=order.client_order_id)
        for exit_ in attached_exits(order, at=order.updated_at)
    )
