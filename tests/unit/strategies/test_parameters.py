"""Parameters that are no parameters are refused with a sentence that names them."""

import math
from typing import Any

import pytest

from jax.domain.strategies.parameter_limits import LONGEST
from jax.domain.strategy import Strategy
from tests.unit.strategies.short_strategies import SHORT

_BY_NAME = {strategy.name: strategy for strategy, _ in SHORT}
_INTS = [
    (strategy, name)
    for strategy, params in SHORT
    for name, value in params._asdict().items()
    if isinstance(value, int)
]
_FLOATS = [
    (strategy, name)
    for strategy, params in SHORT
    for name, value in params._asdict().items()
    if isinstance(value, float)
]


def label(value: Any) -> str:
    return value.name if isinstance(value, Strategy) else str(value)


def problem(strategy: Strategy, **changes: Any) -> str:
    return strategy.check_params(strategy.params._replace(**changes))


_DEFAULTS: dict[str, tuple[float, ...]] = {
    "rsi_momentum_v1": (14, 30.0, 70.0, 20.0, 80.0, 14, 20, 2.0, 2.0, 3.0),
    "macd_crossover_v1": (12, 26, 9, 0.5, 14, 20, 2.0, 2.5, 4.0),
    "trendline_break_v1": (50, 1.0, 14, 20, 2.0, 3.0, 5.0),
    "rsi_tema_bb_v1": (7, 30.0, 70.0, 5, 20, 1.5, 14, 2.0),
    "sma_crossover_v1": (10, 30),
    "ma_crossover_v1": (20, 50, 200, 14, 20, 3.0, 5.0, 0.02, 0.01, 1.5, 2.0, 3.5),
    "buy_and_hold": (),
}


@pytest.mark.parametrize(("strategy", "params"), SHORT, ids=label)
def test_the_defaults_are_those_of_the_rules(strategy: Strategy, params: Any) -> None:
    assert tuple(strategy.params) == _DEFAULTS[strategy.name]


@pytest.mark.parametrize(("strategy", "params"), SHORT, ids=label)
def test_the_defaults_and_the_short_ones_are_in_range(strategy: Strategy, params: Any) -> None:
    assert strategy.check_params(strategy.params) == ""
    assert strategy.check_params(params) == ""


@pytest.mark.parametrize(("strategy", "name"), _INTS, ids=label)
@pytest.mark.parametrize("value", [0, -1, LONGEST + 1, 5.0, math.nan, True, "5", None])
def test_a_length_that_is_no_count_of_bars_is_refused_by_name(
    strategy: Strategy, name: str, value: Any
) -> None:
    said = f"needs {name} to be a whole number of bars from 1 to 100000, not {value!r}"
    assert problem(strategy, **{name: value}) == said


@pytest.mark.parametrize(("strategy", "name"), _FLOATS, ids=label)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.001, 2e9, True, "5", None])
def test_a_number_out_of_range_is_refused_by_name(strategy: Strategy, name: str, value: Any) -> None:
    assert problem(strategy, **{name: value}).startswith(f"needs {name} to be a number from ")
    assert problem(strategy, **{name: value}).endswith(f", not {value!r}")


_HUNDRED = (0.0, 100.0)
_MULTIPLE = (0.01, 100.0)
_RANGES = [
    ("rsi_momentum_v1", "oversold", (0.0, 70.0)),
    ("rsi_momentum_v1", "overbought", (30.0, 100.0)),
    ("rsi_momentum_v1", "deep_oversold", _HUNDRED),
    ("rsi_momentum_v1", "deep_overbought", _HUNDRED),
    ("rsi_momentum_v1", "stop", _MULTIPLE),
    ("rsi_momentum_v1", "first_target", (0.01, 3.0)),
    ("rsi_momentum_v1", "second_target", (2.0, 100.0)),
    ("macd_crossover_v1", "strong_histogram", (0.0, 1e9)),
    ("macd_crossover_v1", "stop", _MULTIPLE),
    ("macd_crossover_v1", "first_target", (0.01, 4.0)),
    ("macd_crossover_v1", "second_target", (2.5, 100.0)),
    ("trendline_break_v1", "threshold", _HUNDRED),
    ("trendline_break_v1", "stop", _MULTIPLE),
    ("trendline_break_v1", "first_target", (0.01, 5.0)),
    ("trendline_break_v1", "second_target", (3.0, 100.0)),
    ("rsi_tema_bb_v1", "oversold", (0.0, 70.0)),
    ("rsi_tema_bb_v1", "overbought", (30.0, 100.0)),
    ("rsi_tema_bb_v1", "band_width", _MULTIPLE),
    ("rsi_tema_bb_v1", "stop", _MULTIPLE),
    ("ma_crossover_v1", "first_target", (0.01, 5.0)),
    ("ma_crossover_v1", "second_target", (3.0, 100.0)),
    ("ma_crossover_v1", "pullback_below", (0.0, 0.5)),
    ("ma_crossover_v1", "pullback_above", (0.0, 0.5)),
    ("ma_crossover_v1", "pullback_stop", _MULTIPLE),
    ("ma_crossover_v1", "pullback_first_target", (0.01, 3.5)),
    ("ma_crossover_v1", "pullback_second_target", (2.0, 100.0)),
]


@pytest.mark.parametrize(("strategy", "name", "bounds"), _RANGES)
def test_both_ends_of_a_range_are_in_it_and_nothing_beyond(
    strategy: str, name: str, bounds: tuple[float, float]
) -> None:
    lowest, highest = bounds
    for inside in (lowest, (lowest + highest) / 2.0, highest):
        assert problem(_BY_NAME[strategy], **{name: inside}) == ""
    for outside in (math.nextafter(lowest, -math.inf), math.nextafter(highest, math.inf)):
        assert problem(_BY_NAME[strategy], **{name: outside}) != ""


def test_the_list_of_ranges_leaves_none_out() -> None:
    assert {(strategy.name, name) for strategy, name in _FLOATS} == {(one[0], one[1]) for one in _RANGES}


@pytest.mark.parametrize(("strategy", "name"), _FLOATS, ids=label)
def test_a_whole_number_may_stand_for_a_float(strategy: Strategy, name: str) -> None:
    """As a person writes it: `stop=2`."""
    bounds = next(one[2] for one in _RANGES if one[:2] == (strategy.name, name))
    whole = math.ceil(bounds[0])
    assert problem(strategy, **{name: whole}) == ""


@pytest.mark.parametrize(
    ("strategy", "changes", "said"),
    [
        ("ma_crossover_v1", {"fast": 50}, "needs fast < middle < slow, not 50, 50, 200"),
        ("ma_crossover_v1", {"middle": 200}, "needs fast < middle < slow, not 20, 200, 200"),
        ("ma_crossover_v1", {"first_target": 5.1}, "needs first_target <= second_target, not 5.1, 5.0"),
        (
            "ma_crossover_v1",
            {"pullback_first_target": 3.6},
            "needs pullback_first_target <= pullback_second_target, not 3.6, 3.5",
        ),
        ("macd_crossover_v1", {"fast": 26}, "needs fast < slow, not 26, 26"),
        ("sma_crossover_v1", {"fast": 30}, "needs fast < slow, not 30, 30"),
        ("rsi_momentum_v1", {"oversold": 71.0}, "needs oversold <= overbought, not 71.0, 70.0"),
        ("rsi_tema_bb_v1", {"overbought": 29.0}, "needs oversold <= overbought, not 30.0, 29.0"),
        (
            "trendline_break_v1",
            {"length": 1},
            "needs length to be at least 2, since a line has two ends, not 1",
        ),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(
    strategy: str, changes: dict[str, Any], said: str
) -> None:
    assert problem(_BY_NAME[strategy], **changes) == said


def test_the_longest_length_is_in_range() -> None:
    assert problem(_BY_NAME["rsi_momentum_v1"], length=LONGEST, range_length=1) == ""
    assert problem(_BY_NAME["trendline_break_v1"], length=2) == ""
