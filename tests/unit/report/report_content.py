"""Runs to report on."""

import math
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
    OpenPosition,
    OrderReason,
)
from jax.domain.backtest_settings import BacktestSettings
from jax.domain.side import Side
from jax.ports.backtest_report import ReportContent, ReportSeries, SeriesUse

START = datetime(2020, 1, 2, 21, tzinfo=UTC)
DAY = timedelta(days=1)

METRICS = BacktestMetrics(
    total_return=Decimal("-0.123456"),
    cagr=Decimal("0.01"),
    volatility=Decimal("0.2"),
    sharpe=None,
    sortino=Decimal("1.5"),
    calmar=Decimal("-0.25"),
    max_drawdown=Decimal("0.25"),
    max_drawdown_bars=1234,
    trades=3,
    win_rate=Decimal("0.5"),
    profit_factor=None,
    average_win=Decimal("1234.567"),
    average_loss=Decimal("89.5"),
    largest_win=Decimal("4321.5"),
    largest_loss=Decimal("98.25"),
    exposure=Decimal("0.75"),
    turnover=Decimal("3.25"),
    alpha=Decimal("-0.015"),
    beta=Decimal("0.875"),
)


def order(**changes: Any) -> BacktestOrder:
    """An entry at the market, filled at once."""
    filled = BacktestOrder(
        symbol="AAPL",
        side=Side.BUY,
        order_type=BacktestOrderType.MARKET,
        order_price=None,
        quantity=Decimal(10),
        decided_at=START,
        filled_quantity=Decimal(10),
        filled_at=START,
        price=Decimal(5),
        commission=Decimal("0.05"),
        reason=OrderReason.ENTRY,
        detail="x",
    )
    return replace(filled, **changes)


def some_trades(count: int) -> tuple[BacktestTrade, ...]:
    """A short position a day, the first at a loss, the second at nothing, the others at a gain."""
    return tuple(
        BacktestTrade(
            symbol="AAPL",
            side=Side.SELL,
            quantity=Decimal(1000 + number),
            entered_at=START + number * DAY,
            entry_price=Decimal("5.5"),
            exited_at=START + (number + 1) * DAY,
            exit_price=Decimal(4),
            exit_reason=OrderReason.TARGET,
            net_pnl=Decimal(number - 1),
        )
        for number in range(count)
    )


def wave(points: int) -> list[Decimal]:
    """Equities that rise and fall."""
    return [
        Decimal(round(100_000 + 3_000 * math.sin(day / 17) + (day * 7919) % 500)) for day in range(points)
    ]


def curve(equities: list[Decimal], step: timedelta = DAY) -> tuple[EquityPoint, ...]:
    """The account at these equities, all in cash."""
    return tuple(
        EquityPoint(START + number * step, equity, Decimal(0), 1) for number, equity in enumerate(equities)
    )


def result(*, points: int = 40, **changes: Any) -> BacktestResult:
    """A result with one order, three trades and one open position."""
    plain = BacktestResult(
        settings=BacktestSettings(),
        orders=(order(),),
        trades=some_trades(3),
        open_positions=(OpenPosition("AAPL", Decimal(-7), START, Decimal(5), Decimal(4)),),
        equity=curve(wave(points)),
        metrics=METRICS,
        refused={"BUYING_POWER_TOO_SMALL": 4},
    )
    return replace(plain, **changes)


def series(symbol: str = "AAPL", bars: int = 40, step: timedelta = DAY) -> ReportSeries:
    """A symbol whose closes go up and down about five."""
    closes = tuple(
        (START + number * step, Decimal(round(500 + 80 * math.sin(number / 9))) / 100)
        for number in range(bars)
    )
    return ReportSeries(symbol, bars, START, START + (bars - 1) * step, closes, sha256="sha256:" + "3" * 64)


def content(**changes: Any) -> ReportContent:
    """A report of one symbol."""
    plain = ReportContent(
        strategy="ma_crossover_v1",
        run_id="bt123",
        engine_version="jax-bars-1",
        vendor="a vendor 1.0",
        currency="USD",
        params={"fast": 20, "threshold": Decimal("0.050")},
        series=(series(),),
        hashes={"source bundle": "sha256:" + "1" * 64, "orders": "sha256:" + "2" * 64},
        result=result(),
    )
    return replace(plain, **changes)


def long_content(*, points: int, trades: int, symbols: int = 1, step: timedelta = DAY) -> ReportContent:
    """Many bars, many trades, spread over the symbols, and a benchmark."""
    names = [f"SYM{number:04}" for number in range(symbols)]
    ran = result(
        equity=curve(wave(points), step),
        benchmark=tuple(2 * equity - 99_000 for equity in wave(points)),
        trades=tuple(
            replace(
                trade,
                symbol=names[number % symbols],
                entered_at=START + (number % (points - 1)) * step,
                exited_at=START + (number % (points - 1) + 1) * step,
            )
            for number, trade in enumerate(some_trades(trades))
        ),
        open_positions=(),
    )
    one = series("AAPL", points, step)
    traded = tuple(replace(one, symbol=name) for name in names)
    reference = replace(one, symbol="INDEX", closes=(), used_for=SeriesUse.BENCHMARK)
    return content(series=(*traded, reference), result=ran, benchmark="INDEX")
