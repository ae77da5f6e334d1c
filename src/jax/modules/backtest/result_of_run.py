"""Turns the arrays of a run into the values of the domain: floats into Decimals, once, here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

import numpy as np

from jax.domain.backtest_result import (
    BacktestOrder,
    BacktestOrderType,
    BacktestTrade,
    EquityPoint,
    OpenPosition,
    OrderReason,
)
from jax.domain.backtest_settings import AllIn, BacktestSettings
from jax.domain.instrument import Instrument
from jax.domain.reason_code import ReasonCode
from jax.domain.side import Side
from jax.domain.strategy import Strategy
from jax.modules.backtest.bar_panel import BarPanel, moment_at
from jax.modules.backtest.kernel import arrays, sizing
from jax.modules.backtest.kernel.arrays import Floats
from jax.modules.backtest.kernel.prices import (
    AT_TARGET,
    LIMIT,
    MARKET,
    NO_EXIT,
    OPPOSITE,
    STOP_ENTRY,
    STOPPED,
)
from jax.modules.backtest.run_account import AccountRun

_ORDER_TYPES = {
    MARKET: BacktestOrderType.MARKET,
    LIMIT: BacktestOrderType.LIMIT,
    STOP_ENTRY: BacktestOrderType.STOP,
}
_REASONS = {
    NO_EXIT: OrderReason.ENTRY,
    STOPPED: OrderReason.STOP,
    AT_TARGET: OrderReason.TARGET,
    OPPOSITE: OrderReason.OPPOSITE_DECISION,
}
_CODES = {
    sizing.PRICE_INVALID: ReasonCode.PRICE_INVALID,
    sizing.STOP_DISTANCE_ZERO: ReasonCode.STOP_DISTANCE_ZERO,
    sizing.STOP_WRONG_SIDE: ReasonCode.STOP_WRONG_SIDE,
    sizing.NET_LIQUIDATION_INVALID: ReasonCode.NET_LIQUIDATION_INVALID,
    sizing.POSITION_VALUE_TOO_SMALL: ReasonCode.POSITION_VALUE_TOO_SMALL,
    sizing.ORDER_NOTIONAL_TOO_SMALL: ReasonCode.ORDER_NOTIONAL_TOO_SMALL,
    sizing.BUYING_POWER_TOO_SMALL: ReasonCode.BUYING_POWER_TOO_SMALL,
    sizing.TOO_MANY_POSITIONS: ReasonCode.TOO_MANY_POSITIONS,
    sizing.DAILY_LOSS_REACHED: ReasonCode.DAILY_LOSS_REACHED,
}


# An order or a trade as arrays has it.
Row = Sequence[float]


@dataclass(frozen=True, slots=True, eq=False)
class RunContext:
    """What the arrays of a run are about."""

    panel: BarPanel
    instruments: Mapping[str, Instrument]
    strategy: Strategy
    settings: BacktestSettings

    def symbol(self, row: Row) -> str:
        """The symbol of an order or a trade."""
        return self.panel.symbols[int(row[arrays.ORDER_SYMBOL])]

    def quantity(self, symbol: str, value: float) -> Decimal:
        """Whole lots as the exact multiple; a fraction of a unit as the float's shortest decimal."""
        if isinstance(self.settings.sizing, AllIn):
            return exactly(value)
        lot = self.instruments[symbol].lot_size
        return round(value / float(lot)) * lot

    def filled_at(self, row: float, *, at_open: float) -> datetime:
        """The start of the bar for a fill at its open, its end for any other."""
        times = self.panel.starts if at_open else self.panel.ends
        return moment_at(times[int(row)])


@lru_cache(maxsize=4096)
def exactly(value: float) -> Decimal:
    """The shortest decimal number that gives `value` back."""
    return Decimal(repr(float(value)))


def exact_values(values: Floats) -> list[Decimal]:
    """exactly each of `values`, of which many are equal: cash while nothing is traded, nothing while flat."""
    different, places = np.unique(values, return_inverse=True)
    found = [Decimal(repr(value)) for value in different.tolist()]
    return [found[place] for place in places.tolist()]


def orders_of(run: AccountRun, context: RunContext) -> tuple[BacktestOrder, ...]:
    """Every order, as they were made."""
    return tuple(_order(row, context) for row in run.ledger.orders.tolist())


def trades_of(run: AccountRun, context: RunContext) -> tuple[BacktestTrade, ...]:
    """Every position that was entered and left, in the order of their exits and then of their entries."""
    closed = [row for row in run.ledger.trades.tolist() if not row[arrays.TRADE_OPEN]]
    trades = [_trade(row, context) for row in closed]
    return tuple(sorted(trades, key=lambda trade: (trade.exited_at, trade.symbol, trade.entered_at)))


def open_positions_of(run: AccountRun, context: RunContext) -> tuple[OpenPosition, ...]:
    """What is held at the end, by symbol."""
    held = [_held(row, context) for row in run.ledger.trades.tolist() if row[arrays.TRADE_OPEN]]
    return tuple(sorted(held, key=lambda position: position.symbol))


def curve_of(run: AccountRun, ends: Sequence[datetime]) -> tuple[EquityPoint, ...]:
    """The account at every end of bars, which are `ends`."""
    ledger = run.ledger
    return tuple(
        map(EquityPoint, ends, exact_values(ledger.cash), exact_values(ledger.value), ledger.held.tolist())
    )


def refused_of(run: AccountRun) -> dict[str, int]:
    """How many entries were denied, by reason code."""
    found = {_CODES[verdict]: int(run.ledger.refused[verdict]) for verdict in _CODES}
    return {code.value: count for code, count in sorted(found.items()) if count}


def _order(row: Row, context: RunContext) -> BacktestOrder:
    symbol = context.symbol(row)
    filled = float(row[arrays.ORDER_FILLED])
    wanted = float(row[arrays.ORDER_QUANTITY])
    order_type = _ORDER_TYPES[int(row[arrays.ORDER_TYPE])]
    reason = _REASONS[int(row[arrays.ORDER_REASON])]
    detail = int(row[arrays.ORDER_DETAIL])
    return BacktestOrder(
        symbol=symbol,
        side=_side(row[arrays.ORDER_SIDE]),
        order_type=order_type,
        order_price=None if order_type is BacktestOrderType.MARKET else exactly(row[arrays.ORDER_PRICE]),
        quantity=context.quantity(symbol, filled if wanted == float("inf") else wanted),
        decided_at=moment_at(context.panel.ends[int(row[arrays.ORDER_DECIDED_ROW])]),
        filled_quantity=context.quantity(symbol, filled),
        filled_at=context.filled_at(row[arrays.ORDER_FILLED_ROW], at_open=row[arrays.ORDER_AT_OPEN])
        if filled
        else None,
        price=exactly(row[arrays.ORDER_AVERAGE]) if filled else None,
        commission=exactly(row[arrays.ORDER_COMMISSION]),
        reason=reason,
        detail=reason.value if detail < 0 else context.strategy.reasons[detail],
    )


def _trade(row: Row, context: RunContext) -> BacktestTrade:
    symbol = context.symbol(row)
    return BacktestTrade(
        symbol=symbol,
        side=_side(row[arrays.TRADE_SIDE]),
        quantity=context.quantity(symbol, row[arrays.TRADE_QUANTITY]),
        entered_at=context.filled_at(row[arrays.TRADE_ENTRY_ROW], at_open=row[arrays.TRADE_ENTRY_AT_OPEN]),
        entry_price=exactly(row[arrays.TRADE_ENTRY_AVERAGE]),
        exited_at=context.filled_at(row[arrays.TRADE_EXIT_ROW], at_open=row[arrays.TRADE_EXIT_AT_OPEN]),
        exit_price=exactly(row[arrays.TRADE_EXIT_AVERAGE]),
        exit_reason=_REASONS[int(row[arrays.TRADE_REASON])],
        net_pnl=exactly(row[arrays.TRADE_NET]),
    )


def _held(row: Row, context: RunContext) -> OpenPosition:
    symbol = context.symbol(row)
    number = int(row[arrays.TRADE_SYMBOL])
    quantity = context.quantity(symbol, row[arrays.TRADE_QUANTITY] - row[arrays.TRADE_LEFT])
    last = context.panel.first[number + 1] - 1
    return OpenPosition(
        symbol=symbol,
        signed_quantity=quantity * _side(row[arrays.TRADE_SIDE]).sign,
        entered_at=context.filled_at(row[arrays.TRADE_ENTRY_ROW], at_open=row[arrays.TRADE_ENTRY_AT_OPEN]),
        entry_price=exactly(row[arrays.TRADE_ENTRY_AVERAGE]),
        last_price=exactly(context.panel.arrays.columns.close[last]),
    )


def _side(value: float) -> Side:
    return Side.BUY if value > 0 else Side.SELL
