"""Buys on the first bar and never sells: what every other strategy is measured against."""

from typing import NamedTuple

from jax.domain.strategy import BUY, NO_DECISION, BarValues, Decision, Indicator, Strategy


class Params(NamedTuple):
    """There is nothing to choose."""


class Inputs(NamedTuple):
    """There is nothing to look at."""


class State(NamedTuple):
    """Whether it has bought (0 or 1)."""

    has_bought: int


REASONS = ("none", "the first bar")


def indicators(params: Params) -> tuple[Indicator, ...]:
    """None."""
    return ()


def decide(state: State, bar: BarValues, inputs: Inputs, params: Params) -> tuple[State, Decision]:
    """The new state, and on the first bar the order to buy, without stop and targets."""
    if state.has_bought:
        return state, NO_DECISION
    return State(1), Decision(BUY, 1.0, bar.close, 0.0, 0.0, 0.0, 1)


def check_params(params: Params) -> str:
    """Nothing can be wrong."""
    return ""


STRATEGY = Strategy(
    name="buy_and_hold",
    params=Params(),
    inputs=Inputs,
    indicators=indicators,
    initial_state=State(0),
    decide=decide,
    reasons=REASONS,
    check_params=check_params,
)
