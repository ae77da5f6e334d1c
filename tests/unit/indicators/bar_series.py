"""Bars as strategies see them, drawn at random."""

import math
from collections.abc import Sequence

from hypothesis import strategies as st

from jax.domain.strategy import BarValues, Indicator

PRICES = st.floats(min_value=1.0, max_value=1000.0)


@st.composite
def bar_values(draw: st.DrawFn) -> BarValues:
    first, second, third, fourth = sorted(draw(st.tuples(PRICES, PRICES, PRICES, PRICES)))
    open_, close = draw(st.permutations([second, third]))
    return BarValues(open_, fourth, first, close, draw(st.floats(min_value=0.0, max_value=1e9)))


def bar_series(*, longest: int = 60) -> st.SearchStrategy[list[BarValues]]:
    return st.lists(bar_values(), min_size=1, max_size=longest)


def values_of(indicator: Indicator, bars: Sequence[BarValues]) -> list[float]:
    """Steps through `bars` as the port of the indicator says: before there is one, the first bar lags."""
    state, values = indicator.initial, []
    for row, bar in enumerate(bars):
        state, value = indicator.step(state, bar, bars[max(row - indicator.lag, 0)], indicator.arguments)
        values.append(value)
    return values


def same(mine: Sequence[float], theirs: Sequence[float]) -> bool:
    """Equal to nine digits, NaN where the other is NaN."""
    return len(mine) == len(theirs) and all(
        (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
        for a, b in zip(mine, theirs, strict=True)
    )
