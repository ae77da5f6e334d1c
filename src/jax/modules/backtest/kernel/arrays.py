"""The arrays that the loops read and fill."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Columns(NamedTuple):
    """One number a bar each, oldest first: the fields of BarValues."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    market_trend: Floats
    sector_trend: Floats


class Panel(NamedTuple):
    """The bars of all symbols, one symbol after the other, and the order in which time visits them.

    Visit v is bar `row[v]` of symbol number `symbol[v]`; moment m, one end of bars, has the visits from
    `moment_first[m]` to `moment_first[m + 1]`, by symbol. `day` numbers the UTC day of a moment; `gap_years`
    is how long before each bar's end (in years of 365 days) the one in front of it had ended. `contracts` is
    [symbols, 2]: the value of one unit at a price of 1, and the lot.
    """

    columns: Columns
    symbol: Ints
    row: Ints
    moment_first: Ints
    day: Ints
    gap_years: Floats
    contracts: Floats


class Decided(NamedTuple):
    """`values` are rows as decision_pass writes them, their bars counted over the whole panel.

    `at` has, for every bar of the panel, the number of its decision or -1.
    """

    values: Floats
    at: Ints


class Ledger(NamedTuple):
    """What the account loop fills: by moment `cash`, `value` (of what is held, signed) and `held` (symbols).

    A row of `orders` is as ORDER_... says, of `trades` as TRADE_...; `refused` counts verdicts; `counts` are
    the rows used of orders and trades; `statistics` is one RunStatistics.
    """

    cash: Floats
    value: Floats
    held: Ints
    orders: Floats
    trades: Floats
    refused: Ints
    counts: Ints
    statistics: Floats


# Rows are numbers of bars in the panel; AT_OPEN is 1.0 for a fill at the open; AVERAGE prices are over fills.
ORDER_SYMBOL, ORDER_SIDE, ORDER_TYPE, ORDER_PRICE, ORDER_QUANTITY, ORDER_DECIDED_ROW = 0, 1, 2, 3, 4, 5
ORDER_FILLED, ORDER_VALUE, ORDER_AVERAGE, ORDER_COMMISSION, ORDER_FILLED_ROW, ORDER_AT_OPEN = (
    6,
    7,
    8,
    9,
    10,
    11,
)
ORDER_REASON, ORDER_DETAIL = 12, 13
ORDER_FIELDS = 14
TRADE_SYMBOL, TRADE_SIDE, TRADE_ENTRY_ROW, TRADE_ENTRY_AT_OPEN = 0, 1, 2, 3
TRADE_QUANTITY, TRADE_ENTRY_VALUE, TRADE_ENTRY_AVERAGE = 4, 5, 6
TRADE_LEFT, TRADE_EXIT_VALUE, TRADE_EXIT_AVERAGE = 7, 8, 9
TRADE_EXIT_ROW, TRADE_EXIT_AT_OPEN, TRADE_REASON, TRADE_NET, TRADE_OPEN = 10, 11, 12, 13, 14
TRADE_FIELDS = 15
# No decision makes more orders than its own and one exit for each reason; none makes more than one trade.
ORDERS_A_DECISION = 4
