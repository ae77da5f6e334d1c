"""What holds for every shipped strategy on any bars."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax.domain.strategy import NO_DECISION, NOTHING, BarValues, Decision, Strategy
from jax.domain.strategy_runner import StrategyRunner
from tests.unit.indicators.bar_series import bar_series, values_of
from tests.unit.market_bars import sample_bars
from tests.unit.strategies.short_strategies import SHORT
from tests.unit.strategies.trending_bars import trending_bars

EACH = pytest.mark.parametrize(("strategy", "params"), SHORT, ids=lambda one: getattr(one, "name", ""))
GARBAGE = st.one_of(bar_series(longest=5), st.just([BarValues(*[math.nan] * 7), BarValues(*[math.inf] * 7)]))


def decisions(strategy: Strategy, params: Any, bars: Sequence[BarValues]) -> list[Decision]:
    runner = StrategyRunner(strategy, params)
    return [runner.on_bar(bar) for bar in bars]


def check(bar: BarValues, decision: Decision, strategy: Strategy) -> None:
    if decision.action == NOTHING:
        assert decision == NO_DECISION
        return
    side = decision.action
    assert side in (1, -1)
    assert 0.0 < decision.confidence <= 1.0
    assert decision.entry == bar.close
    assert 0 < decision.reason < len(strategy.reasons)
    if decision.stop != 0.0:
        assert (decision.entry - decision.stop) * side > 0.0
    if decision.first_target != 0.0:
        assert (decision.first_target - decision.entry) * side > 0.0
        assert (decision.second_target - decision.first_target) * side >= 0.0


@EACH
@settings(max_examples=40)
@given(bars=trending_bars())
def test_prices_lie_on_their_sides_and_confidence_is_a_fraction(
    strategy: Strategy, params: Any, bars: list[BarValues]
) -> None:
    for bar, decision in zip(bars, decisions(strategy, params, bars), strict=True):
        check(bar, decision, strategy)


@EACH
def test_so_they_do_on_real_bars_with_decisions_of_every_reason(strategy: Strategy, params: Any) -> None:
    bars = sample_bars("IBM")
    decided = decisions(strategy, params, bars)
    for bar, decision in zip(bars, decided, strict=True):
        check(bar, decision, strategy)
    assert {decision.reason for decision in decided} >= set(range(1, len(strategy.reasons)))


@EACH
@settings(max_examples=25)
@given(bars=trending_bars())
def test_there_is_no_decision_before_every_indicator_is_warm(
    strategy: Strategy, params: Any, bars: list[BarValues]
) -> None:
    columns = [values_of(indicator, bars) for indicator in strategy.indicators(params)]
    for row, decision in enumerate(decisions(strategy, params, bars)):
        if any(math.isnan(column[row]) for column in columns):
            assert decision == NO_DECISION


@EACH
@settings(max_examples=30)
@given(bars=trending_bars(), garbage=GARBAGE, data=st.data())
def test_what_comes_after_a_bar_changes_nothing_up_to_it(
    strategy: Strategy, params: Any, bars: list[BarValues], garbage: list[BarValues], data: st.DataObject
) -> None:
    kept = data.draw(st.integers(0, len(bars)))
    after = decisions(strategy, params, [*bars[:kept], *garbage])[:kept]
    assert after == decisions(strategy, params, bars)[:kept]


@EACH
@settings(max_examples=25)
@given(bars=trending_bars())
def test_a_condition_that_goes_on_decides_once(
    strategy: Strategy, params: Any, bars: list[BarValues]
) -> None:
    """No two decisions on neighbouring bars for one reason."""
    reasons = [decision.reason for decision in decisions(strategy, params, bars)]
    assert all(one != other or one == 0 for one, other in pairwise(reasons))


@EACH
def test_there_are_no_more_inputs_and_parameters_than_the_engine_has_room_for(
    strategy: Strategy, params: Any
) -> None:
    names = getattr(strategy.inputs, "_fields", None)
    assert len(strategy.indicators(params)) == len(names or ()) <= 8
    assert len(params) <= 12
