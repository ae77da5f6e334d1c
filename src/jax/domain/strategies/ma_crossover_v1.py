"""Three moving averages in line.

Buys when fast > middle > slow and the price is above the fast one (stop: middle average less one average
true range; targets 3 and 5 ranges), sells in the mirrored case. While the averages are aligned upwards it
also buys a pullback, when the price is within -2 % to +1 % of the fast average (stop 1.5 ranges, targets 2
and 3.5 ranges). A decision is an event: it is taken on the bar on which its condition becomes true, not on
every bar on which it still holds.
"""

from typing import NamedTuple

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.simple_moving_average import sma_close, sma_volume
from jax.domain.strategy import BUY, NO_DECISION, SELL, BarValues, Decision, Indicator, Strategy


class Params(NamedTuple):
    """Lengths are in bars (>= 1), fast < middle < slow."""

    fast: int = 20
    middle: int = 50
    slow: int = 200
    range_length: int = 14
    volume_length: int = 20


class Inputs(NamedTuple):
    """The indicators' values on the bar."""

    fast: float
    middle: float
    slow: float
    true_range: float
    volume: float


class State(NamedTuple):
    """Which conditions held on the bar before (0 or 1)."""

    was_up: int
    was_down: int
    was_pullback: int


REASONS = ("none", "averages aligned upwards", "averages aligned downwards", "pullback to the fast average")
_UP, _DOWN, _PULLBACK = 1, 2, 3


def indicators(params: Params) -> tuple[Indicator, ...]:
    """In the order of Inputs."""
    return (
        sma_close(params.fast),
        sma_close(params.middle),
        sma_close(params.slow),
        atr(params.range_length),
        sma_volume(params.volume_length),
    )


def _confidence(bar: BarValues, inputs: Inputs) -> float:
    confidence = 0.65
    if bar.volume > inputs.volume:
        confidence += 0.08
    if abs(inputs.fast - inputs.slow) > 0.05 * inputs.slow:
        confidence += 0.10
    return confidence


def _pullback_confidence(bar: BarValues, inputs: Inputs) -> float:
    if bar.volume > inputs.volume:
        return 0.63
    return 0.55


def decide(state: State, bar: BarValues, inputs: Inputs, params: Params) -> tuple[State, Decision]:
    """The new state and what to do at the close of `bar`; nothing while an indicator is not warm."""
    if not (inputs.true_range > 0.0 and inputs.slow > 0.0 and inputs.volume >= 0.0):
        return state, NO_DECISION
    aligned_up = inputs.fast > inputs.middle and inputs.middle > inputs.slow
    aligned_down = inputs.fast < inputs.middle and inputs.middle < inputs.slow
    up = aligned_up and bar.close > inputs.fast
    down = aligned_down and bar.close < inputs.fast
    distance = (bar.close - inputs.fast) / inputs.fast
    pullback = aligned_up and distance >= -0.02 and distance <= 0.01
    after = State(int(up), int(down), int(pullback))
    size = inputs.true_range
    if up and not state.was_up:
        stop = inputs.middle - size
        return after, Decision(
            BUY,
            _confidence(bar, inputs),
            bar.close,
            stop,
            bar.close + 3.0 * size,
            bar.close + 5.0 * size,
            _UP,
        )
    if down and not state.was_down:
        stop = inputs.middle + size
        return after, Decision(
            SELL,
            _confidence(bar, inputs),
            bar.close,
            stop,
            bar.close - 3.0 * size,
            bar.close - 5.0 * size,
            _DOWN,
        )
    if pullback and not state.was_pullback:
        stop = bar.close - 1.5 * size
        return after, Decision(
            BUY,
            _pullback_confidence(bar, inputs),
            bar.close,
            stop,
            bar.close + 2.0 * size,
            bar.close + 3.5 * size,
            _PULLBACK,
        )
    return after, NO_DECISION


def check_params(params: Params) -> str:
    """What is wrong with the parameters; empty when nothing is."""
    if not (1 <= params.fast < params.middle < params.slow):
        return f"needs 1 <= fast < middle < slow, not {params.fast}, {params.middle}, {params.slow}"
    if not (params.range_length >= 1 and params.volume_length >= 1):
        return "range_length and volume_length must be at least 1"
    return ""


STRATEGY = Strategy(
    name="ma_crossover_v1",
    params=Params(),
    inputs=Inputs,
    indicators=indicators,
    initial_state=State(0, 0, 0),
    decide=decide,
    reasons=REASONS,
    check_params=check_params,
)
