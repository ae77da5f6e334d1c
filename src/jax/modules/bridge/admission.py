"""Whether an order that the bridge does not know yet may be sent: pure decisions."""

from datetime import datetime
from decimal import Decimal

from jax.domain.order import Order
from jax.domain.quote import Quote
from jax.ports.bridge_book import Switches

FENCED = "FENCED"
KILLED = "KILLED"
DEADLINE_PASSED = "DEADLINE_PASSED"
BREAKER = "BREAKER"
NO_BRACKETS = "NO_BRACKETS"
# What the bridge itself says no to: the venue has never heard of such an order.
CODES_OF_THE_BRIDGE = frozenset({FENCED, KILLED, DEADLINE_PASSED, BREAKER, NO_BRACKETS})


def refusal_code(order: Order, switches: Switches, *, now: datetime) -> str | None:
    """Why the order must not go to the venue at `now`, or None."""
    if not (order.epoch >= switches.epoch):
        return FENCED
    if not (now <= order.deadline_at):
        return DEADLINE_PASSED
    return None if switches.killed is None else KILLED


def counts_with_the_breaker(order: Order) -> bool:
    """What only reduces a position is never held up: a stop that cannot be sent is worse than any limit."""
    return not order.reduces_only


def notional_of(order: Order, quote: Quote | None) -> Decimal | None:
    """Quantity times the price that the order names, else that it would pay now; None without either.

    In the instrument's currency, without its multiplier: the bridge knows none.
    """
    price = order.limit_price or order.stop_price
    if price is None and quote is not None:
        price = quote.price_for(order.side)
    return None if price is None else order.quantity * price


def sentence_of(code: str, order: Order, switches: Switches) -> str:
    """Why the order is refused, for whoever asked for it."""
    reasons = {
        FENCED: f"is of epoch {order.epoch}, and the bridge was told of epoch {switches.epoch}",
        DEADLINE_PASSED: f"was not on its way before its deadline {order.deadline_at.isoformat()}",
        KILLED: f"came while the kill switch was engaged: {switches.killed or 'released since'}",
        NO_BRACKETS: "brings its stop along, and the venue takes no brackets",
        BREAKER: "would break the bridge's limit on notional within a minute",
    }
    return f"order {order.client_order_id} {reasons.get(code, f'was refused: {code}')}"
