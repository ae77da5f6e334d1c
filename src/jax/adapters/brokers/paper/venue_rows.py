"""Rows of the paper venue's file, and the values they hold."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from jax.adapters.brokers.paper.ledger import Booking, Listing
from jax.adapters.brokers.paper.paper_order import OrderTerms, PaperOrder
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order import OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.quote import Quote
from jax.domain.side import Side
from jax.ports.broker import BrokerEvent, BrokerEventKind

ORDER_COLUMNS = (
    "client_order_id, account, symbol, side, order_type, quantity, limit_price, time_in_force, stop_price,"
    " reduce_only, status, reason_code, filled_quantity, triggered, bracket_stop_price, bracket_target_price,"
    " entry_id"
)
FILL_COLUMNS = "execution_id, client_order_id, symbol, side, quantity, price, commission, ts_event"
LISTING_COLUMNS = (
    "symbol, mic, currency, price_increment, lot_size, multiplier, bid, ask, ts_event, volume_left"
)

Row = tuple[Any, ...]


def row_of_listing(listing: Listing) -> Row:
    """As LISTING_COLUMNS."""
    instrument, quote = listing.instrument, listing.quote
    numbers = (instrument.price_increment, instrument.lot_size, instrument.multiplier, quote.bid, quote.ask)
    return (
        instrument.symbol,
        instrument.mic,
        instrument.currency,
        *map(str, numbers),
        quote.ts_event.isoformat(),
        _written(listing.volume_left),
    )


def listing_of_row(row: Row) -> Listing:
    """Of LISTING_COLUMNS."""
    symbol, mic, currency, increment, lot_size, multiplier, bid, ask, ts_event, volume_left = row
    instrument = Instrument(symbol, mic, currency, Decimal(increment), Decimal(lot_size), Decimal(multiplier))
    quote = Quote(symbol, Decimal(bid), Decimal(ask), datetime.fromisoformat(ts_event))
    return Listing(instrument, quote, _number(volume_left))


def row_of_order(order: PaperOrder) -> Row:
    """As ORDER_COLUMNS."""
    terms = order.terms
    return (
        order.client_order_id,
        terms.account,
        terms.symbol,
        terms.side,
        terms.order_type,
        str(terms.quantity),
        _written(terms.limit_price),
        terms.time_in_force,
        _written(terms.stop_price),
        int(terms.reduce_only),
        order.status,
        order.reason_code,
        str(order.filled_quantity),
        int(order.triggered),
        _written(terms.bracket_stop_price),
        _written(terms.bracket_target_price),
        order.entry_id,
    )


def order_of_row(row: Row) -> PaperOrder:
    """Of ORDER_COLUMNS."""
    (client_order_id, account, symbol, side, order_type, quantity, limit_price, time_in_force) = row[:8]
    (stop_price, reduce_only, status, reason_code, filled_quantity, triggered) = row[8:14]
    (bracket_stop_price, bracket_target_price, entry_id) = row[14:]
    terms = OrderTerms(
        account=account,
        symbol=symbol,
        side=Side(side),
        order_type=OrderType(order_type),
        quantity=Decimal(quantity),
        limit_price=_number(limit_price),
        time_in_force=TimeInForce(time_in_force),
        stop_price=_number(stop_price),
        reduce_only=bool(reduce_only),
        bracket_stop_price=_number(bracket_stop_price),
        bracket_target_price=_number(bracket_target_price),
    )
    return PaperOrder(
        client_order_id,
        terms,
        OrderStatus(status),
        reason_code,
        Decimal(filled_quantity),
        bool(triggered),
        entry_id,
    )


def row_of_fill(fill: Fill) -> Row:
    """As FILL_COLUMNS."""
    numbers = (str(fill.quantity), str(fill.price), str(fill.commission), fill.ts_event.isoformat())
    return (fill.execution_id, fill.client_order_id, fill.symbol, fill.side, *numbers)


def fill_of_row(row: Row) -> Fill:
    """Of FILL_COLUMNS."""
    execution_id, client_order_id, symbol, side, quantity, price, commission, ts_event = row
    return Fill(
        execution_id=execution_id,
        client_order_id=client_order_id,
        symbol=symbol,
        side=Side(side),
        quantity=Decimal(quantity),
        price=Decimal(price),
        commission=Decimal(commission),
        ts_event=datetime.fromisoformat(ts_event),
    )


def booking_of_row(row: Row) -> Booking:
    """Of symbol, side, quantity, price, commission."""
    symbol, side, quantity, price, commission = row
    signed_quantity = Decimal(quantity) * Side(side).sign
    return Booking(symbol, signed_quantity, Decimal(price), Decimal(commission))


def event_of_row(row: Row) -> BrokerEvent:
    """Of seq, client_order_id, detail, at: the paper venue tells of orders only."""
    seq, client_order_id, detail, at = row
    return BrokerEvent(
        seq, BrokerEventKind.ORDER, client_order_id, detail, datetime.fromisoformat(at), change=seq
    )


def _written(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)
