"""Bars in runs of rises and falls, drawn at random."""

from hypothesis import strategies as st

from jax.domain.strategy import BarValues

_TRENDS = st.sampled_from((-1.0, 0.0, 1.0))


@st.composite
def trending_bars(draw: st.DrawFn) -> list[BarValues]:
    """Runs long enough for averages to line up, with noise on top."""
    bars: list[BarValues] = []
    close = 100.0
    for _ in range(draw(st.integers(1, 6))):
        drift = draw(st.floats(-0.03, 0.03))
        for noise in draw(st.lists(st.floats(-0.02, 0.02), min_size=1, max_size=15)):
            open_, close = close, min(max(close * (1 + drift + noise), 1.0), 1e5)
            wick = 1 + abs(draw(st.floats(0.0, 0.02)))
            volume = draw(st.floats(0.0, 1e6))
            high, low = max(open_, close) * wick, min(open_, close) / wick
            bars.append(BarValues(open_, high, low, close, volume, draw(_TRENDS), draw(_TRENDS)))
    return bars
