"""What a backtest did, bar by bar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.position_sizing import SizingLimits
from jax.domain.side import Side

_LARGEST_COMMISSION_BPS = Decimal(1000)
DEFAULT_SIZING = SizingLimits(
    max_risk_per_trade_fraction=Decimal("0.01"),
    min_position_size=Decimal(1),
    max_position_size=Decimal(1000),
    max_position_value_fraction=Decimal("0.20"),
)


class OrderReason(StrEnum):
    """Why an order was made."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    OPPOSITE_DECISION = "opposite decision"


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """The account, its costs and its limits: cash in the instruments' one currency, above zero.

    `commission_bps` is taken from the value of every fill, in [0, 1000] (10 is 0.1 %).
    """

    initial_cash: Decimal = Decimal(100_000)
    commission_bps: Decimal = Decimal(10)
    sizing: SizingLimits = DEFAULT_SIZING

    def __post_init__(self) -> None:
        checks.positive("initial_cash", self.initial_cash)
        checks.not_negative("commission_bps", self.commission_bps)
        if not (self.commission_bps <= _LARGEST_COMMISSION_BPS):
            raise InvalidValue(
                "commission_bps", f"must be at most {_LARGEST_COMMISSION_BPS}, not {self.commission_bps}"
            )


@dataclass(frozen=True, slots=True)
class BacktestOrder:
    """One order: decided at the close of the bar that ended at `decided_at`.

    `filled_at` is the start of the bar for a fill at its open and the end of the bar for a fill within its
    range, whose moment a bar does not tell. `filled_at` and `price` are None for an order that was still
    waiting when the data ended. `quantity` > 0; `commission` in currency, >= 0.
    """

    symbol: str
    side: Side
    quantity: Decimal
    decided_at: datetime
    filled_at: datetime | None
    price: Decimal | None
    commission: Decimal
    reason: OrderReason
    detail: str


@dataclass(frozen=True, slots=True)
class BacktestTrade:
    """A position from its entry to its exit; `side` is the entry's, `net_pnl` is after both commissions."""

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

    `sharpe` (excess over a rate of zero) needs volatility, `win_rate` a trade, `profit_factor` a loss.
    `volatility` and `sharpe` are annualised by 252; `max_drawdown`, `exposure` (share of bar ends with a
    position) and `win_rate` are fractions in [0, 1], `max_drawdown` may exceed 1 when the equity falls
    below zero. `cagr` counts years of 365.25 days.
    """

    total_return: Decimal
    cagr: Decimal
    volatility: Decimal
    sharpe: Decimal | None
    max_drawdown: Decimal
    trades: int
    win_rate: Decimal | None
    profit_factor: Decimal | None
    exposure: Decimal

    def defined(self) -> Mapping[str, Decimal]:
        """The numbers that are defined, by name."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: Decimal(value) for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """Everything a run leaves behind; the same inputs always give an equal one.

    `refused` counts decisions to enter that the position sizing denied, by its reason code.
    """

    settings: BacktestSettings
    orders: tuple[BacktestOrder, ...]
    trades: tuple[BacktestTrade, ...]
    open_positions: tuple[OpenPosition, ...]
    equity: tuple[EquityPoint, ...]
    metrics: BacktestMetrics
    refused: Mapping[str, int]
