"""What a strategy is made of: scalars in, scalars out.

The trader runs these functions as plain Python, one step a bar; research runs the very same ones. So
that both give the same bits, a strategy and its indicators use floats and ints, arithmetic and `math`
only, guard their divisions, and avoid `**` and `math.hypot`. This file is part of every bundle: it
imports nothing of Jax.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

NOTHING = 0
BUY = 1
SELL = -1


class BarValues(NamedTuple):
    """One bar as floats: prices in the instrument's currency, volume in units."""

    open: float
    high: float
    low: float
    close: float
    volume: float


class Decision(NamedTuple):
    """What to do at the close of a bar.

    `action` is BUY, SELL or NOTHING; `confidence` in (0, 1]; `stop` lies on the loss side of the close,
    `first_target` and `second_target` on the profit side; `reason` counts into the strategy's reasons.
    """

    action: int
    confidence: float
    stop: float
    first_target: float
    second_target: float
    reason: int


NO_DECISION = Decision(NOTHING, 0.0, 0.0, 0.0, 0.0, 0)


class Indicator(NamedTuple):
    """A recurrence over bars, resumable bar by bar.

    `step(state, bar, lagged, length) -> (state, value)`; `lagged` is the bar `lag` steps earlier (the first
    bar until there is one). `value` is NaN until the indicator is warm.
    """

    name: str
    length: int
    lag: int
    initial: Any
    step: Callable[[Any, BarValues, BarValues, int], tuple[Any, float]]


class Strategy(NamedTuple):
    """A strategy: declarations, and one pure function.

    `params` are the defaults (a NamedTuple of floats and ints); `indicators(params)` declares what is
    computed, `inputs` is the NamedTuple class that receives the values in the same order; `decide(state,
    bar, inputs, params) -> (state, decision)` starts from `initial_state`. `check_params` returns a sentence
    that says what is wrong with the parameters, or an empty string.
    """

    name: str
    params: Any
    inputs: Callable[..., Any]
    indicators: Callable[[Any], tuple[Indicator, ...]]
    initial_state: Any
    decide: Callable[[Any, BarValues, Any, Any], tuple[Any, Decision]]
    reasons: tuple[str, ...]
    check_params: Callable[[Any], str]
