"""What is remembered of an equity curve while it is being made."""

from typing import NamedTuple

from jax.modules.backtest.kernel.rules import Contract
from jax.modules.backtest.kernel.slot import Step


class RunStatistics(NamedTuple):
    """The sums that the metrics of a run follow from; one row of floats, in this order.

    Returns are simple, from bar end to bar end, the first from the initial cash; where the equity before is
    not above zero the return counts as 0. `max_drawdown_bars` is the longest row of bar ends below an earlier
    peak.
    `won` and `lost` are the sums of the trades' net gains and losses, `lost` and `largest_loss` positive.
    `traded_fraction` sums, over the fills, their value over the equity at the bar end before.
    """

    final_equity: float
    bars: float
    return_sum: float
    return_square_sum: float
    downside_square_sum: float
    max_drawdown: float
    max_drawdown_bars: float
    trades: float
    wins: float
    won: float
    lost: float
    largest_win: float
    largest_loss: float
    exposed_bars: float
    traded_fraction: float


class Curve(NamedTuple):
    """The equity so far. `trough` is the lowest since `peak`; `below_since` is -1 at the peak."""

    equity: float
    return_sum: float
    square_sum: float
    downside_sum: float
    peak: float
    trough: float
    deepest: float
    below_since: int
    longest: int


class Outcomes(NamedTuple):
    """The trades and fills so far."""

    trades: int
    wins: int
    won: float
    lost: float
    largest_win: float
    largest_loss: float
    traded_fraction: float


def new_curve(initial: float) -> Curve:
    """The curve before the first bar."""
    return Curve(initial, 0.0, 0.0, 0.0, initial, initial, 0.0, -1, 0)


def new_outcomes() -> Outcomes:
    """No trade, no fill."""
    return Outcomes(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)


def observed(curve: Curve, equity: float, row: int) -> Curve:
    """The curve with `equity` at the end of bar `row`; where it equals the one before, nothing changes."""
    gain = 0.0
    if curve.equity > 0.0:
        gain = (equity - curve.equity) / curve.equity
    # Without a branch: whether a bar's return is negative is a coin's throw, which a processor guesses badly.
    loss = min(gain, 0.0)
    peak, trough, deepest = curve.peak, curve.trough, curve.deepest
    below_since, longest = curve.below_since, curve.longest
    if equity >= peak:
        if below_since >= 0:
            deepest = max(deepest, (peak - trough) / peak)
            longest = max(longest, row - below_since)
            below_since = -1
        peak = equity
        trough = equity
    else:
        trough = min(trough, equity)
        if below_since < 0:
            below_since = row
    return Curve(
        equity,
        curve.return_sum + gain,
        curve.square_sum + gain * gain,
        curve.downside_sum + loss * loss,
        peak,
        trough,
        deepest,
        below_since,
        longest,
    )


def with_fill(outcomes: Outcomes, value: float, equity_before: float) -> Outcomes:
    """One fill of `value` (> 0) more."""
    if not (equity_before > 0.0):
        return outcomes
    return Outcomes(
        outcomes.trades,
        outcomes.wins,
        outcomes.won,
        outcomes.lost,
        outcomes.largest_win,
        outcomes.largest_loss,
        outcomes.traded_fraction + value / equity_before,
    )


def with_trade(outcomes: Outcomes, gain: float) -> Outcomes:
    """One trade more, which made `gain` after all costs."""
    wins, won, lost = outcomes.wins, outcomes.won, outcomes.lost
    if gain > 0.0:
        wins += 1
        won += gain
    else:
        lost -= gain
    return Outcomes(
        outcomes.trades + 1,
        wins,
        won,
        lost,
        max(outcomes.largest_win, gain),
        max(outcomes.largest_loss, -gain),
        outcomes.traded_fraction,
    )


def with_step(outcomes: Outcomes, step: Step, contract: Contract, equity_before: float) -> Outcomes:
    """The fills of `step` more, and the trade that they ended."""
    filled = step.ordered.quantity > 0.0 or step.protective.quantity > 0.0
    if step.ordered.quantity > 0.0:
        outcomes = with_fill(outcomes, step.ordered.value * contract.unit, equity_before)
    if step.protective.quantity > 0.0:
        outcomes = with_fill(outcomes, step.protective.value * contract.unit, equity_before)
    if filled and step.slot.quantity == 0.0:
        outcomes = with_trade(outcomes, step.slot.flow)
    return outcomes


def statistics_of(curve: Curve, outcomes: Outcomes, bars: int, exposed: int) -> RunStatistics:
    """The row after `bars` bar ends, at `exposed` of which something was held."""
    deepest, longest = curve.deepest, curve.longest
    if curve.below_since >= 0:
        deepest = max(deepest, (curve.peak - curve.trough) / curve.peak)
        longest = max(longest, bars - curve.below_since)
    return RunStatistics(
        curve.equity,
        float(bars),
        curve.return_sum,
        curve.square_sum,
        curve.downside_sum,
        deepest,
        float(longest),
        float(outcomes.trades),
        float(outcomes.wins),
        outcomes.won,
        outcomes.lost,
        outcomes.largest_win,
        outcomes.largest_loss,
        float(exposed),
        outcomes.traded_fraction,
    )
