import math

import pytest

from jax.domain.indicators.simple_moving_average import sma_close
from jax.domain.strategies.sma_crossover_v1 import REASONS, STRATEGY, Inputs, Params, State
from jax.domain.strategy import BUY, NO_DECISION, SELL, BarValues, Decision

BAR = BarValues(99.0, 101.0, 98.0, 100.0, 1000.0)
BELOW, ABOVE = State(0), State(1)
BOUGHT = Decision(BUY, 0.5, 100.0, 0.0, 0.0, 0.0, 1)
SOLD = Decision(SELL, 0.5, 100.0, 0.0, 0.0, 0.0, 2)


def test_it_looks_at_ten_and_thirty_bars() -> None:
    assert STRATEGY.indicators(STRATEGY.params) == (sma_close(10), sma_close(30))
    assert STRATEGY.indicators(Params(2, 3)) == (sma_close(2), sma_close(3))
    assert Inputs._fields == ("fast", "slow")


@pytest.mark.parametrize(
    ("before", "fast", "after", "decision"),
    [
        (BELOW, 1.01, ABOVE, BOUGHT),
        (ABOVE, 1.01, ABOVE, NO_DECISION),
        (ABOVE, 1.0, BELOW, SOLD),
        (ABOVE, 0.99, BELOW, SOLD),
        (BELOW, 1.0, BELOW, NO_DECISION),
        (BELOW, 0.99, BELOW, NO_DECISION),
    ],
)
def test_it_buys_when_the_fast_average_comes_above_and_sells_when_it_no_longer_is(
    before: State, fast: float, after: State, decision: Decision
) -> None:
    assert STRATEGY.decide(before, BAR, Inputs(fast, 1.0), Params()) == (after, decision)


def test_prices_of_fractions_of_a_cent_are_prices() -> None:
    assert STRATEGY.decide(BELOW, BAR, Inputs(2e-4, 1e-4), Params()) == (ABOVE, BOUGHT)


def test_it_is_below_before_there_are_averages() -> None:
    assert STRATEGY.initial_state == BELOW
    assert STRATEGY.decide(BELOW, BAR, Inputs(1.0, math.nan), Params()) == (BELOW, NO_DECISION)
    assert STRATEGY.decide(ABOVE, BAR, Inputs(1.0, math.nan), Params()) == (ABOVE, NO_DECISION)


def test_the_reasons_say_which() -> None:
    assert REASONS[BOUGHT.reason] == "fast average rose above the slow one"
    assert REASONS[SOLD.reason] == "fast average is no longer above the slow one"
