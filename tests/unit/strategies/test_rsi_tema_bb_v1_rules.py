"""Each number of the rules, on the bar on which it counts."""

import math

import pytest

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.bollinger_bands import bollinger_deviation, bollinger_middle
from jax.domain.indicators.relative_strength_index import rsi
from jax.domain.indicators.triple_exponential_average import tema_close
from jax.domain.strategies.rsi_tema_bb_v1 import REASONS, STRATEGY, Inputs, Params, State
from jax.domain.strategy import BUY, NO_DECISION, NOTHING, SELL, BarValues, Decision

QUIET = BarValues(99.0, 101.0, 98.0, 100.0, 1000.0)
# With the default width of 1.5 the bands lie 3 from the middle.
LOW = Inputs(strength=29.0, average=95.5, middle=103.5, deviation=2.0, true_range=2.0)
HIGH = Inputs(strength=71.0, average=94.5, middle=96.5, deviation=2.0, true_range=2.0)
BEFORE = State(NOTHING, 95.0)


def decided(
    inputs: Inputs, *, bar: BarValues = QUIET, state: State = BEFORE, params: Params = STRATEGY.params
) -> Decision:
    return STRATEGY.decide(state, bar, inputs, params)[1]


def test_it_looks_at_these_lengths() -> None:
    wanted = (rsi(7), tema_close(5), bollinger_middle(20), bollinger_deviation(20), atr(14))
    assert STRATEGY.indicators(STRATEGY.params) == wanted
    assert Inputs._fields == ("strength", "average", "middle", "deviation", "true_range")


def test_each_length_is_that_of_its_indicator() -> None:
    params = Params(strength_length=2, average_length=3, band_length=4, range_length=5)
    wanted = (rsi(2), tema_close(3), bollinger_middle(4), bollinger_deviation(4), atr(5))
    assert STRATEGY.indicators(params) == wanted


def test_it_buys_below_the_lower_band_with_the_middle_and_the_upper_band_as_targets() -> None:
    assert decided(LOW) == Decision(BUY, 0.60, 100.0, 96.0, 103.5, 106.5, 1)


def test_it_sells_above_the_upper_band_with_the_middle_and_the_lower_band_as_targets() -> None:
    assert decided(HIGH) == Decision(SELL, 0.60, 100.0, 104.0, 96.5, 93.5, 2)


def test_the_reasons_say_which() -> None:
    assert REASONS[decided(LOW).reason] == "turns up below the lower band"
    assert REASONS[decided(HIGH).reason] == "turns down above the upper band"


@pytest.mark.parametrize(
    "inputs",
    [
        LOW._replace(strength=30.0),
        LOW._replace(middle=103.0),
        LOW._replace(average=95.0),
        HIGH._replace(strength=70.0),
        HIGH._replace(middle=97.0),
        HIGH._replace(average=95.0),
        LOW._replace(strength=71.0),
        HIGH._replace(strength=29.0),
    ],
)
def test_all_three_conditions_have_to_hold(inputs: Inputs) -> None:
    assert decided(inputs) == NO_DECISION


@pytest.mark.parametrize(
    "inputs",
    [
        LOW._replace(strength=29.99),
        LOW._replace(middle=103.01),
        LOW._replace(average=95.01),
        HIGH._replace(strength=70.01),
        HIGH._replace(middle=96.99),
        HIGH._replace(average=94.99),
    ],
)
def test_just_beyond_each_bound_it_decides(inputs: Inputs) -> None:
    assert decided(inputs).action != NOTHING


@pytest.mark.parametrize(("inputs", "side"), [(LOW, 1.0), (HIGH, -1.0)])
def test_each_bonus_counts_once(inputs: Inputs, side: float) -> None:
    def confidence(market: float, sector: float) -> float:
        return decided(inputs, bar=QUIET._replace(market_trend=market, sector_trend=sector)).confidence

    assert confidence(side, 0.0) == pytest.approx(0.75)
    assert confidence(0.0, side) == pytest.approx(0.70)
    assert confidence(side, side) == pytest.approx(0.85)
    assert confidence(-side, -side) == pytest.approx(0.60)


def test_it_decides_once_until_the_condition_has_ended_or_turned() -> None:
    assert decided(LOW, state=State(BUY, 95.0)) == NO_DECISION
    assert decided(HIGH, state=State(SELL, 95.0)) == NO_DECISION
    assert decided(HIGH, state=State(BUY, 95.0)).action == SELL
    assert decided(LOW, state=State(SELL, 95.0)).action == BUY


@pytest.mark.parametrize(
    ("inputs", "side"), [(LOW, BUY), (HIGH, SELL), (LOW._replace(strength=50.0), NOTHING)]
)
def test_it_remembers_the_condition_and_the_average(inputs: Inputs, side: int) -> None:
    for before in (NOTHING, BUY, SELL):
        assert STRATEGY.decide(State(before, 95.0), QUIET, inputs, Params())[0] == State(side, inputs.average)


def test_a_range_of_a_hundredth_of_a_cent_is_a_range() -> None:
    assert decided(LOW._replace(true_range=1e-4)).action == BUY


def test_the_end_of_a_condition_is_no_decision() -> None:
    for before in (BUY, SELL):
        assert decided(LOW._replace(strength=50.0), state=State(before, 95.0)) == NO_DECISION


@pytest.mark.parametrize("field", ["strength", "average", "middle", "deviation"])
@pytest.mark.parametrize("inputs", [LOW, HIGH])
def test_what_is_not_warm_is_beyond_no_bound(inputs: Inputs, field: str) -> None:
    assert decided(inputs._replace(**{field: math.nan})) == NO_DECISION


@pytest.mark.parametrize("true_range", [math.nan, 0.0])
def test_without_a_range_it_waits_with_its_side_and_goes_on_with_the_average(true_range: float) -> None:
    for before in (NOTHING, BUY, SELL):
        after, decision = STRATEGY.decide(
            State(before, 95.0), QUIET, LOW._replace(true_range=true_range), Params()
        )
        assert (after, decision) == (State(before, 95.5), NO_DECISION)


def test_an_average_that_was_not_known_does_not_rise() -> None:
    assert decided(LOW, state=STRATEGY.initial_state) == NO_DECISION
    assert decided(HIGH, state=STRATEGY.initial_state) == NO_DECISION


def test_each_parameter_is_the_one_that_counts() -> None:
    params = Params(oversold=25.0, overbought=75.0, band_width=1.0, stop=3.0)
    assert decided(LOW._replace(strength=24.0), params=params) == Decision(
        BUY, 0.6, 100.0, 94.0, 103.5, 105.5, 1
    )
    assert decided(LOW, params=params) == NO_DECISION
    assert decided(HIGH, params=params) == NO_DECISION
    assert decided(HIGH._replace(strength=76.0, middle=97.9), params=params).action == SELL
