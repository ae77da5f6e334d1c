"""Curves, trades and sums to measure, small enough to be followed by hand or made from a seed."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from jax.domain.backtest_result import BacktestTrade, EquityPoint, OrderReason
from jax.domain.side import Side

INITIAL = Decimal(100)
MONDAY = datetime(2024, 1, 1, 21, tzinfo=UTC)
SESSION = timedelta(hours=6, minutes=30)


def closes_at(row: int) -> datetime:
    """The end of the bar of the weekday with this number, from 0 on: of daily bars, 252 a year."""
    return MONDAY + timedelta(days=row // 5 * 7 + row % 5)


def curve(*equities: str | Decimal, held: bool = True) -> list[EquityPoint]:
    return [
        EquityPoint(closes_at(row), Decimal(equity), Decimal(0), int(held))
        for row, equity in enumerate(equities)
    ]


def trade(net_pnl: int | Decimal) -> BacktestTrade:
    price = Decimal(1)
    return BacktestTrade(
        "AAPL", Side.BUY, price, MONDAY, price, MONDAY, price, OrderReason.STOP, Decimal(net_pnl)
    )


def walk(chance: Random, rows: int) -> list[EquityPoint]:
    """Equities that go up and down by some percent; about a third of the points without a position."""
    points, equity = [], float(INITIAL)
    for row in range(rows):
        equity *= 1.0 + chance.gauss(0.0005, 0.02)
        points.append(
            EquityPoint(closes_at(row), Decimal(f"{equity:.6f}"), Decimal(0), int(chance.random() < 0.67))
        )
    return points


def fills_of(chance: Random, rows: int, count: int) -> list[tuple[datetime, Decimal]]:
    """Fills in `count` of the bars, by the bars' starts."""
    return [
        (closes_at(chance.randrange(rows)) - SESSION, Decimal(f"{chance.uniform(1, 90):.2f}"))
        for _ in range(count)
    ]


def trades_of(chance: Random, count: int) -> Sequence[BacktestTrade]:
    return [trade(Decimal(f"{chance.uniform(-5, 6):.2f}")) for _ in range(count)]


def differing(
    found: Mapping[str, float | None], expected: Mapping[str, float | None]
) -> dict[str, tuple[float | None, float | None]]:
    """What of `expected` is not found to a relative 1e-9; for what is not there or not defined, None."""
    pairs = {name: (found.get(name), value) for name, value in expected.items()}
    return {name: (ours, theirs) for name, (ours, theirs) in pairs.items() if not _close(ours, theirs)}


def _close(ours: float | None, theirs: float | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12)
