"""Each number of the rules, on the bar on which it counts."""

import math

import pytest

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.moving_average_convergence import macd_line, macd_signal
from jax.domain.indicators.simple_moving_average import sma_volume
from jax.domain.strategies.macd_crossover_v1 import REASONS, STRATEGY, Inputs, Params, State
from jax.domain.strategy import BUY, NO_DECISION, NOTHING, SELL, BarValues, Decision

QUIET = BarValues(99.0, 101.0, 98.0, 100.0, 1000.0)
NEITHER, BOUGHT, SOLD = State(NOTHING), State(BUY), State(SELL)


def decided(
    histogram: float, *, bar: BarValues = QUIET, state: State = NEITHER, params: Params = STRATEGY.params
) -> Decision:
    return STRATEGY.decide(state, bar, Inputs(-1.0 + histogram, -1.0, 2.0, 1000.0), params)[1]


def test_it_looks_at_twelve_and_twenty_six_bars_nine_of_signal_and_the_usual_range_and_volume() -> None:
    wanted = (macd_line(12, 26), macd_signal(12, 26, 9), atr(14), sma_volume(20))
    assert STRATEGY.indicators(STRATEGY.params) == wanted
    assert Inputs._fields == ("line", "signal", "true_range", "volume")


def test_each_length_is_that_of_its_indicator() -> None:
    params = Params(fast=2, slow=3, signal=4, range_length=5, volume_length=6)
    assert STRATEGY.indicators(params) == (macd_line(2, 3), macd_signal(2, 3, 4), atr(5), sma_volume(6))


def test_it_buys_a_histogram_above_zero_with_two_ranges_of_stop_and_two_and_a_half_and_four_of_target() -> (
    None
):
    assert decided(0.25) == Decision(BUY, 0.60, 100.0, 96.0, 105.0, 108.0, 1)
    assert decided(0.0) == NO_DECISION


def test_it_sells_a_histogram_below_zero_with_the_mirrored_prices() -> None:
    assert decided(-0.25) == Decision(SELL, 0.60, 100.0, 104.0, 95.0, 92.0, 2)


def test_the_reasons_say_which() -> None:
    assert REASONS[decided(0.25).reason] == "MACD rose above its signal"
    assert REASONS[decided(-0.25).reason] == "MACD fell below its signal"


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_markets_trend_adds_fifteen_hundredths_when_it_agrees(side: float) -> None:
    assert decided(0.25 * side, bar=QUIET._replace(market_trend=side)).confidence == pytest.approx(0.75)
    assert decided(0.25 * side, bar=QUIET._replace(market_trend=-side)).confidence == pytest.approx(0.60)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_sectors_trend_adds_a_tenth_when_it_agrees(side: float) -> None:
    assert decided(0.25 * side, bar=QUIET._replace(sector_trend=side)).confidence == pytest.approx(0.70)
    assert decided(0.25 * side, bar=QUIET._replace(sector_trend=-side)).confidence == pytest.approx(0.60)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_histogram_of_more_than_a_half_adds_a_tenth(side: float) -> None:
    assert decided(0.51 * side).confidence == pytest.approx(0.70)
    assert decided(0.50 * side).confidence == pytest.approx(0.60)


def test_a_volume_above_its_average_adds_five_hundredths() -> None:
    assert decided(0.25, bar=QUIET._replace(volume=1000.1)).confidence == pytest.approx(0.65)
    assert decided(0.25, bar=QUIET._replace(volume=1000.0)).confidence == pytest.approx(0.60)


def test_everything_together_is_one_and_not_more() -> None:
    confidence = decided(0.6, bar=QUIET._replace(market_trend=1.0, sector_trend=1.0, volume=2e3)).confidence
    assert confidence == pytest.approx(1.0)
    assert confidence <= 1.0


def test_it_decides_once_until_the_condition_has_ended_or_turned() -> None:
    assert decided(0.25, state=BOUGHT) == NO_DECISION
    assert decided(-0.25, state=SOLD) == NO_DECISION
    assert decided(-0.25, state=BOUGHT).action == SELL
    assert decided(0.25, state=SOLD).action == BUY


@pytest.mark.parametrize(("line", "after"), [(1.5, BOUGHT), (0.5, SOLD), (1.0, NEITHER)])
def test_it_remembers_which_condition_held(line: float, after: State) -> None:
    for before in (NEITHER, BOUGHT, SOLD):
        assert STRATEGY.decide(before, QUIET, Inputs(line, 1.0, 2.0, 0.0), Params())[0] == after


def test_a_usual_volume_of_zero_is_a_value() -> None:
    for inputs in (Inputs(1.0, 0.5, 2.0, 0.0),):
        assert STRATEGY.decide(NEITHER, QUIET, inputs, Params())[1].action == BUY


def test_a_range_of_a_hundredth_of_a_cent_is_a_range() -> None:
    assert STRATEGY.decide(NEITHER, QUIET, Inputs(1.0, 0.5, 1e-4, 0.0), Params())[1].action == BUY


def test_the_end_of_a_condition_is_no_decision() -> None:
    for before in (BOUGHT, SOLD):
        assert STRATEGY.decide(before, QUIET, Inputs(1.0, 1.0, 2.0, 0.0), Params()) == (NEITHER, NO_DECISION)


@pytest.mark.parametrize(
    "inputs",
    [
        Inputs(1.0, math.nan, 2.0, 0.0),
        Inputs(math.nan, math.nan, 2.0, 0.0),
        Inputs(1.0, 0.0, math.nan, 0.0),
        Inputs(1.0, 0.0, 2.0, math.nan),
        Inputs(1.0, 0.0, 0.0, 0.0),
    ],
)
def test_while_something_is_not_warm_it_neither_decides_nor_forgets(inputs: Inputs) -> None:
    for before in (NEITHER, BOUGHT, SOLD):
        assert STRATEGY.decide(before, QUIET, inputs, Params()) == (before, NO_DECISION)


def test_each_parameter_is_the_one_that_counts() -> None:
    params = Params(strong_histogram=0.1, stop=1.0, first_target=3.0, second_target=5.0)
    assert decided(0.125, params=params) == Decision(BUY, 0.7, 100.0, 98.0, 106.0, 110.0, 1)
