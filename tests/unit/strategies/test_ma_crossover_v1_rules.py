"""The rules in their own words, beside the code that runs."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings

from jax.domain.strategies.ma_crossover_v1 import REASONS, STRATEGY, Params
from jax.domain.strategy import BUY, NO_DECISION, NOTHING, SELL, BarValues, Decision
from jax.domain.strategy_runner import StrategyRunner
from tests.unit.market_bars import needs_shared_bars, sample_bars, shared_bars
from tests.unit.strategies.trending_bars import trending_bars

SHORT = Params(fast=2, middle=4, slow=7, range_length=3, volume_length=3)


class View(NamedTuple):
    """What the rules look at on one bar."""

    close: float
    volume: float
    fast: float
    middle: float
    slow: float
    true_range: float
    usual_volume: float
    market_trend: float


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def views(bars: Sequence[BarValues], params: Params) -> Iterator[View | None]:
    """None while something is not warm; every average added up afresh."""
    ranges: list[float] = []
    average = 0.0
    for row, bar in enumerate(bars):
        if row:
            before = bars[row - 1].close
            ranges.append(max(bar.high - bar.low, abs(bar.high - before), abs(bar.low - before)))
            if len(ranges) <= params.range_length:
                average = mean(ranges)
            else:
                average = (average * (params.range_length - 1) + ranges[-1]) / params.range_length
        closes = [one.close for one in bars[max(row + 1 - params.slow, 0) : row + 1]]
        volumes = [one.volume for one in bars[max(row + 1 - params.volume_length, 0) : row + 1]]
        warm = (
            len(closes) == params.slow
            and len(ranges) >= params.range_length
            and len(volumes) == params.volume_length
        )
        if not warm:
            yield None
            continue
        yield View(
            bar.close,
            bar.volume,
            mean(closes[-params.fast :]),
            mean(closes[-params.middle :]),
            mean(closes[-params.slow :]),
            average,
            mean(volumes),
            bar.market_trend,
        )


def conditions(view: View) -> tuple[bool, bool, bool]:
    """Up, down, pullback."""
    up = view.fast > view.middle > view.slow
    down = view.fast < view.middle < view.slow
    near = -0.02 <= view.close / view.fast - 1 <= 0.01
    return up and view.close > view.fast, down and view.close < view.fast, up and near


def expected(before: View | None, view: View) -> Decision:
    """By the words: an event is a condition that was not there on the bar before."""
    was = (False, False, False) if before is None else conditions(before)
    up, down, pullback = (now and not then for now, then in zip(conditions(view), was, strict=True))
    busy = view.volume > view.usual_volume
    apart = abs(view.fast - view.slow) / view.slow > 0.05
    rising, falling = view.market_trend > 0, view.market_trend < 0
    more = 0.08 * busy + 0.10 * apart
    size, close = view.true_range, view.close
    if up:
        targets = (close + 3 * size, close + 5 * size)
        return Decision(BUY, 0.65 + more + 0.12 * rising, close, view.middle - size, *targets, 1)
    if down:
        targets = (close - 3 * size, close - 5 * size)
        return Decision(SELL, 0.65 + more + 0.12 * falling, close, view.middle + size, *targets, 2)
    if pullback:
        targets = (close + 2 * size, close + 3.5 * size)
        return Decision(BUY, 0.55 + 0.08 * busy + 0.12 * rising, close, close - 1.5 * size, *targets, 3)
    return NO_DECISION


def is_clear(view: View | None) -> bool:
    """Whether no rule hangs on the last digits, where another order of adding up decides otherwise."""
    if view is None:
        return True
    pairs = [
        (view.fast, view.middle),
        (view.middle, view.slow),
        (view.close, view.fast),
        (view.close / view.fast, 0.98),
        (view.close / view.fast, 1.01),
        (abs(view.fast - view.slow) / view.slow, 0.05),
        (view.volume, view.usual_volume),
    ]
    return view.true_range > 1e-6 and all(abs(a - b) > 1e-9 * max(abs(a), abs(b), 1) for a, b in pairs)


def compare(bars: Sequence[BarValues], params: Params) -> list[Decision]:
    """Every decision that hangs on nothing but the rules is the expected one; returns those taken."""
    runner = StrategyRunner(STRATEGY, params)
    taken: list[Decision] = []
    before: View | None = None
    for bar, view in zip(bars, views(bars, params), strict=True):
        decision = runner.on_bar(bar)
        if view is None:
            assert decision == NO_DECISION
        elif is_clear(view) and is_clear(before):
            assert decision == pytest.approx(expected(before, view), rel=1e-9)
        if decision.action != NOTHING:
            taken.append(decision)
        before = view
    return taken


@settings(max_examples=120)
@given(bars=trending_bars())
def test_every_decision_follows_from_the_rules(bars: list[BarValues]) -> None:
    compare(bars, SHORT)


def test_every_decision_on_real_bars_follows_from_the_rules() -> None:
    taken = compare(sample_bars("IBM"), Params(fast=10, middle=20, slow=50))
    assert {REASONS[decision.reason] for decision in taken} == set(REASONS[1:])


@needs_shared_bars
@pytest.mark.parametrize("symbol", ["aapl", "spy"])
def test_every_decision_on_longer_series_follows_from_the_rules(symbol: str) -> None:
    assert compare(shared_bars(symbol), Params(fast=10, middle=20, slow=50))
