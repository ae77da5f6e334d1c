"""Runs a strategy as plain Python, one bar at a time."""

from collections import deque
from typing import Any

from jax.domain.bar import Bar
from jax.domain.strategy import BarValues, Decision, Strategy


def bar_values(bar: Bar) -> BarValues:
    """The floats that a strategy sees of a bar: the nearest to each Decimal."""
    return BarValues(float(bar.open), float(bar.high), float(bar.low), float(bar.close), float(bar.volume))


class StrategyRunner:
    """The state of one strategy on one symbol: feed it every bar, in order, once."""

    def __init__(self, strategy: Strategy, params: Any) -> None:
        self._strategy = strategy
        self._params = params
        indicators = strategy.indicators(params)
        self._steps = [(indicator.step, indicator.lag, indicator.arguments) for indicator in indicators]
        self._indicator_states = [indicator.initial for indicator in indicators]
        self._state = strategy.initial_state
        self._past: deque[BarValues] = deque(maxlen=1 + max((i.lag for i in indicators), default=0))

    def on_bar(self, bar: BarValues) -> Decision:
        """The decision at the close of `bar`."""
        self._past.append(bar)
        states, values = self._indicator_states, []
        for position, (step, lag, arguments) in enumerate(self._steps):
            lagged = self._lagged(lag) if lag else bar
            states[position], value = step(states[position], bar, lagged, arguments)
            values.append(value)
        self._state, decision = self._strategy.decide(
            self._state, bar, self._strategy.inputs(*values), self._params
        )
        return decision

    def _lagged(self, lag: int) -> BarValues:
        return self._past[max(len(self._past) - 1 - lag, 0)]
