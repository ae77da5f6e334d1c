"""Writes what happens to a symbol's orders and trades into the ledger."""

from typing import NamedTuple

from jax.modules.backtest.kernel.arrays import (
    ORDER_AT_OPEN,
    ORDER_AVERAGE,
    ORDER_COMMISSION,
    ORDER_DECIDED_ROW,
    ORDER_DETAIL,
    ORDER_FILLED,
    ORDER_FILLED_ROW,
    ORDER_PRICE,
    ORDER_QUANTITY,
    ORDER_REASON,
    ORDER_SIDE,
    ORDER_SYMBOL,
    ORDER_TYPE,
    ORDER_VALUE,
    TRADE_ENTRY_AT_OPEN,
    TRADE_ENTRY_AVERAGE,
    TRADE_ENTRY_ROW,
    TRADE_ENTRY_VALUE,
    TRADE_EXIT_AT_OPEN,
    TRADE_EXIT_AVERAGE,
    TRADE_EXIT_ROW,
    TRADE_EXIT_VALUE,
    TRADE_LEFT,
    TRADE_NET,
    TRADE_OPEN,
    TRADE_QUANTITY,
    TRADE_REASON,
    TRADE_SIDE,
    TRADE_SYMBOL,
    Floats,
    Ints,
    Ledger,
)
from jax.modules.backtest.kernel.prices import MARKET, NO_EXIT
from jax.modules.backtest.kernel.slot import Fill, Slot

# A symbol's row of `open_rows`: the order of its entry, of its exits by reason, and its trade; -1: none.
ENTRY_ORDER, TRADE_ROW = 0, 4
OPEN_ROWS = 5
NO_ROW = -1
NO_DETAIL = -1.0


class Place(NamedTuple):
    """A symbol's number and a bar's row."""

    symbol: int
    row: int


def book_entry_order(ledger: Ledger, open_rows: Ints, place: Place, slot: Slot, detail: float) -> None:
    """The entry of `slot` waits from now on."""
    number = _new_order(ledger, place, slot.order_side, NO_EXIT)
    ledger.orders[number, ORDER_TYPE] = slot.order_type
    ledger.orders[number, ORDER_PRICE] = slot.order_price
    ledger.orders[number, ORDER_QUANTITY] = slot.order_left
    ledger.orders[number, ORDER_DETAIL] = detail
    open_rows[ENTRY_ORDER] = number


def book_exit_order(ledger: Ledger, open_rows: Ints, place: Place, slot: Slot, detail: float) -> None:
    """All that `slot` holds goes from now on."""
    number = _new_order(ledger, place, -1 if slot.quantity > 0.0 else 1, slot.leaving)
    ledger.orders[number, ORDER_QUANTITY] = abs(slot.quantity)
    ledger.orders[number, ORDER_DETAIL] = detail
    open_rows[slot.leaving] = number


def book_entry_fill(ledger: Ledger, open_rows: Ints, place: Place, fill: Fill) -> None:
    """A fill of the entry: the first one opens a trade."""
    number = open_rows[ENTRY_ORDER]
    _fill(ledger.orders, number, place.row, fill)
    trade = open_rows[TRADE_ROW]
    trades = ledger.trades
    if trade == NO_ROW:
        trade = ledger.counts[1]
        ledger.counts[1] += 1
        open_rows[TRADE_ROW] = trade
        trades[trade, :] = 0.0
        trades[trade, TRADE_SYMBOL] = place.symbol
        trades[trade, TRADE_SIDE] = ledger.orders[number, ORDER_SIDE]
        trades[trade, TRADE_ENTRY_ROW] = place.row
        trades[trade, TRADE_ENTRY_AT_OPEN] = fill.at_open
        trades[trade, TRADE_OPEN] = 1.0
    _average(trades[trade], (TRADE_QUANTITY, TRADE_ENTRY_VALUE, TRADE_ENTRY_AVERAGE), fill)


def book_exit_fill(ledger: Ledger, open_rows: Ints, place: Place, fill: Fill, held: float) -> None:
    """A fill of an exit of what was `held` (signed) before it."""
    if open_rows[fill.reason] == NO_ROW:
        # Decided together with the entry that it protects.
        decided = int(ledger.orders[open_rows[ENTRY_ORDER], ORDER_DECIDED_ROW])
        decision = Place(place.symbol, decided)
        number = _new_order(ledger, decision, -1 if held > 0.0 else 1, fill.reason)
        ledger.orders[number, ORDER_QUANTITY] = abs(held)
        ledger.orders[number, ORDER_DETAIL] = NO_DETAIL
        open_rows[fill.reason] = number
    _fill(ledger.orders, open_rows[fill.reason], place.row, fill)
    trades, trade = ledger.trades, open_rows[TRADE_ROW]
    _average(trades[trade], (TRADE_LEFT, TRADE_EXIT_VALUE, TRADE_EXIT_AVERAGE), fill)
    trades[trade, TRADE_EXIT_ROW] = place.row
    trades[trade, TRADE_EXIT_AT_OPEN] = fill.at_open
    trades[trade, TRADE_REASON] = fill.reason


def book_close(ledger: Ledger, open_rows: Ints, gain: float) -> None:
    """The position is flat."""
    trade = open_rows[TRADE_ROW]
    ledger.trades[trade, TRADE_NET] = gain
    ledger.trades[trade, TRADE_OPEN] = 0.0
    for field in range(OPEN_ROWS):
        open_rows[field] = NO_ROW


def _new_order(ledger: Ledger, place: Place, side: int, reason: int) -> int:
    number = int(ledger.counts[0])
    ledger.counts[0] += 1
    orders = ledger.orders
    orders[number, :] = 0.0
    orders[number, ORDER_SYMBOL] = place.symbol
    orders[number, ORDER_SIDE] = side
    orders[number, ORDER_TYPE] = MARKET
    orders[number, ORDER_DECIDED_ROW] = place.row
    orders[number, ORDER_REASON] = reason
    return number


def _fill(orders: Floats, number: int, row: int, fill: Fill) -> None:
    _average(orders[number], (ORDER_FILLED, ORDER_VALUE, ORDER_AVERAGE), fill)
    orders[number, ORDER_COMMISSION] += fill.commission
    orders[number, ORDER_FILLED_ROW] = row
    orders[number, ORDER_AT_OPEN] = fill.at_open


def _average(row: Floats, fields: tuple[int, int, int], fill: Fill) -> None:
    """Adds `fill` to quantity, value and average price; the average of one fill is its price, to the bit."""
    quantity, value, average = fields
    first = row[quantity] == 0.0
    row[quantity] += fill.quantity
    row[value] += fill.value
    row[average] = fill.price if first else row[value] / row[quantity]
