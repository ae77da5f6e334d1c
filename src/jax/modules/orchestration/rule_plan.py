"""The plan that needs nobody: a signal is scored from its own statistics.

`confidence` c is taken as the chance to reach the target before the stop, and the payoff R is the way to the
target in units of the way to the stop (1 without a target). A trade then earns c R - (1 - c) of what it risks
on average: the expectancy of Van K. Tharp, "Trade Your Way to Financial Freedom" (1998), in multiples of R.
"""

from decimal import Decimal

from jax.domain.advice import AdvisedAction, Plan
from jax.domain.advice_request import AdviceRequest, SignalFacts
from jax.domain.side import Side

NAME = "rule"
# From half of what is risked on, the rule would follow the signal.
_WORTH_IT = Decimal("0.5")
_PLACES = Decimal("0.0001")
_ACTIONS = {Side.BUY: AdvisedAction.BUY, Side.SELL: AdvisedAction.SELL}


def rule_plan(request: AdviceRequest) -> Plan:
    """The same plan for the same request, whatever anybody remembers or has found out."""
    signal = request.signal
    if signal is None:
        return Plan(
            action=AdvisedAction.HOLD,
            confidence=Decimal(0),
            summary=f"{request.symbol}: there is no signal to score.",
            reasoning="The rule scores signals; a question without one gets no opinion.",
        )
    payoff = _payoff(signal)
    target = signal.take_profit or "none, taken as 1 R"
    expectancy = (signal.confidence * payoff - (1 - signal.confidence)).quantize(_PLACES)
    action = _action(signal, expectancy)
    return Plan(
        action=action,
        confidence=signal.confidence.quantize(_PLACES),
        summary=f"{signal.side} {request.symbol}: expectancy {expectancy} R; the rule says {action}.",
        reasoning=(
            f"Confidence {signal.confidence} and a payoff of {payoff.quantize(_PLACES)} R (entry "
            f"{signal.entry_price}, stop {signal.stop_loss}, target {target}) give an expectancy of "
            f"{expectancy} R. {_WORTH_IT} R and more: follow the signal; above 0: watch; otherwise hold."
        ),
    )


def _payoff(signal: SignalFacts) -> Decimal:
    if signal.take_profit is None:
        return Decimal(1)
    return abs(signal.take_profit - signal.entry_price) / abs(signal.entry_price - signal.stop_loss)


def _action(signal: SignalFacts, expectancy: Decimal) -> AdvisedAction:
    if expectancy >= _WORTH_IT:
        return _ACTIONS[signal.side]
    return AdvisedAction.WATCH if expectancy > 0 else AdvisedAction.HOLD
