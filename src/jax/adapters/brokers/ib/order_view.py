"""What is said of an order, from what the gateway says, what it has executed and what we remember."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from jax.adapters.brokers.ib.statements import FILLED, INACTIVE, OrderStatement
from jax.adapters.brokers.ib.venue_file import FiledOrder
from jax.domain.fill import Fill
from jax.domain.order_status import OrderStatus
from jax.ports.broker import OrderReport

REDUCE_ONLY = "REDUCE_ONLY"
_INACTIVE = "IB_INACTIVE"
_EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All there is about one order.

    `fills` are those whose commission is known; `is_heard`: an execution was heard of, told or not;
    `refusal`: the reason code of a definitive reject; `group_filled`: another way out of the trade traded.
    """

    client_order_id: str
    filed: FiledOrder | None
    statement: OrderStatement | None
    fills: Sequence[Fill]
    is_heard: bool = False
    refusal: str | None = None
    group_filled: bool = False

    @property
    def filled(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills), Decimal(0))


def report_of(found: Evidence) -> OrderReport | None:
    """The report; None when nothing is known of the order.

    An order is closed only when its executions account for all that the gateway says was filled: closed
    before them, it would be taken for over, and they for fills that came too late.
    """
    standing = _standing(found)
    if standing is None:
        return None
    status, reason_code = standing
    return OrderReport(
        client_order_id=found.client_order_id,
        venue_order_id=_venue_order_id(found),
        status=status,
        fills=tuple(found.fills),
        reason_code=reason_code,
    )


def _standing(found: Evidence) -> tuple[OrderStatus, str | None] | None:
    statement, filed = found.statement, found.filed
    if _is_whole(found):
        return OrderStatus.FILLED, None
    if statement is None:
        if filed is not None and filed.closed is not None:
            return filed.closed, filed.reason_code
        return (_working(found), None) if found.fills or found.is_heard else None
    is_refused = statement.status == INACTIVE and found.refusal is not None
    if not (statement.is_closed or is_refused) or found.filled < _accounted_for(found, statement):
        return _working(found), None
    return _closed(found, statement)


def _is_whole(found: Evidence) -> bool:
    """Whether all that was asked for has traded."""
    asked = found.filed or found.statement
    return asked is not None and found.filled >= asked.quantity


def _accounted_for(found: Evidence, statement: OrderStatement) -> Decimal:
    if statement.status == FILLED:
        return statement.quantity
    return found.filled if statement.filled is None else statement.filled


def _working(found: Evidence) -> OrderStatus:
    return OrderStatus.PARTIALLY_FILLED if found.filled > 0 else OrderStatus.NEW


def _closed(found: Evidence, statement: OrderStatement) -> tuple[OrderStatus, str | None]:
    filed = found.filed
    if filed is not None and filed.closed is OrderStatus.REJECTED and not found.fills:
        return OrderStatus.REJECTED, filed.reason_code
    if found.refusal is not None or statement.status == INACTIVE:
        # It was acknowledged before: an order that has worked is over, not refused.
        return OrderStatus.CANCELED, found.refusal or _INACTIVE
    was_asked = filed is None or filed.cancel_asked
    if statement.status == FILLED or (found.group_filled and not was_asked):
        # Less was sent than asked for, or the rest of its group has taken the place of it.
        return OrderStatus.CANCELED, REDUCE_ONLY
    is_expired = _EXPIRED in statement.remark.lower() and not was_asked
    return (OrderStatus.EXPIRED if is_expired else OrderStatus.CANCELED), None


def _venue_order_id(found: Evidence) -> str:
    if found.filed is not None:
        return f"ib-{found.filed.order_id}"
    if found.statement is not None:
        return venue_order_id_of(found.statement)
    return f"ib-executed-{found.client_order_id}"


def venue_order_id_of(statement: OrderStatement) -> str:
    """The id of an order that the gateway shows: ours by its order id, any other by IB's permanent number."""
    return f"ib-{statement.order_id}" if statement.order_id else f"ib-perm-{statement.perm_id}"
