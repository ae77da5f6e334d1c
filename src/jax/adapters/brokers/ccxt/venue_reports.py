"""What ccxt says of an order and its trades, as a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from jax.adapters.brokers.ccxt.dialects import Dialect
from jax.adapters.brokers.ccxt.sent_orders import SentOrder
from jax.adapters.brokers.ccxt.traded_markets import TradedMarket
from jax.domain import checks
from jax.domain.fill import Fill
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.broker import OrderReport

REDUCE_ONLY = "REDUCE_ONLY"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_PLACE = Decimal(1).scaleb(-checks.DECIMAL_PLACES)
_CLOSED = {
    "canceled": OrderStatus.CANCELED,
    "canceling": OrderStatus.NEW,
    "expired": OrderStatus.EXPIRED,
    "rejected": OrderStatus.REJECTED,
    "open": OrderStatus.NEW,
}


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order as the venue shows it; `filled_quantity` is None where it does not say.

    `status` is ccxt's word, None right after placing at a venue that answers with the order's number alone.
    """

    market: TradedMarket
    venue_order_id: str
    client_order_id: str | None
    side: Side
    status: str | None
    quantity: Decimal
    filled_quantity: Decimal | None

    @property
    def is_open(self) -> bool:
        """Whether it may still fill."""
        return self.status in {"open", "canceling", None}


def found_order(document: Any, market: TradedMarket) -> FoundOrder:
    """InvalidValue, KeyError, ValueError, TypeError or ArithmeticError when it cannot be read."""
    return FoundOrder(
        market=market,
        venue_order_id=str(document["id"]),
        client_order_id=document["clientOrderId"],
        side=Side(document["side"].upper()),
        status=document["status"],
        quantity=checks.positive("amount", Decimal(document["amount"])),
        filled_quantity=_or_none(document["filled"]),
    )


def fills_of(
    found: FoundOrder, trades: Sequence[Any], dialect: Dialect, *, client_order_id: str
) -> tuple[Fill, ...]:
    """The order's own among `trades`, oldest first."""
    own = [trade for trade in trades if str(trade["order"]) == found.venue_order_id]
    fills = [
        Fill(
            # A venue may number the trades of each market from one.
            execution_id=f"{found.market.venue_symbol}-{trade['id']}",
            client_order_id=client_order_id,
            symbol=found.market.symbol,
            side=found.side,
            quantity=Decimal(trade["amount"]),
            price=Decimal(trade["price"]),
            commission=commission_of(trade, found.market, dialect),
            ts_event=_EPOCH + timedelta(milliseconds=int(trade["timestamp"])),
        )
        for trade in own
    ]
    return tuple(sorted(fills, key=lambda fill: (fill.ts_event, fill.execution_id)))


def commission_of(trade: Any, market: TradedMarket, dialect: Dialect) -> Decimal:
    """In the quote currency, rounded up to eight places.

    What was taken in the base currency counts at the trade's price; in any other currency it is not known
    here what it is worth, and nothing is said.
    """
    fee = trade.get("fee") or {}
    if fee.get("cost") is None:
        return Decimal(0)
    extras = [abs(Decimal(str(trade["info"].get(key) or 0))) for key in dialect.fee_extras]
    cost = abs(Decimal(fee["cost"])) + sum(extras, Decimal(0))
    rates = {market.quote: Decimal(1), market.base: Decimal(trade["price"])}
    return (cost * rates.get(fee.get("currency") or market.quote, Decimal(0))).quantize(_LAST_PLACE, ROUND_UP)


def is_told_whole(found: FoundOrder, fills: Sequence[Fill]) -> bool:
    """Whether the trades that are shown add up to what the order says was filled."""
    filled = sum((fill.quantity for fill in fills), Decimal(0))
    if found.filled_quantity is not None:
        return filled >= found.filled_quantity
    return filled >= found.quantity or found.status != "closed"


def report_of(
    found: FoundOrder, fills: tuple[Fill, ...], sent: SentOrder | None, *, client_order_id: str
) -> OrderReport:
    """The order stays open here until every fill that the venue speaks of is shown."""
    status, reason = _status_of(found, fills, sent)
    return OrderReport(client_order_id, found.venue_order_id, status, fills, reason)


def _status_of(
    found: FoundOrder, fills: tuple[Fill, ...], sent: SentOrder | None
) -> tuple[OrderStatus, str | None]:
    filled = sum((fill.quantity for fill in fills), Decimal(0))
    working = OrderStatus.PARTIALLY_FILLED if filled > 0 else OrderStatus.NEW
    if found.status is None or not is_told_whole(found, fills):
        return working, None
    if filled >= found.quantity:
        cut = sent is not None and sent.sent_quantity < sent.quantity
        return (OrderStatus.CANCELED, REDUCE_ONLY) if cut else (OrderStatus.FILLED, None)
    status = _CLOSED.get(found.status, OrderStatus.NEW)
    if status is OrderStatus.NEW:
        return working, None
    if status is OrderStatus.CANCELED and sent is not None and sent.reason_code == OrderStatus.EXPIRED:
        return OrderStatus.EXPIRED, None
    return status, None


def _or_none(written: Any) -> Decimal | None:
    return None if written is None else checks.not_negative("filled", Decimal(written))
