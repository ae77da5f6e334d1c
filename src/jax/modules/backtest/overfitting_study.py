"""Runs a strategy under neighbouring parameters too, and says what the whole set makes of the chosen ones.

The neighbours follow from the chosen parameters alone, so that the same artifact is always studied alike,
and whoever chose the parameters does not choose what they are compared with.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any, TypeVar

from jax.domain.backtest_result import BacktestResult
from jax.domain.errors import InvalidValue
from jax.domain.overfitting import (
    ReturnMoments,
    deflated_sharpe_ratio,
    moments_of,
    probability_of_backtest_overfitting,
    variance_of_trials,
    walk_forward_returns,
)
from jax.domain.overfitting_figures import OverfittingFigures
from jax.domain.strategy import Strategy
from jax.modules.backtest.measure import PERIODS_A_YEAR, six_places
from jax.modules.backtest.run_backtest import BacktestInputs, Progress, run_backtest

MOST_NEIGHBOURS = 12
# Down and up by a quarter of the way, then farther; as fractions, so that integers stay exact.
_RINGS = (((4, 5), (5, 4)), ((3, 5), (8, 5)))

_Item = TypeVar("_Item")


def study_overfitting(
    inputs: BacktestInputs,
    chosen: BacktestResult,
    *,
    trials: int,
    load: Callable[[], Strategy],
    progress: Progress | None = None,
) -> OverfittingFigures:
    """The figures for `chosen`, the result of `inputs`, which the author says is the best of `trials` (>= 1).

    Each neighbour runs on a strategy that `load` gives anew, so that nothing it remembers reaches the next.
    The deflated Sharpe ratio takes the number of trials or of variants, whichever is larger, and the variance
    of the variants' Sharpe ratios, but at least 1/(n - 1), that of independent trials without skill:
    neighbours resemble one another and would make luck look small. `progress` hears of (bar ends done, all
    bar ends) over all neighbours. InvalidValue when the strategy fails under parameters that it accepts.
    """
    others = neighbours(inputs.strategy, inputs.params)
    columns = [_returns(chosen)]
    for number, params in enumerate(others):
        heard = None if progress is None else _part(progress, number=number, of=len(others))
        columns.append(_returns(_run(replace(inputs, strategy=load(), params=params), heard)))
    moments = [moments_of(column) for column in columns]
    walked = walk_forward_returns(columns)
    out_of_sample = None if walked is None else moments_of(walked)
    return OverfittingFigures(
        trials=trials,
        studied=len(columns),
        deflated_sharpe=_decimal(_deflated(moments, trials=max(trials, len(columns)))),
        pbo=_decimal(probability_of_backtest_overfitting(columns)),
        walk_forward_sharpe=_decimal(
            None if out_of_sample is None else out_of_sample.sharpe * math.sqrt(PERIODS_A_YEAR)
        ),
    )


def neighbours(strategy: Strategy, params: Any) -> tuple[Any, ...]:
    """Up to 12 parameter tuples that differ from `params` in one number each and that the strategy accepts.

    Each number other than zero is taken to 4/5 and 5/4 of itself, an integer by at least one; where that
    leaves room, to 3/5 and 8/5 as well. Of too many the ones kept are spread over all parameters.
    """
    found: dict[Any, None] = {}
    for ring in _RINGS:
        moved = [
            params._replace(**{name: _scaled(value, *scale)})
            for name, value in zip(params._fields, params, strict=True)
            if value and isinstance(value, int | float) and not isinstance(value, bool)
            for scale in ring
        ]
        fresh = dict.fromkeys(one for one in moved if one != params and one not in found)
        accepted = [one for one in fresh if not strategy.check_params(one)]
        found.update(dict.fromkeys(_spread(accepted, MOST_NEIGHBOURS - len(found))))
    return tuple(found)


def _scaled(value: float, numerator: int, denominator: int) -> float:
    if not isinstance(value, int):
        return value * numerator / denominator
    size = abs(value)
    moved = size * numerator // denominator
    if moved == size:
        moved += 1 if numerator > denominator else -1
    return moved if value > 0 else -moved


def _spread(items: Sequence[_Item], count: int) -> list[_Item]:
    """`items`, or `count` of them at even distances."""
    kept = min(len(items), count)
    return [items[number * len(items) // kept] for number in range(kept)]


def _run(inputs: BacktestInputs, progress: Progress | None) -> BacktestResult:
    try:
        return run_backtest(inputs, progress)
    except Exception as error:
        raise InvalidValue(
            "overfitting study",
            f"{inputs.strategy.name} fails under {inputs.params}, which its check_params accepts "
            f"({type(error).__name__}: {error}): mend the one or the other",
        ) from error


def _part(progress: Progress, *, number: int, of: int) -> Progress:
    return lambda done, total: progress(number * total + done, of * total)


def _returns(result: BacktestResult) -> list[float]:
    """One return a bar end; an account that has nothing left stands still."""
    equities = [float(point.equity) for point in result.equity]
    return [later / earlier - 1.0 if earlier > 0.0 else 0.0 for earlier, later in pairwise(equities)]


def _deflated(moments: Sequence[ReturnMoments | None], *, trials: int) -> float | None:
    chosen = moments[0]
    if chosen is None:
        return None
    sharpes = [one.sharpe for one in moments if one is not None]
    spread = variance_of_trials(sharpes, observations=chosen.observations)
    return deflated_sharpe_ratio(chosen, trials=trials, variance=spread)


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else six_places(value)
