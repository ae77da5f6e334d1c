"""Bars of the domain as columns of numbers, and back again, with nothing lost."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.bar import Bar, Timeframe
from jax.domain.errors import InvalidValue
from jax.modules.backtest.bar_panel import microseconds, moment_at, moments_at, panel_of_bars
from jax.modules.backtest.result_of_run import exact_values, exactly
from tests.unit.backtest.scripted_backtests import instrument

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
moments = st.timedeltas(timedelta(days=-9_000), timedelta(days=90_000)).map(lambda since: NOON + since)


def bar(symbol: str, start: datetime, *, end: datetime | None = None, volume: int = 1_000) -> Bar:
    opened, high, low, close = map(Decimal, ("101.25", "103.1", "99.7", "102.3"))
    after = end or start + MINUTE
    return Bar(symbol, Timeframe.DAY, start, after, opened, high, low, close, Decimal(volume))


@given(st.lists(moments, min_size=2, max_size=9, unique=True))
def test_times_are_kept_to_the_microsecond(times: Sequence[datetime]) -> None:
    ordered = sorted(times)
    series = [bar("AAPL", start, end=end) for start, end in pairwise(ordered)]
    panel = panel_of_bars({"AAPL": series}, {"AAPL": instrument("AAPL")})
    assert panel.starts.tolist() == [microseconds(moment) for moment in ordered[:-1]]
    assert panel.ends.tolist() == [microseconds(moment) for moment in ordered[1:]]
    assert moments_at(panel.moments) == [moment_at(count) for count in panel.moments] == ordered[1:]


def test_prices_and_volumes_are_the_nearest_floats_symbol_after_symbol() -> None:
    bars = {
        "MSFT": [bar("MSFT", NOON, volume=7)],
        "AAPL": [bar("AAPL", NOON, volume=5), bar("AAPL", NOON + MINUTE, volume=6)],
    }
    panel = panel_of_bars(bars, {name: instrument(name) for name in bars})
    assert [column.tolist() for column in panel.arrays.columns] == [
        [101.25] * 3,
        [103.1] * 3,
        [99.7] * 3,
        [102.3] * 3,
        [5.0, 6.0, 7.0],
        [0.0] * 3,
        [0.0] * 3,
    ]
    assert moments_at(panel.moments)[0].tzinfo is UTC


def test_a_bar_that_starts_too_early_is_named_by_its_number_in_its_own_series() -> None:
    fine = [bar("AAPL", NOON + number * MINUTE) for number in range(5)]
    late = [bar("MSFT", NOON + number * MINUTE) for number in (-9, 0, 1)]
    early = bar("MSFT", NOON + MINUTE + MINUTE / 2)
    bars = {"MSFT": [*late, early], "AAPL": fine}
    with pytest.raises(InvalidValue) as caught:
        panel_of_bars(bars, {name: instrument(name) for name in bars})
    assert str(caught.value) == (
        "bars: MSFT, bar 4: starts 2024-03-01T12:01:30+00:00, before the bar in front of it ends "
        "(2024-03-01T12:02:00+00:00); bars must be sorted, each once"
    )


def test_one_symbol_may_end_long_after_the_next_one_begins() -> None:
    bars = {
        "AAPL": [bar("AAPL", NOON + number * MINUTE) for number in range(3)],
        "MSFT": [bar("MSFT", NOON - number * MINUTE) for number in (5, 4)],
    }
    panel = panel_of_bars(bars, {name: instrument(name) for name in bars})
    assert panel.first.tolist() == [0, 3, 5]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_many_values_are_each_exactly_what_they_are(values: Sequence[float]) -> None:
    assert exact_values(np.array([*values, *values])) == [exactly(value) for value in [*values, *values]]
