"""Long series from an explicit generator: the same on every machine, with trends, ranges and gaps."""

import numpy as np

from jax.modules.backtest.bar_panel import BarPanel, panel_of_columns
from jax.modules.backtest.kernel.arrays import Columns, Floats

_DAY_US = 86_400_000_000


def wavy_columns(bars: int, *, seed: int) -> Columns:
    """Prices in cents around 100, whose drift and noise change every few hundred bars."""
    generator = np.random.Generator(np.random.PCG64(seed))
    regimes = bars // 250 + 1
    drift = np.repeat(generator.normal(0.0, 0.0012, regimes), 250)[:bars]
    noise = np.repeat(generator.uniform(0.002, 0.02, regimes), 250)[:bars]
    moves = drift + noise * generator.standard_normal(bars)
    level = np.cumsum(moves)
    # Pulled back to the middle, so that a long series neither dies nor explodes.
    close = _cents(100.0 * np.exp(level - _smooth(level)))
    gaps = generator.standard_normal(bars) * noise * 0.3
    opens = _cents(np.concatenate([[close[0]], close[:-1]]) * np.exp(gaps))
    high = _cents(np.maximum(opens, close) * np.exp(np.abs(generator.standard_normal(bars)) * noise * 0.5))
    low = _cents(np.minimum(opens, close) * np.exp(-np.abs(generator.standard_normal(bars)) * noise * 0.5))
    volume = np.floor(generator.lognormal(10.0, 0.6, bars))
    market = np.repeat(generator.integers(-1, 2, regimes), 250)[:bars].astype(np.float64)
    return Columns(
        opens,
        np.maximum(high, np.maximum(opens, close)),
        np.minimum(low, np.minimum(opens, close)),
        close,
        volume,
        market,
        np.roll(market, 40),
    )


def wavy_panel(symbols: int, bars: int, *, seed: int) -> BarPanel:
    """Daily bars of `symbols`, each a little shorter than the one before, all ending on the same day."""
    counts = {f"S{number:03d}": bars - 7 * number for number in range(symbols)}
    series = [wavy_columns(count, seed=seed + number) for number, count in enumerate(counts.values())]
    ends = np.concatenate([np.arange(bars - count, bars) for count in counts.values()]) * _DAY_US
    return panel_of_columns(
        counts,
        Columns(*(np.concatenate(parts) for parts in zip(*series, strict=True))),
        starts=ends - _DAY_US // 2,
        ends=ends.astype(np.int64),
        contracts=[(1.0, 1.0)] * symbols,
    )


def _smooth(level: Floats) -> Floats:
    width = 2_000
    padded = np.concatenate([np.full(width, level[0]), level])
    sums = np.cumsum(padded)
    means: Floats = (sums[width:] - sums[:-width]) / width
    return means


def _cents(prices: Floats) -> Floats:
    rounded: Floats = np.maximum(np.round(prices, 2), 0.01)
    return rounded
