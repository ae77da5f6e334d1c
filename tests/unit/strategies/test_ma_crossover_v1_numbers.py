"""Each number of the rules, on the bar on which it counts."""

import math

import pytest

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.simple_moving_average import sma_close, sma_volume
from jax.domain.strategies.ma_crossover_v1 import STRATEGY, Inputs, Params, State
from jax.domain.strategy import BUY, NO_DECISION, SELL, BarValues, Decision

QUIET = BarValues(99.0, 110.0, 90.0, 104.0, 1000.0)
NOTHING_HELD = State(0, 0, 0)
UP = Inputs(fast=100.0, middle=98.0, slow=96.0, true_range=2.0, volume=1000.0)
DOWN = Inputs(fast=108.0, middle=110.0, slow=112.0, true_range=2.0, volume=1000.0)
# The pullback's own event, while the averages were in line already.
IN_LINE = State(1, 0, 0)


def decided(
    inputs: Inputs,
    *,
    bar: BarValues = QUIET,
    state: State = NOTHING_HELD,
    params: Params = STRATEGY.params,
) -> Decision:
    return STRATEGY.decide(state, bar, inputs, params)[1]


def pulled_back(close: float, **changes: float) -> Decision:
    return decided(UP, bar=QUIET._replace(close=close, **changes), state=IN_LINE)


def test_it_looks_at_twenty_fifty_and_two_hundred_bars_and_the_usual_range_and_volume() -> None:
    wanted = (sma_close(20), sma_close(50), sma_close(200), atr(14), sma_volume(20))
    assert STRATEGY.indicators(STRATEGY.params) == wanted
    assert Inputs._fields == ("fast", "middle", "slow", "true_range", "volume")


def test_each_length_is_that_of_its_indicator() -> None:
    params = Params(fast=2, middle=3, slow=4, range_length=5, volume_length=6)
    wanted = (sma_close(2), sma_close(3), sma_close(4), atr(5), sma_volume(6))
    assert STRATEGY.indicators(params) == wanted


def test_the_prices_of_a_buy_and_of_a_sale_mirror_one_another() -> None:
    assert decided(UP) == Decision(BUY, 0.65, 104.0, 96.0, 110.0, 114.0, 1)
    assert decided(DOWN) == Decision(SELL, 0.65, 104.0, 112.0, 98.0, 94.0, 2)


@pytest.mark.parametrize(
    "inputs",
    [
        UP._replace(middle=100.0),
        UP._replace(slow=98.0),
        DOWN._replace(middle=108.0),
        DOWN._replace(slow=110.0),
    ],
)
def test_averages_that_touch_are_not_in_line(inputs: Inputs) -> None:
    assert decided(inputs) == NO_DECISION


def test_a_close_on_the_fast_average_is_neither_above_nor_below() -> None:
    assert decided(DOWN, bar=QUIET._replace(close=108.0)) == NO_DECISION
    assert decided(UP, bar=QUIET._replace(close=100.0)).reason == 3


def test_a_pullback_reaches_from_two_percent_below_to_one_percent_above_both_included() -> None:
    assert pulled_back(98.0) == Decision(BUY, 0.55, 98.0, 95.0, 102.0, 105.0, 3)
    assert pulled_back(101.0) == Decision(BUY, 0.55, 101.0, 98.0, 105.0, 108.0, 3)
    assert pulled_back(97.99) == NO_DECISION
    assert pulled_back(101.01) == NO_DECISION


def test_the_markets_trend_adds_twelve_hundredths_when_it_agrees() -> None:
    for side, inputs in ((1.0, UP), (-1.0, DOWN)):
        agreeing, against = QUIET._replace(market_trend=side), QUIET._replace(market_trend=-side)
        assert decided(inputs, bar=agreeing).confidence == pytest.approx(0.77)
        assert decided(inputs, bar=against).confidence == pytest.approx(0.65)
    assert pulled_back(100.0, market_trend=1.0).confidence == pytest.approx(0.67)
    assert pulled_back(100.0, market_trend=-1.0).confidence == pytest.approx(0.55)


def test_the_sectors_trend_adds_nothing() -> None:
    assert decided(UP, bar=QUIET._replace(sector_trend=1.0)).confidence == pytest.approx(0.65)


def test_a_volume_above_its_average_adds_eight_hundredths() -> None:
    assert decided(UP, bar=QUIET._replace(volume=1000.1)).confidence == pytest.approx(0.73)
    assert pulled_back(100.0, volume=1000.1).confidence == pytest.approx(0.63)


def test_averages_more_than_five_percent_apart_add_a_tenth_but_not_to_a_pullback() -> None:
    wide = UP._replace(fast=100.81, middle=97.0, slow=96.0)
    assert decided(wide).confidence == pytest.approx(0.75)
    assert decided(wide._replace(fast=100.79)).confidence == pytest.approx(0.65)
    assert decided(DOWN._replace(fast=106.0, slow=112.0)).confidence == pytest.approx(0.75)
    exactly = Inputs(fast=105.0, middle=102.0, slow=100.0, true_range=2.0, volume=1000.0)
    assert decided(exactly, bar=QUIET._replace(close=110.0)).confidence == pytest.approx(0.65)
    back = decided(wide, bar=QUIET._replace(close=100.0), state=IN_LINE)
    assert back.reason == 3
    assert back.confidence == pytest.approx(0.55)


def test_being_in_line_comes_before_a_pullback_on_one_bar() -> None:
    after, decision = STRATEGY.decide(NOTHING_HELD, QUIET._replace(close=100.5), UP, Params())
    assert decision.reason == 1
    assert after == State(1, 0, 1)


@pytest.mark.parametrize(
    ("inputs", "close", "state"),
    [(UP, 104.0, State(1, 0, 0)), (DOWN, 104.0, State(0, 1, 0)), (UP, 99.0, State(0, 0, 1))],
)
def test_a_condition_that_held_already_decides_nothing(inputs: Inputs, close: float, state: State) -> None:
    assert STRATEGY.decide(state, QUIET._replace(close=close), inputs, Params()) == (state, NO_DECISION)


@pytest.mark.parametrize(
    "change", [{"slow": math.nan}, {"true_range": math.nan}, {"volume": math.nan}, {"true_range": 0.0}]
)
def test_while_something_is_not_warm_it_neither_decides_nor_forgets(change: dict[str, float]) -> None:
    for before in (NOTHING_HELD, State(1, 0, 1), State(0, 1, 0)):
        assert STRATEGY.decide(before, QUIET, UP._replace(**change), Params()) == (before, NO_DECISION)


def test_a_usual_volume_of_zero_is_a_value() -> None:
    assert decided(UP._replace(volume=0.0)).action == BUY


def test_a_range_and_prices_of_fractions_of_a_cent_are_values() -> None:
    assert decided(UP._replace(true_range=1e-4)).action == BUY
    small = Inputs(*(number * 1e-6 for number in UP))
    assert decided(small, bar=QUIET._replace(close=104e-6)).action == BUY


def test_each_parameter_is_the_one_that_counts() -> None:
    params = Params(
        first_target=1.0,
        second_target=2.0,
        pullback_below=0.05,
        pullback_above=0.03,
        pullback_stop=0.5,
        pullback_first_target=4.0,
        pullback_second_target=6.0,
    )
    assert decided(UP, params=params) == Decision(BUY, 0.65, 104.0, 96.0, 106.0, 108.0, 1)
    back = [
        decided(UP, bar=QUIET._replace(close=close), state=IN_LINE, params=params)
        for close in (94.9, 95.0, 103.0, 103.1)
    ]
    assert [decision.reason for decision in back] == [0, 3, 3, 0]
    assert back[1] == Decision(BUY, 0.55, 95.0, 94.0, 103.0, 107.0, 3)
