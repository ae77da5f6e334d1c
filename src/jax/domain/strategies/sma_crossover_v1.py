"""Two simple averages cross: what engines are compared with.

Buys on the bar on which the fast average is above the slow one and was not, sells on the bar on which it no
longer is; before there are averages, it was not. No stop, no targets.
"""

from typing import NamedTuple

from jax.domain.indicators.simple_moving_average import sma_close
from jax.domain.strategies.parameter_limits import first_problem, length_problem
from jax.domain.strategy import BUY, NO_DECISION, SELL, BarValues, Decision, Indicator, Strategy


class Params(NamedTuple):
    """Lengths in bars, fast < slow."""

    fast: int = 10
    slow: int = 30


class Inputs(NamedTuple):
    """The indicators' values on the bar."""

    fast: float
    slow: float


class State(NamedTuple):
    """Whether the fast average was above the slow one on the bar before (0 or 1)."""

    was_above: int


REASONS = ("none", "fast average rose above the slow one", "fast average is no longer above the slow one")


def indicators(params: Params) -> tuple[Indicator, ...]:
    """In the order of Inputs."""
    return sma_close(params.fast), sma_close(params.slow)


def decide(state: State, bar: BarValues, inputs: Inputs, params: Params) -> tuple[State, Decision]:
    """The new state and what to do at the close of `bar`; nothing while an indicator is not warm."""
    if not inputs.slow > 0.0:
        return state, NO_DECISION
    if inputs.fast > inputs.slow:
        if state.was_above:
            return state, NO_DECISION
        return State(1), Decision(BUY, 0.5, bar.close, 0.0, 0.0, 0.0, 1)
    if state.was_above:
        return State(0), Decision(SELL, 0.5, bar.close, 0.0, 0.0, 0.0, 2)
    return state, NO_DECISION


def check_params(params: Params) -> str:
    """What is wrong with the parameters; empty when nothing is."""
    problem = first_problem(length_problem("fast", params.fast), length_problem("slow", params.slow))
    if problem or params.fast < params.slow:
        return problem
    return f"needs fast < slow, not {params.fast}, {params.slow}"


STRATEGY = Strategy(
    name="sma_crossover_v1",
    params=Params(),
    inputs=Inputs,
    indicators=indicators,
    initial_state=State(0),
    decide=decide,
    reasons=REASONS,
    check_params=check_params,
)
