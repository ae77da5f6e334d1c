"""What a backtest did, bar by bar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from jax.domain.backtest_settings import BacktestSettings
from jax.domain.side import Side


class OrderReason(StrEnum):
    """Why an order was made."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    OPPOSITE_DECISION = "opposite decision"


class BacktestOrderType(StrEnum):
    """MARKET at the next open or close; LIMIT at its price or better; STOP at its price or worse."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"


@dataclass(frozen=True, slots=True)
class BacktestOrder:
    """One order: decided at the close of the bar that ended at `decided_at`.

    `order_price` is the limit or stop price, None at the market. `filled_quantity` (0 <= it <= `quantity`) is
    what was filled until the data ended or another decision took the order's place; `filled_at` is the last
    fill's time: the start of the bar for a fill at its open, the end of the bar for any other, whose moment
    a bar does not tell. `price` is the fills' average. Both are None when nothing was filled. `commission` in
    currency, >= 0.
    """

    symbol: str
    side: Side
    order_type: BacktestOrderType
    order_price: Decimal | None
    quantity: Decimal
    decided_at: datetime
    filled_quantity: Decimal
    filled_at: datetime | None
    price: Decimal | None
    commission: Decimal
    reason: OrderReason
    detail: str


@dataclass(frozen=True, slots=True)
class BacktestTrade:
    """A position from flat to flat; `side` is the entry's, the prices are averages over the fills.

    `net_pnl` is after all its commissions and what was paid to borrow.
    """

    symbol: str
    side: Side
    quantity: Decimal
    entered_at: datetime
    entry_price: Decimal
    exited_at: datetime
    exit_price: Decimal
    exit_reason: OrderReason
    net_pnl: Decimal


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """What was still held when the data ended; `signed_quantity` is below zero when short."""

    symbol: str
    signed_quantity: Decimal
    entered_at: datetime
    entry_price: Decimal
    last_price: Decimal


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """The account at the end of a bar: equity = cash + positions_value, exactly.

    `positions_value` is signed (short positions count below zero), at the last closes.
    """

    end: datetime
    cash: Decimal
    positions_value: Decimal
    open_positions: int

    @property
    def equity(self) -> Decimal:
        """What the account is worth."""
        return self.cash + self.positions_value


@dataclass(frozen=True, slots=True)
class BacktestMetrics:
    """Numbers over the run, to 6 decimal places; None where a number is not defined.

    Rates are over a riskless rate of zero, annualised by the number of bars a year of the data's own
    calendar. `max_drawdown`, `exposure` (share of bar ends with a position) and `win_rate` are fractions in
    [0, 1]; `max_drawdown` may exceed 1 when the equity falls below zero. `max_drawdown_bars` is the longest
    time, in bar ends, from a peak until it was passed again or the data ended. `turnover` is what was
    bought and sold in a year as a multiple of the equity at the time. `average_loss` and `largest_loss` are
    positive. `cagr` counts as a year as many returns as a year has bars. `alpha` (a year) and `beta` need a
    benchmark.
    """

    total_return: Decimal
    cagr: Decimal
    volatility: Decimal
    sharpe: Decimal | None
    sortino: Decimal | None
    calmar: Decimal | None
    max_drawdown: Decimal
    max_drawdown_bars: int
    trades: int
    win_rate: Decimal | None
    profit_factor: Decimal | None
    average_win: Decimal | None
    average_loss: Decimal | None
    largest_win: Decimal | None
    largest_loss: Decimal | None
    exposure: Decimal
    turnover: Decimal
    alpha: Decimal | None = None
    beta: Decimal | None = None

    def defined(self) -> Mapping[str, Decimal]:
        """The numbers that are defined, by name."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: Decimal(value) for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """Everything a run leaves behind; the same inputs always give an equal one.

    `refused` counts decisions to enter that the sizing or a limit denied, by reason code. `benchmark` is what
    the initial cash would be worth in the benchmark at each point of `equity`, without costs; empty
    without one.
    """

    settings: BacktestSettings
    orders: tuple[BacktestOrder, ...]
    trades: tuple[BacktestTrade, ...]
    open_positions: tuple[OpenPosition, ...]
    equity: tuple[EquityPoint, ...]
    metrics: BacktestMetrics
    refused: Mapping[str, int]
    benchmark: tuple[Decimal, ...] = ()
