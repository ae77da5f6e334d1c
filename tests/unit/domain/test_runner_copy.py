"""A copied runner goes its own way from the same state: a decision that could not be stored is forgotten."""

import math

from hypothesis import given
from hypothesis import strategies as st

from jax.domain.strategies.ma_crossover_v1 import STRATEGY, Params
from jax.domain.strategy import NOTHING, BarValues, Decision
from jax.domain.strategy_runner import StrategyRunner

_PARAMS = Params(fast=2, middle=3, slow=5, range_length=2, volume_length=3)
_closes = st.integers(min_value=5000, max_value=15000).map(lambda cents: cents / 100)
_bars = st.builds(
    lambda close, width, volume: BarValues(close, close + width, close - width, close, volume),
    _closes,
    st.sampled_from([0.25, 1.0, 4.0]),
    st.sampled_from([900.0, 1000.0, 1100.0]),
)
_bar_lists = st.lists(_bars, min_size=1, max_size=25)


def _runner() -> StrategyRunner:
    return StrategyRunner(STRATEGY, _PARAMS)


def _decisions(runner: StrategyRunner, bars: list[BarValues]) -> list[Decision]:
    return [runner.on_bar(bar) for bar in bars]


@given(before=_bar_lists, after=_bar_lists)
def test_a_copy_goes_on_where_the_runner_was(before: list[BarValues], after: list[BarValues]) -> None:
    straight = _decisions(_runner(), before + after)
    runner = _runner()
    first = _decisions(runner, before)
    assert first + _decisions(runner.copy(), after) == straight


@given(before=_bar_lists, ours=_bar_lists, theirs=_bar_lists)
def test_neither_sees_what_the_other_is_fed(
    before: list[BarValues], ours: list[BarValues], theirs: list[BarValues]
) -> None:
    runner = _runner()
    _decisions(runner, before)
    twin = runner.copy()
    interleaved = _decisions(twin, theirs)
    assert _decisions(runner, ours) == _decisions(_runner(), before + ours)[len(before) :]
    again = _runner()
    _decisions(again, before)
    _decisions(again.copy(), ours)
    assert _decisions(again, theirs) == interleaved


@given(before=_bar_lists, attempts=st.lists(_bars, max_size=3), bar=_bars)
def test_a_bar_that_was_tried_on_copies_can_be_fed_again(
    before: list[BarValues], attempts: list[BarValues], bar: BarValues
) -> None:
    runner = _runner()
    _decisions(runner, before)
    for attempt in attempts:
        runner.copy().on_bar(attempt)
    assert runner.on_bar(bar) == _decisions(_runner(), [*before, bar])[-1]


def test_these_strategies_decide_so_that_equal_decisions_mean_something() -> None:
    closes = [100.0 + 10.0 * math.sin(step / 4.0) for step in range(120)]
    bars = [BarValues(close, close + 1.0, close - 1.0, close, 1000.0) for close in closes]
    assert len({decision.action for decision in _decisions(_runner(), bars)} - {NOTHING}) == 2
