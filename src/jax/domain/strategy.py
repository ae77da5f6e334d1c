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
    """One bar as floats: prices in the instrument's currency, volume in units.

    `market_trend` and `sector_trend` are 1.0 (up), -1.0 (down) or 0.0 (not known): those of the market and of
    the instrument's sector as they stood before the bar began.
    """

    open: float
    high: float
    low: float
    close: float
    volume: float
    market_trend: float = 0.0
    sector_trend: float = 0.0


class Decision(NamedTuple):
    """What to do at the close of a bar.

    `action` is BUY, SELL or NOTHING; `confidence` in (0, 1]; `entry` is the price to enter at: the close for
    an order at the market, a better price for a limit order, a worse one for a stop order. `stop` lies on
    the loss side of the entry, `first_target` and `second_target` on the profit side; 0.0 stands for none.
    `reason` counts into the strategy's reasons.
    """

    action: int
    confidence: float
    entry: float
    stop: float
    first_target: float
    second_target: float
    reason: int


NO_DECISION = Decision(NOTHING, 0.0, 0.0, 0.0, 0.0, 0.0, 0)


class Indicator(NamedTuple):
    """A recurrence over bars, resumable bar by bar.

    `step(state, bar, lagged, arguments) -> (state, value)`; `lagged` is the bar `lag` steps earlier (the
    first bar until there is one). `arguments` is a tuple of ints and floats: two indicators of one `step`,
    `lag` and `arguments` are the same column. `value` is NaN until the indicator is warm.
    """

    name: str
    arguments: tuple[Any, ...]
    lag: int
    initial: Any
    step: Callable[[Any, BarValues, BarValues, Any], tuple[Any, float]]


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
