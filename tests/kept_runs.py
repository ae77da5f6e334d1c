"""Results of backtests with numbers as floats leave them, and runs as they are kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from jax.domain.backtest_result import (
    BacktestMetrics,
    BacktestOrder,
    BacktestOrderType,
    BacktestResult,
    BacktestTrade,
    EquityPoint,
    OrderReason,
)
from jax.domain.backtest_settings import BacktestSettings, settings_document
from jax.domain.side import Side
from jax.ports.run_store import KeptRun, RunTable

FIRST_END = datetime(2021, 1, 4, 21, tzinfo=UTC)
KEPT_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_DAY = timedelta(days=1)

METRICS = BacktestMetrics(
    total_return=Decimal("0.015"),
    cagr=Decimal("0.2"),
    volatility=Decimal("0.1"),
    sharpe=Decimal("1.5"),
    sortino=None,
    calmar=None,
    max_drawdown=Decimal("0.01"),
    max_drawdown_bars=3,
    trades=1,
    win_rate=Decimal(1),
    profit_factor=None,
    average_win=Decimal("12.5"),
    average_loss=None,
    largest_win=Decimal("12.5"),
    largest_loss=None,
    exposure=Decimal("0.5"),
    turnover=Decimal(2),
)

FILLED = BacktestOrder(
    symbol="AAPL",
    side=Side.BUY,
    order_type=BacktestOrderType.LIMIT,
    order_price=Decimal("129.41"),
    quantity=Decimal("0.30000000000000004"),
    decided_at=FIRST_END,
    filled_quantity=Decimal("0.1"),
    filled_at=FIRST_END + _DAY - timedelta(hours=7),
    price=Decimal("129.40000000000001"),
    commission=Decimal("1E-7"),
    reason=OrderReason.ENTRY,
    detail="aligned up, at the average",
)
UNFILLED = replace(
    FILLED,
    symbol="BRK.B",
    side=Side.SELL,
    order_type=BacktestOrderType.MARKET,
    order_price=None,
    quantity=Decimal(7),
    filled_quantity=Decimal(0),
    filled_at=None,
    price=None,
    commission=Decimal(0),
    reason=OrderReason.OPPOSITE_DECISION,
    detail="opposite decision",
)
TRADE = BacktestTrade(
    symbol="AAPL",
    side=Side.BUY,
    quantity=Decimal("0.1"),
    entered_at=FIRST_END + _DAY,
    entry_price=Decimal("129.4"),
    exited_at=FIRST_END + 2 * _DAY + timedelta(microseconds=1),
    exit_price=Decimal("131.12345678901234"),
    exit_reason=OrderReason.TARGET,
    net_pnl=Decimal("-0.17234567890123402"),
)


def points(*worth: str, first_end: datetime = FIRST_END) -> tuple[EquityPoint, ...]:
    """Daily points of an account that is worth so much, half of it in cash."""
    return tuple(
        EquityPoint(first_end + day * _DAY, Decimal(value) / 2, Decimal(value) / 2, day % 2)
        for day, value in enumerate(worth)
    )


def result(**changed: Any) -> BacktestResult:
    """A result with an order that was filled, one that was not, and a trade."""
    whole = BacktestResult(
        settings=BacktestSettings(),
        orders=(FILLED, UNFILLED),
        trades=(TRADE,),
        open_positions=(),
        equity=points("100000", "100000.1", "99999.12345678901"),
        metrics=METRICS,
        refused={},
    )
    return replace(whole, **changed)


def kept_run(of: BacktestResult, run_id: str = "bt2aaaa", **changed: Any) -> KeptRun:
    """The run of that result, as it is kept."""
    run = KeptRun(
        run_id=run_id,
        kept_at=KEPT_AT,
        engine_version="jax-bars-2",
        strategy="ma_crossover_v1",
        symbols=("AAPL", "BRK.B"),
        bars=6,
        first_end=of.equity[0].end,
        last_end=of.equity[-1].end,
        params={"fast": 20, "first_target": Decimal("2.5")},
        request={"strategy": "ma_crossover_v1", "settings": settings_document(of.settings)},
        metrics=of.metrics.defined(),
        rows={
            RunTable.EQUITY: len(of.equity),
            RunTable.ORDERS: len(of.orders),
            RunTable.TRADES: len(of.trades),
        },
        hashes={"orders": "sha256:" + "5e" * 32},
    )
    return replace(run, **changed)
