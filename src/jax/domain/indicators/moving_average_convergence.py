"""Moving average convergence/divergence: line, signal and histogram.

Gerald Appel, The Moving Average Convergence-Divergence Trading Method (1979). Both averages begin so that
they are warm on the same bar, the slow one's.
"""

import math
from typing import NamedTuple

from jax.domain.indicators.exponential_moving_average import smoothed
from jax.domain.strategy import BarValues, Indicator


class LineState(NamedTuple):
    """The fast and the slow average (plain sums until warm), and how many bars there were."""

    fast: float
    slow: float
    seen: int


class SignalState(NamedTuple):
    """As LineState, with the average of the line."""

    fast: float
    slow: float
    signal: float
    seen: int


def _fast(average: float, close: float, lengths: tuple[int, int], seen: int) -> float:
    own = seen - (lengths[1] - lengths[0])
    return smoothed(average, close, lengths[0], own) if own >= 1 else 0.0


def _signal_state(state: SignalState, close: float, arguments: tuple[int, int, int]) -> SignalState:
    seen = state.seen + 1
    fast = _fast(state.fast, close, (arguments[0], arguments[1]), seen)
    slow = smoothed(state.slow, close, arguments[1], seen)
    own = seen - (arguments[1] - 1)
    signal = smoothed(state.signal, fast - slow, arguments[2], own) if own >= 1 else 0.0
    return SignalState(fast, slow, signal, seen)


def _is_warm(seen: int, arguments: tuple[int, int, int]) -> bool:
    return seen >= arguments[1] + arguments[2] - 1


def _line_step(
    state: LineState, bar: BarValues, lagged: BarValues, arguments: tuple[int, int]
) -> tuple[LineState, float]:
    seen = state.seen + 1
    fast = _fast(state.fast, bar.close, arguments, seen)
    slow = smoothed(state.slow, bar.close, arguments[1], seen)
    return LineState(fast, slow, seen), fast - slow if seen >= arguments[1] else math.nan


def _signal_step(
    state: SignalState, bar: BarValues, lagged: BarValues, arguments: tuple[int, int, int]
) -> tuple[SignalState, float]:
    after = _signal_state(state, bar.close, arguments)
    return after, after.signal if _is_warm(after.seen, arguments) else math.nan


def _histogram_step(
    state: SignalState, bar: BarValues, lagged: BarValues, arguments: tuple[int, int, int]
) -> tuple[SignalState, float]:
    after = _signal_state(state, bar.close, arguments)
    value = after.fast - after.slow - after.signal
    return after, value if _is_warm(after.seen, arguments) else math.nan


def macd_line(fast: int, slow: int) -> Indicator:
    """Exponential mean of the close over `fast` bars less that over `slow`, in price units.

    1 <= fast < slow; NaN before `slow` bars.
    """
    return Indicator("macd_line", (fast, slow), 0, LineState(0.0, 0.0, 0), _line_step)


def macd_signal(fast: int, slow: int, signal: int) -> Indicator:
    """Exponential mean of macd_line over `signal` of its values (>= 1); NaN before slow + signal - 1 bars."""
    initial = SignalState(0.0, 0.0, 0.0, 0)
    return Indicator("macd_signal", (fast, slow, signal), 0, initial, _signal_step)


def macd_histogram(fast: int, slow: int, signal: int) -> Indicator:
    """macd_line less macd_signal, in price units; NaN before slow + signal - 1 bars."""
    initial = SignalState(0.0, 0.0, 0.0, 0)
    return Indicator("macd_histogram", (fast, slow, signal), 0, initial, _histogram_step)
