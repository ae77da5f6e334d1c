"""Two price series, made of whole numbers alone: the same bars with any Python on any machine."""

from collections.abc import Iterator
from typing import NamedTuple

# Donald Knuth's MMIX generator: state -> state * _FACTOR + _INCREMENT modulo 2**64; the high bits are used.
_FACTOR = 6364136223846793005
_INCREMENT = 1442695040888963407
_FIRST_CENTS = 10_000
_BPS = 10_000


class PeerBar(NamedTuple):
    """One bar: prices in cents, volume in units."""

    open: int
    high: int
    low: int
    close: int
    volume: int


class SeriesTerms(NamedTuple):
    """What a series is made from: every `gap_every`-th bar on average opens up to `gap_bps` away."""

    seed: int
    bars: int
    gap_every: int
    gap_bps: int


SERIES = {
    "walk": SeriesTerms(seed=8, bars=1_200, gap_every=2, gap_bps=10),
    "gaps": SeriesTerms(seed=590, bars=900, gap_every=12, gap_bps=900),
}


def price_series(terms: SeriesTerms) -> tuple[PeerBar, ...]:
    """The bars of a random walk in cents, `terms.bars` of them."""
    draws = _draws(terms.seed)

    def between(low: int, high: int) -> int:
        return low + next(draws) % (high - low + 1)

    bars: list[PeerBar] = []
    close = _FIRST_CENTS
    for _ in range(terms.bars):
        jumps = between(1, terms.gap_every) == 1
        jump = between(-terms.gap_bps, terms.gap_bps)
        opened = max(close + (close * jump // _BPS if jumps else 0), 100)
        close = max(opened + opened * between(-160, 161) // _BPS, 100)
        high = max(opened, close) + opened * between(0, 60) // _BPS
        low = min(opened, close) - opened * between(0, 60) // _BPS
        bars.append(PeerBar(opened, high, low, close, between(100_000, 900_000)))
    return tuple(bars)


def _draws(state: int) -> Iterator[int]:
    while True:
        state = (state * _FACTOR + _INCREMENT) % 2**64
        yield state >> 33
