"""An order, and what the broker has said of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from jax.domain import checks
from jax.domain.errors import IllegalTransition, InvalidValue
from jax.domain.fill import Fill
from jax.domain.order_status import FIRST_STATUSES, ORDER_TRANSITIONS, OrderStatus
from jax.domain.side import Side


class OrderType(StrEnum):
    """FIX 4.4 tag 40, in words."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"


class TimeInForce(StrEnum):
    """FIX 4.4 tag 59, in words."""

    DAY = "DAY"
    GTC = "GTC"


class OrderLeg(StrEnum):
    """What an order is for: the entry of a trade, or one of the ways out of it."""

    ENTRY = "ENTRY"
    STOP = "STOP"
    TARGET = "TARGET"
    CLOSE = "CLOSE"

    @property
    def number(self) -> int:
        """The leg's number in a client order id: 0 for the entry."""
        return list(OrderLeg).index(self)


@dataclass(frozen=True, slots=True)
class Order:
    """One order of one signal, named by the artifact that caused it.

    `quantity` is above zero; 0 <= `filled_quantity` <= `quantity`; `limit_price` is set for LIMIT and only
    there, `stop_price` for STOP; `average_price` is the volume-weighted price of the fills. `epoch` is the
    trader's that wrote it, `deadline_at` the time after which it must not be sent any more. Any `leg` but
    ENTRY only ever reduces the position of its trade; `revision` counts the orders of one leg from 0.
    `cancel_requested_at` is a wish, not a status. An ENTRY may bring its ways out along, for a venue that has
    brackets: a stop at `bracket_stop_price` and, if it has one, a target at `bracket_target_price`.
    """

    client_order_id: str
    account: str
    signal_id: str
    artifact_id: str
    artifact_hash: str
    strategy: str
    symbol: str
    side: Side
    order_type: OrderType
    quantity: Decimal
    limit_price: Decimal | None
    time_in_force: TimeInForce
    epoch: int
    created_at: datetime
    deadline_at: datetime
    updated_at: datetime
    status: OrderStatus = OrderStatus.PENDING_NEW
    filled_quantity: Decimal = Decimal(0)
    average_price: Decimal | None = None
    venue_order_id: str | None = None
    reason_code: str | None = None
    not_found_count: int = 0
    leg: OrderLeg = OrderLeg.ENTRY
    revision: int = 0
    stop_price: Decimal | None = None
    cancel_requested_at: datetime | None = None
    bracket_stop_price: Decimal | None = None
    bracket_target_price: Decimal | None = None

    def __post_init__(self) -> None:
        for field in ("client_order_id", "account", "signal_id", "artifact_id"):
            checks.text(field, getattr(self, field), longest=64)
        checks.sha256("artifact_hash", self.artifact_hash)
        checks.name("strategy", self.strategy)
        checks.symbol("symbol", self.symbol)
        checks.positive("quantity", self.quantity)
        for field in ("created_at", "deadline_at", "updated_at"):
            checks.utc(field, getattr(self, field))
        if self.cancel_requested_at is not None:
            checks.utc("cancel_requested_at", self.cancel_requested_at)
        if not (self.revision >= 0):
            raise InvalidValue("revision", f"must not be negative, not {self.revision}")
        self._check_price("limit_price", self.limit_price, OrderType.LIMIT)
        self._check_price("stop_price", self.stop_price, OrderType.STOP)
        self._check_bracket()
        self._check_filled()

    def _check_price(self, field: str, price: Decimal | None, order_type: OrderType) -> None:
        if (self.order_type is order_type) != (price is not None):
            raise InvalidValue(field, f"a {self.order_type} order has {price}")
        if price is not None:
            checks.positive(field, price)

    def _check_bracket(self) -> None:
        stop, target = self.bracket_stop_price, self.bracket_target_price
        if stop is None:
            if target is not None:
                raise InvalidValue("bracket_target_price", f"is {target} in a bracket without a stop")
            return
        if self.reduces_only:
            raise InvalidValue("bracket_stop_price", f"is {stop} of a {self.leg}: only an entry brings exits")
        checks.positive("bracket_stop_price", stop)
        if target is None:
            return
        checks.positive("bracket_target_price", target)
        if not ((target - stop) * self.side.sign > 0):
            raise InvalidValue(
                "bracket_target_price", f"{target} is not beyond the stop at {stop} for a {self.side}"
            )

    def _check_filled(self) -> None:
        if not (Decimal(0) <= checks.finite("filled_quantity", self.filled_quantity) <= self.quantity):
            raise InvalidValue(
                "filled_quantity", f"{self.filled_quantity} is not within 0 and {self.quantity}"
            )
        if (self.filled_quantity > 0) != (self.average_price is not None):
            raise InvalidValue("average_price", f"is {self.average_price} with {self.filled_quantity} filled")
        if self.average_price is not None:
            checks.positive("average_price", self.average_price)

    @property
    def leaves_quantity(self) -> Decimal:
        """What may still be filled."""
        return self.quantity - self.filled_quantity

    @property
    def reduces_only(self) -> bool:
        """Whether it may only make a position smaller."""
        return self.leg is not OrderLeg.ENTRY

    def moved_to(self, status: OrderStatus, *, at: datetime, reason_code: str | None = None) -> "Order":
        """The order after a step; raises IllegalTransition for a step the table does not hold."""
        if status not in ORDER_TRANSITIONS[self.status]:
            raise IllegalTransition(f"order {self.client_order_id}", self.status, status)
        return replace(self, status=status, updated_at=checks.utc("at", at), reason_code=reason_code)

    def with_fill(self, fill: Fill, *, at: datetime) -> "Order":
        """The order after one more fill of its own, in the status that its filled quantity says.

        Raises InvalidValue when the fill is of another order or would fill more than was ordered.
        """
        self._check_belongs(fill)
        filled = self.filled_quantity + fill.quantity
        paid = (self.average_price or Decimal(0)) * self.filled_quantity + fill.price * fill.quantity
        status = OrderStatus.FILLED if filled == self.quantity else OrderStatus.PARTIALLY_FILLED
        moved = self._reopened(at=at).moved_to(status, at=at)
        # Eight places is what the store keeps: rounding here keeps the value equal to what is read back.
        return replace(
            moved, filled_quantity=filled, average_price=round(paid / filled, checks.DECIMAL_PLACES)
        )

    def with_corrected_fills(self, fills: Sequence[Fill], *, at: datetime) -> "Order":
        """The order after a correction or a bust; `fills` are all that count of it, one for each execution.

        A working order is PARTIALLY_FILLED or FILLED by what is left; a closed one closes again as it was.
        """
        filled = sum((fill.quantity for fill in fills), Decimal(0))
        paid = sum((fill.quantity * fill.price for fill in fills), Decimal(0))
        by_quantity = OrderStatus.FILLED if filled == self.quantity else OrderStatus.PARTIALLY_FILLED
        reopened = self._reopened(at=at)
        status = by_quantity if reopened is self else self.status
        return replace(
            reopened.moved_to(status, at=at),
            filled_quantity=filled,
            average_price=round(paid / filled, checks.DECIMAL_PLACES) if filled else None,
        )

    def _check_belongs(self, fill: Fill) -> None:
        if (fill.client_order_id, fill.symbol, fill.side) != (self.client_order_id, self.symbol, self.side):
            raise InvalidValue("fill", f"{fill.execution_id} does not belong to order {self.client_order_id}")
        if not (fill.quantity <= self.leaves_quantity):
            raise InvalidValue(
                "fill",
                f"{fill.execution_id} of {fill.quantity} is more than the {self.leaves_quantity} left open",
            )

    def _reopened(self, *, at: datetime) -> "Order":
        if OrderStatus.ADOPTED in ORDER_TRANSITIONS[self.status]:
            return self.moved_to(OrderStatus.ADOPTED, at=at)
        return self


def check_first_status(order: Order) -> Order:
    """An order enters the store in one of the first statuses only."""
    if order.status not in FIRST_STATUSES:
        raise IllegalTransition(f"order {order.client_order_id}", "nothing", order.status)
    return order
