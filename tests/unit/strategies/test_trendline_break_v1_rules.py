"""Each number of the rules, on the bar on which it counts."""

import math

import pytest

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.regression_line import trendline
from jax.domain.indicators.simple_moving_average import sma_volume
from jax.domain.strategies.trendline_break_v1 import REASONS, STRATEGY, Inputs, Params, State
from jax.domain.strategy import BUY, NO_DECISION, NOTHING, SELL, BarValues, Decision

QUIET = BarValues(99.0, 101.0, 98.0, 100.0, 1000.0)
NEITHER, BOUGHT, SOLD = State(NOTHING), State(BUY), State(SELL)


def decided(
    line: float, *, bar: BarValues = QUIET, state: State = NEITHER, params: Params = STRATEGY.params
) -> Decision:
    return STRATEGY.decide(state, bar, Inputs(line, 2.0, 1000.0), params)[1]


def test_it_looks_at_the_line_of_fifty_bars_and_the_usual_range_and_volume() -> None:
    assert STRATEGY.indicators(STRATEGY.params) == (trendline(50), atr(14), sma_volume(20))
    assert Inputs._fields == ("line", "true_range", "volume")


def test_each_length_is_that_of_its_indicator() -> None:
    params = Params(length=3, range_length=4, volume_length=5)
    assert STRATEGY.indicators(params) == (trendline(3), atr(4), sma_volume(5))


def test_it_buys_a_close_more_than_one_range_above_the_line() -> None:
    assert decided(97.99) == Decision(BUY, 0.60, 100.0, 96.0, 106.0, 110.0, 1)
    assert decided(98.0) == NO_DECISION


def test_it_sells_a_close_more_than_one_range_below_the_line() -> None:
    assert decided(102.01) == Decision(SELL, 0.60, 100.0, 104.0, 94.0, 90.0, 2)
    assert decided(102.0) == NO_DECISION


def test_the_reasons_say_which() -> None:
    assert REASONS[decided(90.0).reason] == "broke the trendline upwards"
    assert REASONS[decided(110.0).reason] == "broke the trendline downwards"


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_each_bonus_counts_once(side: float) -> None:
    def confidence(bar: BarValues) -> float:
        return decided(100.0 - 5.0 * side, bar=bar).confidence

    assert confidence(QUIET._replace(market_trend=side)) == pytest.approx(0.75)
    assert confidence(QUIET._replace(market_trend=-side)) == pytest.approx(0.60)
    assert confidence(QUIET._replace(sector_trend=side)) == pytest.approx(0.70)
    assert confidence(QUIET._replace(sector_trend=-side)) == pytest.approx(0.60)
    assert confidence(QUIET._replace(volume=1000.1)) == pytest.approx(0.70)
    everything = QUIET._replace(market_trend=side, sector_trend=side, volume=1000.1)
    assert confidence(everything) == pytest.approx(0.95)


def test_it_decides_once_until_the_condition_has_ended_or_turned() -> None:
    assert decided(90.0, state=BOUGHT) == NO_DECISION
    assert decided(110.0, state=SOLD) == NO_DECISION
    assert decided(110.0, state=BOUGHT).action == SELL
    assert decided(90.0, state=SOLD).action == BUY


@pytest.mark.parametrize(("line", "after"), [(90.0, BOUGHT), (110.0, SOLD), (100.0, NEITHER)])
def test_it_remembers_which_condition_held(line: float, after: State) -> None:
    for before in (NEITHER, BOUGHT, SOLD):
        assert STRATEGY.decide(before, QUIET, Inputs(line, 2.0, 0.0), Params())[0] == after


def test_a_usual_volume_of_zero_is_a_value() -> None:
    for inputs in (Inputs(90.0, 2.0, 0.0),):
        assert STRATEGY.decide(NEITHER, QUIET, inputs, Params())[1].action == BUY


def test_a_range_of_a_hundredth_of_a_cent_is_a_range() -> None:
    assert STRATEGY.decide(NEITHER, QUIET, Inputs(90.0, 1e-4, 0.0), Params())[1].action == BUY


def test_the_end_of_a_condition_is_no_decision() -> None:
    for before in (BOUGHT, SOLD):
        assert STRATEGY.decide(before, QUIET, Inputs(100.0, 2.0, 0.0), Params()) == (NEITHER, NO_DECISION)


@pytest.mark.parametrize(
    "inputs",
    [
        Inputs(math.nan, 2.0, 0.0),
        Inputs(90.0, math.nan, 0.0),
        Inputs(90.0, 2.0, math.nan),
        Inputs(90.0, 0.0, 0.0),
    ],
)
def test_while_something_is_not_warm_it_neither_decides_nor_forgets(inputs: Inputs) -> None:
    for before in (NEITHER, BOUGHT, SOLD):
        assert STRATEGY.decide(before, QUIET, inputs, Params()) == (before, NO_DECISION)


def test_a_line_below_zero_is_a_line() -> None:
    assert decided(-1.0).action == BUY


def test_each_parameter_is_the_one_that_counts() -> None:
    params = Params(threshold=3.0, stop=1.0, first_target=4.0, second_target=6.0)
    assert decided(94.0, params=params) == NO_DECISION
    assert decided(106.0, params=params) == NO_DECISION
    assert decided(93.9, params=params) == Decision(BUY, 0.6, 100.0, 98.0, 108.0, 112.0, 1)
    assert decided(106.1, params=params).action == SELL
