"""The work that every engine is given: the same bars, the same rule, told once.

SMA crossover: BUY at the close on which SMA(fast) > SMA(slow) becomes true, SELL at the one on which it
becomes false, filled at the next bar's open, long only, 0.1 % commission.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

INITIAL_CASH = 100_000.0
FEES = 0.001
# In the work with one account, an entry takes this share of the equity, in whole units.
ENTRY_FRACTION = 0.004

_MINUTE_NS = 60_000_000_000
_START_NS = 946_684_800_000_000_000  # 2000-01-01 in UTC
# Returns keep some of the last 20 bars' direction, so much that an account lives through a million bars with
# commissions: an engine whose account has died has nothing left to do.
_MOMENTUM = 0.23
_STEP = 0.002
_GAP = 0.0003


class Work(NamedTuple):
    """`symbols` series of `bars` bars, each with every pair of (fast, slow); `one_account`: all share one."""

    name: str
    symbols: int
    bars: int
    pairs: tuple[tuple[int, int], ...]
    one_account: bool = False

    @property
    def size(self) -> int:
        """Bars to go through."""
        return self.symbols * self.bars * len(self.pairs)

    def told(self) -> str:
        """The size in words."""
        sets = f"{len(self.pairs):,} sets x " if len(self.pairs) > 1 else ""
        symbols = f"{self.symbols:,} symbols x " if self.symbols > 1 else ""
        return f"{sets}{symbols}{self.bars:,} bars"


class Columns(NamedTuple):
    """One symbol's bars, a minute each: prices with at most 4 decimals, volume in units, ends in ns."""

    open: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    close: npt.NDArray[np.float64]
    volume: npt.NDArray[np.float64]
    end_ns: npt.NDArray[np.int64]


def grid(*, fast: int, slow: int) -> tuple[tuple[int, int], ...]:
    """`fast` times `slow` pairs, the fast ones from 5 on, the slow ones from 50 on."""
    return tuple((5 + one, 50 + other) for one in range(fast) for other in range(slow))


_PAIR = ((10, 30),)
WORKS = {
    work.name: work
    for work in (
        Work("agreement", symbols=1, bars=20_000, pairs=_PAIR),
        Work("one_run", symbols=1, bars=1_000_000, pairs=_PAIR),
        Work("sweep", symbols=1, bars=100_000, pairs=grid(fast=40, slow=25)),
        Work("sweep_of_4000", symbols=1, bars=100_000, pairs=grid(fast=40, slow=100)),
        Work("symbols", symbols=500, bars=2_520, pairs=_PAIR),
        Work("shared_agreement", symbols=10, bars=2_500, pairs=_PAIR, one_account=True),
        Work("shared_account", symbols=400, bars=2_500, pairs=_PAIR, one_account=True),
    )
}


def columns(symbol: int, bars: int) -> Columns:
    """The first `bars` bars of the symbol with this number, always the same for one `bars`."""
    random = np.random.Generator(np.random.PCG64(symbol + 1))
    news = random.standard_normal(bars)
    direction = np.convolve(news, np.full(20, 0.05))[:bars]
    close = 100.0 * np.exp(np.cumsum(_STEP * (news + _MOMENTUM * direction)))
    before = np.concatenate((np.array([100.0]), close[:-1]))
    opened = before * np.exp(_GAP * random.standard_normal(bars))
    high = np.maximum(opened, close) * (1.0 + _GAP * random.random(bars))
    low = np.minimum(opened, close) * (1.0 - _GAP * random.random(bars))
    volume = np.floor(1e6 + 1e6 * random.random(bars))
    opened, high, low, close = (np.round(prices, 4) for prices in (opened, high, low, close))
    ends_ns = _START_NS + _MINUTE_NS * np.arange(1, bars + 1, dtype=np.int64)
    return Columns(opened, high, low, close, volume, ends_ns)
