"""The neighbours of a parameter set, and what they make of it."""

import statistics
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from jax.domain.backtest_result import BacktestResult
from jax.domain.errors import InvalidValue
from jax.domain.overfitting import (
    deflated_sharpe_ratio,
    moments_of,
    probability_of_backtest_overfitting,
    walk_forward_returns,
)
from jax.domain.overfitting_figures import OverfittingFigures
from jax.domain.strategies.ma_crossover_v1 import STRATEGY, Params
from jax.domain.strategy import NO_DECISION, BarValues, Decision, Strategy
from jax.modules.backtest.measure import six_places
from jax.modules.backtest.overfitting_study import MOST_NEIGHBOURS, neighbours, study_overfitting
from jax.modules.backtest.run_backtest import BacktestInputs, run_backtest
from tests.price_waves import price_waves
from tests.unit.backtest.scripted_backtests import bar, buy, instrument, scripted, sell, settings

QUICK = Params(fast=5, middle=12, slow=30, range_length=10, volume_length=20)
BARS = {symbol: price_waves(symbol, 600, period_days=80.0) for symbol in ("AAPL", "IBM")}
INPUTS = BacktestInputs(
    STRATEGY, QUICK, BARS, {symbol: instrument(symbol) for symbol in BARS}, settings(cash=100_000)
)
CHOSEN = run_backtest(INPUTS)


class Wide(NamedTuple):
    a: int = 10
    b: int = 1
    c: int = 0
    d: float = 0.5
    e: int = -5
    f: int = 100
    g: int = 101
    h: int = 102


def with_params(params: Any, *, check: Callable[[Any], str] = lambda _: "") -> Strategy:
    return scripted({})._replace(params=params, check_params=check)


def studied(
    inputs: BacktestInputs = INPUTS, chosen: BacktestResult = CHOSEN, *, trials: int = 1
) -> OverfittingFigures:
    return study_overfitting(inputs, chosen, trials=trials, load=lambda: inputs.strategy)


def returns_of(result: BacktestResult) -> list[float]:
    return [float(later.equity) / float(earlier.equity) - 1.0 for earlier, later in pairwise(result.equity)]


def rounded(value: float | None) -> Decimal | None:
    return None if value is None else six_places(value)


def changed(params: Any, default: Any) -> dict[str, Any]:
    return {name: value for name, value in params._asdict().items() if value != default._asdict()[name]}


def test_each_neighbour_has_one_number_a_quarter_of_the_way_down_or_up() -> None:
    class Two(NamedTuple):
        length: int = 10
        level: float = 0.5

    found = [changed(one, Two()) for one in neighbours(with_params(Two()), Two())]
    assert found == [
        {"length": 8},
        {"length": 12},
        {"level": 0.4},
        {"level": 0.625},
        {"length": 6},
        {"length": 16},
        {"level": 0.3},
        {"level": 0.8},
    ]


def test_small_integers_move_by_one_and_zeros_and_flags_stay() -> None:
    class Small(NamedTuple):
        one: int = 1
        two: int = 2
        minus: int = -1
        none: int = 0
        flag: bool = True
        level: float = 0.0

    found = [changed(one, Small()) for one in neighbours(with_params(Small()), Small())]
    assert found[:6] == [{"one": 0}, {"one": 2}, {"two": 1}, {"two": 3}, {"minus": 0}, {"minus": -2}]
    assert not {"none", "flag", "level"} & {name for one in found for name in one}
    assert len(found) == len({tuple(one.items()) for one in found})


def test_what_the_strategy_refuses_is_no_neighbour() -> None:
    class Lengths(NamedTuple):
        fast: int = 49
        middle: int = 50
        slow: int = 51
        range_length: int = 1
        volume_length: int = 4

    def check(params: Lengths) -> str:
        ordered = params.fast < params.middle < params.slow and params.range_length > 0
        return "" if ordered else "not in order"

    found = neighbours(with_params(Lengths(), check=check), Lengths())
    assert [changed(one, Lengths()) for one in found] == [
        {"fast": 39},
        {"slow": 63},
        {"range_length": 2},
        {"volume_length": 3},
        {"volume_length": 5},
        {"fast": 29},
        {"slow": 81},
        {"volume_length": 2},
        {"volume_length": 6},
    ]


def test_of_too_many_the_kept_ones_are_spread_over_all_parameters() -> None:
    found = [changed(one, Wide()) for one in neighbours(with_params(Wide()), Wide())]
    assert len(found) == MOST_NEIGHBOURS
    assert {name for one in found for name in one} == {"a", "b", "d", "e", "f", "g", "h"}


def test_a_strategy_without_numbers_has_no_neighbours() -> None:
    plain = scripted({})
    assert neighbours(plain, plain.params) == ()


def test_the_figures_are_those_of_the_chosen_run_and_its_neighbours() -> None:
    others = [run_backtest(replace(INPUTS, params=one)) for one in neighbours(STRATEGY, QUICK)]
    columns = [returns_of(run) for run in (CHOSEN, *others)]
    moments = [moments_of(column) for column in columns]
    sharpes = [one.sharpe for one in moments if one is not None]
    assert len(sharpes) == 13
    spread = max(statistics.variance(sharpes), 1.0 / (len(columns[0]) - 1))
    found = studied(trials=4)
    assert (found.trials, found.studied) == (4, 13)
    assert moments[0] is not None
    assert found.deflated_sharpe == rounded(deflated_sharpe_ratio(moments[0], trials=13, variance=spread))
    assert found.pbo == rounded(probability_of_backtest_overfitting(columns))
    walked = walk_forward_returns(columns)
    assert walked is not None
    yearly = statistics.fmean(walked) / statistics.stdev(walked) * 252.0**0.5
    assert found.walk_forward_sharpe == rounded(yearly)


def test_the_variance_of_the_trials_is_at_least_that_of_luck() -> None:
    # Volume only moves the confidence, so all variants are one run and their Sharpe ratios do not vary.
    class One(NamedTuple):
        volume_length: int = 20

    quick = STRATEGY._replace(
        params=One(),
        check_params=lambda _: "",
        indicators=lambda params: STRATEGY.indicators(QUICK._replace(volume_length=params.volume_length)),
        decide=lambda state, bar, inputs, _: STRATEGY.decide(state, bar, inputs, QUICK),
    )
    inputs = replace(INPUTS, strategy=quick, params=One())
    found = studied(inputs, run_backtest(inputs))
    moments = moments_of(returns_of(CHOSEN))
    assert moments is not None
    lucky = 1.0 / (len(CHOSEN.equity) - 2)
    assert found.studied == 5
    assert found.deflated_sharpe == rounded(deflated_sharpe_ratio(moments, trials=5, variance=lucky))
    assert found.pbo is None


def test_trials_that_differ_more_than_luck_make_count_their_own_variance() -> None:
    class Level(NamedTuple):
        level: float = 1.1

    def decide(state: int, bar: BarValues, inputs: Any, params: Level) -> tuple[int, Decision]:
        del inputs
        far = 10.0 * bar.close
        decision = buy(stop=0.01, target=far) if params.level > 1.0 else sell(stop=far, target=0.01)
        return 1, NO_DECISION if state else decision._replace(entry=bar.close)

    rising = [
        bar(day, f"{day + 10} {day + 11 + day % 2} {day + 9} {day + 10 + day % 2}") for day in range(100)
    ]
    either = scripted({})._replace(params=Level(), decide=decide)
    inputs = replace(INPUTS, strategy=either, params=Level(), bars={"AAPL": rising})
    chosen = run_backtest(inputs)
    others = [run_backtest(replace(inputs, params=one)) for one in neighbours(either, Level())]
    moments = [moments_of(returns_of(run)) for run in (chosen, *others)]
    spread = statistics.variance(one.sharpe for one in moments if one is not None)
    assert spread > 2.0 / 99
    assert moments[0] is not None
    expected = rounded(deflated_sharpe_ratio(moments[0], trials=5, variance=spread))
    assert studied(inputs, chosen).deflated_sharpe == expected


def test_more_trials_than_were_studied_deflate_further() -> None:
    alone, few, many = (studied(trials=trials) for trials in (1, 13, 1_000))
    assert few == replace(alone, trials=13)
    assert few.deflated_sharpe is not None
    assert many.deflated_sharpe is not None
    assert many.deflated_sharpe < few.deflated_sharpe
    assert (many.pbo, many.walk_forward_sharpe) == (few.pbo, few.walk_forward_sharpe)


def test_a_strategy_without_parameters_is_judged_by_itself() -> None:
    steady = scripted({day: buy(stop=1.0) for day in range(0, 600, 40)})
    inputs = replace(INPUTS, strategy=steady, params=steady.params)
    found = studied(inputs, run_backtest(inputs))
    assert (found.studied, found.pbo) == (1, None)
    assert found.deflated_sharpe is not None
    assert found.walk_forward_sharpe is not None


def test_a_run_that_never_moves_has_no_figures() -> None:
    idle = scripted({})
    inputs = replace(INPUTS, strategy=idle, params=idle.params)
    assert studied(inputs, run_backtest(inputs), trials=7) == OverfittingFigures(7, 1, None, None, None)


def test_every_neighbour_runs_on_a_strategy_of_its_own() -> None:
    loaded: list[Strategy] = []

    def load() -> Strategy:
        loaded.append(STRATEGY._replace(name=f"copy{len(loaded)}"))
        return loaded[-1]

    study_overfitting(INPUTS, CHOSEN, trials=1, load=load)
    assert len(loaded) == 12


def test_a_neighbour_that_fails_is_told_with_its_parameters() -> None:
    def decide(state: int, bar: BarValues, inputs: Any, params: Params) -> tuple[int, Decision]:
        del bar, inputs
        return state, NO_DECISION._replace(confidence=1.0 / (params.fast - 4))

    fragile = STRATEGY._replace(decide=decide)
    inputs = replace(INPUTS, strategy=fragile)
    with pytest.raises(InvalidValue, match=r"fails under Params\(fast=4, .*ZeroDivisionError.*mend"):
        studied(inputs, run_backtest(inputs))


def test_an_account_that_has_lost_everything_stands_still() -> None:
    ruined = [replace(point, cash=Decimal(0), positions_value=Decimal(0)) for point in CHOSEN.equity[300:]]
    found = studied(chosen=replace(CHOSEN, equity=(*CHOSEN.equity[:300], *ruined)))
    assert found.deflated_sharpe is not None
    assert found.deflated_sharpe < Decimal("0.5")


def test_progress_goes_through_all_neighbours_once() -> None:
    heard: list[tuple[int, int]] = []
    study_overfitting(
        INPUTS,
        CHOSEN,
        trials=1,
        load=lambda: STRATEGY,
        progress=lambda done, all_: heard.append((done, all_)),
    )
    assert heard == sorted(heard)
    assert heard[-1] == (12 * 600, 12 * 600)


def test_the_same_artifact_is_always_studied_alike() -> None:
    assert studied() == studied()
