"""Daily bars that rise and fall for months, the same ones in every run."""

import math
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from jax.domain.bar import Bar, Timeframe

FIRST_OPEN = datetime(2001, 1, 1, 14, 30, tzinfo=UTC)
SESSION = timedelta(hours=6, minutes=30)


def price_waves(symbol: str, days: int, *, seed: int = 0, period_days: float = 300.0) -> list[Bar]:
    """`days` bars around a price of 100: a wave of `period_days` with noise drawn from `seed`."""
    chance = random.Random(f"{symbol} {seed}")
    close = 100.0
    bars = []
    for day in range(days):
        open_ = close
        close = 100.0 + 40.0 * math.sin(2.0 * math.pi * day / period_days) + chance.uniform(-2.0, 2.0)
        high, low = max(open_, close) + chance.random(), min(open_, close) - chance.random()
        volume = chance.randrange(1_000, 9_000)
        numbers = [Decimal(f"{number:.2f}") for number in (open_, high, low, close, volume)]
        start = FIRST_OPEN + timedelta(days=day)
        bars.append(Bar(symbol, Timeframe.DAY, start, start + SESSION, *numbers))
    return bars
