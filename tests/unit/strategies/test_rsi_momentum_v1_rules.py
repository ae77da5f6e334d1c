"""Each number of the rules, on the bar on which it counts."""

import math

import pytest

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.relative_strength_index import rsi
from jax.domain.indicators.simple_moving_average import sma_volume
from jax.domain.strategies.rsi_momentum_v1 import REASONS, STRATEGY, Inputs, Params, State
from jax.domain.strategy import BUY, NO_DECISION, NOTHING, SELL, BarValues, Decision

QUIET = BarValues(99.0, 101.0, 98.0, 100.0, 1000.0)
NEITHER, BOUGHT, SOLD = State(NOTHING), State(BUY), State(SELL)


def decided(
    strength: float, *, bar: BarValues = QUIET, state: State = NEITHER, true_range: float = 2.0
) -> Decision:
    return STRATEGY.decide(state, bar, Inputs(strength, true_range, 1000.0), Params())[1]


def test_it_looks_at_fourteen_bars_of_strength_and_range_and_twenty_of_volume() -> None:
    assert STRATEGY.indicators(STRATEGY.params) == (rsi(14), atr(14), sma_volume(20))
    assert Inputs._fields == ("strength", "true_range", "volume")


def test_each_length_is_that_of_its_indicator() -> None:
    params = Params(length=3, range_length=4, volume_length=5)
    assert STRATEGY.indicators(params) == (rsi(3), atr(4), sma_volume(5))


def test_it_buys_below_thirty_with_its_stop_two_ranges_away_and_targets_at_two_and_three() -> None:
    assert decided(29.99) == Decision(BUY, 0.60, 100.0, 96.0, 104.0, 106.0, 1)
    assert decided(30.0) == NO_DECISION


def test_it_sells_above_seventy_with_the_mirrored_prices() -> None:
    assert decided(70.01) == Decision(SELL, 0.60, 100.0, 104.0, 96.0, 94.0, 2)
    assert decided(70.0) == NO_DECISION


def test_the_reasons_say_which() -> None:
    assert REASONS[decided(29.0).reason] == "relative strength is oversold"
    assert REASONS[decided(71.0).reason] == "relative strength is overbought"


@pytest.mark.parametrize(("strength", "side"), [(29.0, 1.0), (71.0, -1.0)])
def test_the_markets_trend_adds_fifteen_hundredths_when_it_agrees(strength: float, side: float) -> None:
    agreeing, against = QUIET._replace(market_trend=side), QUIET._replace(market_trend=-side)
    assert decided(strength, bar=agreeing).confidence == pytest.approx(0.75)
    assert decided(strength, bar=against).confidence == pytest.approx(0.60)


def test_the_sectors_trend_adds_nothing() -> None:
    assert decided(29.0, bar=QUIET._replace(sector_trend=1.0)).confidence == pytest.approx(0.60)


def test_a_volume_above_its_average_adds_a_tenth() -> None:
    assert decided(29.0, bar=QUIET._replace(volume=1000.1)).confidence == pytest.approx(0.70)
    assert decided(29.0, bar=QUIET._replace(volume=1000.0)).confidence == pytest.approx(0.60)


@pytest.mark.parametrize(("deep", "not_so_deep"), [(19.99, 20.0), (80.01, 80.0)])
def test_a_strength_below_twenty_or_above_eighty_adds_fifteen_hundredths(
    deep: float, not_so_deep: float
) -> None:
    assert decided(deep).confidence == pytest.approx(0.75)
    assert decided(not_so_deep).confidence == pytest.approx(0.60)


@pytest.mark.parametrize(("strength", "side"), [(19.0, 1.0), (81.0, -1.0)])
def test_everything_together_is_one_and_not_more(strength: float, side: float) -> None:
    confidence = decided(strength, bar=QUIET._replace(market_trend=side, volume=2000.0)).confidence
    assert confidence == pytest.approx(1.0)
    assert confidence <= 1.0


def test_it_decides_once_until_the_condition_has_ended_or_turned() -> None:
    assert decided(29.0, state=BOUGHT) == NO_DECISION
    assert decided(71.0, state=SOLD) == NO_DECISION
    assert decided(71.0, state=BOUGHT).action == SELL
    assert decided(29.0, state=SOLD).action == BUY


@pytest.mark.parametrize(("strength", "after"), [(29.0, BOUGHT), (71.0, SOLD), (50.0, NEITHER)])
def test_it_remembers_which_condition_held(strength: float, after: State) -> None:
    for before in (NEITHER, BOUGHT, SOLD):
        assert STRATEGY.decide(before, QUIET, Inputs(strength, 2.0, 1000.0), Params())[0] == after


def test_a_strength_or_a_usual_volume_of_zero_is_a_value() -> None:
    for inputs in (
        Inputs(0.0, 2.0, 1000.0),
        Inputs(29.0, 2.0, 0.0),
    ):
        assert STRATEGY.decide(NEITHER, QUIET, inputs, Params())[1].action == BUY


def test_a_range_of_a_hundredth_of_a_cent_is_a_range() -> None:
    assert STRATEGY.decide(NEITHER, QUIET, Inputs(29.0, 1e-4, 0.0), Params())[1].action == BUY


def test_the_end_of_a_condition_is_no_decision() -> None:
    for before in (BOUGHT, SOLD):
        assert STRATEGY.decide(before, QUIET, Inputs(50.0, 2.0, 1000.0), Params()) == (NEITHER, NO_DECISION)


@pytest.mark.parametrize(
    "inputs",
    [
        Inputs(math.nan, 2.0, 0.0),
        Inputs(29.0, math.nan, 0.0),
        Inputs(29.0, 2.0, math.nan),
        Inputs(29.0, 0.0, 0.0),
    ],
)
def test_while_something_is_not_warm_it_neither_decides_nor_forgets(inputs: Inputs) -> None:
    for before in (NEITHER, BOUGHT, SOLD):
        assert STRATEGY.decide(before, QUIET, inputs, Params()) == (before, NO_DECISION)


def test_each_parameter_is_the_one_that_counts() -> None:
    params = Params(
        oversold=40.0,
        overbought=60.0,
        deep_oversold=35.0,
        deep_overbought=65.0,
        stop=1.0,
        first_target=4.0,
        second_target=5.0,
    )
    inputs = Inputs(39.0, 2.0, 1000.0)
    assert STRATEGY.decide(NEITHER, QUIET, inputs, params)[1] == Decision(
        BUY, 0.6, 100.0, 98.0, 108.0, 110.0, 1
    )
    for strength, confidence in ((34.0, 0.75), (35.0, 0.6), (65.0, 0.6), (66.0, 0.75)):
        decision = STRATEGY.decide(NEITHER, QUIET, Inputs(strength, 2.0, 1000.0), params)[1]
        assert decision.confidence == pytest.approx(confidence)
    assert STRATEGY.decide(NEITHER, QUIET, Inputs(60.5, 2.0, 1000.0), params)[1].action == SELL
