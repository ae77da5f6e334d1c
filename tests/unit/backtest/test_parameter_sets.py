"""Grids and samples of parameters: complete, without repetition, and clear about what is wrong."""

import math
import random
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.errors import InvalidValue
from jax.domain.strategies.buy_and_hold import STRATEGY as BUY_AND_HOLD
from jax.domain.strategies.sma_crossover_v1 import STRATEGY, Params
from jax.modules.backtest import parameter_sets
from jax.modules.backtest.parameter_sets import grid_of, parse_axes, sample_of


class Mixed(NamedTuple):
    """A whole number and a fraction."""

    length: int = 10
    width: float = 2.0


# Takes what has an even length.
MIXED = STRATEGY._replace(
    name="mixed", params=Mixed(), check_params=lambda params: "needs an even length" * (params.length % 2)
)


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(InvalidValue) as refused:
        action()
    return str(refused.value)


def test_a_range_holds_both_ends_and_a_list_what_it_names() -> None:
    assert parse_axes(STRATEGY, ["fast=5:40:5", "slow=50,100,200"]) == {
        "fast": (5, 10, 15, 20, 25, 30, 35, 40),
        "slow": (50, 100, 200),
    }
    assert parse_axes(STRATEGY, ["fast=3:5", "slow= 50 "]) == {"fast": (3, 4, 5), "slow": (50,)}
    assert parse_axes(STRATEGY, ["fast=5:9:3"]) == {"fast": (5, 8)}
    assert parse_axes(STRATEGY, ["fast=7:7:2"]) == {"fast": (7,)}


def test_values_are_of_the_kind_that_the_strategy_declares() -> None:
    axes = parse_axes(MIXED, ["length=2,4.0", "width=1,2.5"])
    assert [type(value) for value in axes["length"]] == [int, int]
    assert [type(value) for value in axes["width"]] == [float, float]


def test_steps_of_a_tenth_are_tenths() -> None:
    assert parse_axes(MIXED, ["width=0.1:0.7:0.1"])["width"] == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("length", "write name=value"),
        ("speed=1", "mixed has no parameter 'speed'; it has length, width"),
        ("length=", "'' is not a number"),
        ("length=ten", "'ten' is not a number"),
        ("width=nan", "nan is not a finite number"),
        ("width=1:inf:1", "inf is not a finite number"),
        ("width=1e400", "1e400 is not a finite number"),
        ("length=2.5", "2.5 is not a whole number"),
        ("length=1:2:0.5", "1.5 is not a whole number"),
        ("length=9007199254740993", "9007199254740993 is beyond 9007199254740992"),
        ("length=-9007199254740993", "-9007199254740993 is beyond 9007199254740992"),
        ("length=9:5:1", "the range is empty: 9 is above 5"),
        ("length=5:9:0", "the step must be above zero, not 0"),
        ("length=5:9:-1", "the step must be above zero, not -1"),
        ("width=1:2", "a range is low:high:step"),
        ("length=1:2:3:4", "a range is low:high:step"),
        ("length=4,2,4", "a value comes twice"),
        ("width=1:1.0000000000000000001:0.0000000000000000001", "a value comes twice"),
        ("length=1:1000001:1", "has more than 1,000,000 values"),
        ("width=0:1:1e-30", "has more than 1,000,000 values"),
    ],
)
def test_refuses_a_text_and_names_it(text: str, said: str) -> None:
    found = refusal(lambda: parse_axes(MIXED, [text]))
    assert found.startswith(f"param {text}: ")
    assert said in found


def test_an_axis_may_have_a_million_values_and_numbers_up_to_the_largest_whole_float() -> None:
    assert len(parse_axes(MIXED, ["length=1:1000000"])["length"]) == 1_000_000
    assert parse_axes(MIXED, ["length=9007199254740992"]) == {"length": (2**53,)}


def test_refuses_a_name_that_comes_twice() -> None:
    assert "length was given before" in refusal(lambda: parse_axes(MIXED, ["length=1", "length=2"]))


def test_a_strategy_without_parameters_has_one_set() -> None:
    assert grid_of(BUY_AND_HOLD, {}).sets == (BUY_AND_HOLD.params,)
    assert "has no parameter 'fast'; it has none" in refusal(lambda: parse_axes(BUY_AND_HOLD, ["fast=1"]))


def test_a_grid_changes_its_last_parameter_first_whatever_order_they_come_in() -> None:
    found = grid_of(STRATEGY, {"slow": (30, 20), "fast": (1, 2)})
    assert found.sets == (Params(1, 30), Params(1, 20), Params(2, 30), Params(2, 20))


def test_a_parameter_that_is_not_named_keeps_its_default() -> None:
    assert grid_of(STRATEGY, {"slow": (40,)}).sets == (Params(10, 40),)


def test_sets_that_the_strategy_does_not_take_are_left_out_and_counted() -> None:
    found = grid_of(STRATEGY, {"fast": (10, 20, 30), "slow": (20, 30)})
    assert found.sets == (Params(10, 20), Params(10, 30), Params(20, 30))
    assert found.refused == 3


def test_refuses_a_grid_of_which_the_strategy_takes_nothing() -> None:
    found = refusal(lambda: grid_of(STRATEGY, {"fast": (30, 40), "slow": (20,)}))
    assert found == (
        "param: sma_crossover_v1 takes none of 2 parameter sets: it needs fast < slow, not 40, 20"
    )
    drawn = refusal(
        lambda: sample_of(STRATEGY, {"fast": (30, 40), "slow": (20,)}, count=1, draw_below=lambda below: 0)
    )
    assert drawn == found


def test_refuses_a_grid_of_more_than_a_million_sets_and_says_what_to_do() -> None:
    axes = {"fast": range(1, 1001), "slow": range(1, 1002)}
    assert "1,001,000 parameter sets are more than 1,000,000: take fewer values, or a sample" in refusal(
        lambda: grid_of(STRATEGY, axes)
    )
    assert len(sample_of(STRATEGY, axes, count=5, draw_below=random.Random(1).randrange).sets) == 5


@pytest.mark.parametrize("count", [0, -1, 1_000_001])
def test_refuses_a_sample_of_no_size(count: int) -> None:
    found = refusal(lambda: sample_of(STRATEGY, {}, count=count, draw_below=lambda below: 0))
    assert found == f"sample: must be from 1 to 1,000,000 parameter sets, not {count}"


@pytest.mark.parametrize("count", [1, 1_000_000])
def test_a_sample_has_from_one_to_a_million_sets(count: int) -> None:
    found = sample_of(MIXED, {"length": (2, 4)}, count=count, draw_below=lambda below: 0)
    assert len(found.sets) == min(count, 2)


def test_a_sample_as_large_as_the_grid_is_the_grid() -> None:
    axes = {"fast": range(1, 12), "slow": range(5, 15)}
    whole = grid_of(STRATEGY, axes)
    assert sample_of(STRATEGY, axes, count=1000, draw_below=random.Random(3).randrange) == whole


def test_a_sample_of_a_huge_grid_takes_no_room() -> None:
    axes = {name: range(1, 100_001) for name in ("fast", "slow")}
    found = sample_of(STRATEGY, axes, count=3, draw_below=random.Random(0).randrange)
    assert len(set(found.sets)) == 3


def test_gives_up_after_so_many_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameter_sets, "MOST_DRAWS", 100)
    never = MIXED._replace(check_params=lambda params: "" if params.length == 7 else "needs a length of 7")
    axes = {"length": range(1, 100_001)}
    found = refusal(lambda: sample_of(never, axes, count=1, draw_below=random.Random(0).randrange))
    assert "takes none of 100 parameter sets: it needs a length of 7" in found


axes_of_mixed = st.fixed_dictionaries(
    {
        "length": st.lists(st.integers(-50, 50), min_size=1, max_size=8, unique=True),
        "width": st.lists(st.floats(-5, 5).map(lambda x: x + 0.0), min_size=1, max_size=8, unique=True),
    }
)


@given(axes_of_mixed)
def test_a_grid_is_the_product_of_its_axes_less_what_is_refused(axes: dict[str, list[float]]) -> None:
    even = [point for point in product(axes["length"], axes["width"]) if point[0] % 2 == 0]
    if not even:
        refusal(lambda: grid_of(MIXED, axes))
        return
    found = grid_of(MIXED, axes)
    assert [tuple(point) for point in found.sets] == even
    assert len(found.sets) + found.refused == len(axes["length"]) * len(axes["width"])


@given(axes_of_mixed, st.integers(1, 70), st.integers(0, 5))
def test_a_sample_is_that_many_different_points_of_the_grid_in_its_order(
    axes: dict[str, list[float]], count: int, seed: int
) -> None:
    if all(length % 2 for length in axes["length"]):
        return
    grid = grid_of(MIXED, axes).sets
    found = sample_of(MIXED, axes, count=count, draw_below=random.Random(seed).randrange)
    assert len(found.sets) == min(count, len(grid))
    assert list(found.sets) == [point for point in grid if point in set(found.sets)]
    assert found == sample_of(MIXED, axes, count=count, draw_below=random.Random(seed).randrange)


def test_every_point_is_drawn_as_often_as_any_other() -> None:
    axes = {"length": range(0, 12, 2)}
    counts = dict.fromkeys(range(0, 12, 2), 0)
    for seed in range(3_000):
        for point in sample_of(MIXED, axes, count=2, draw_below=random.Random(seed).randrange).sets:
            counts[point.length] += 1
    # 1,000 are expected of each, with a standard deviation of 26.
    assert all(math.isclose(found, 1_000, abs_tol=150) for found in counts.values())


@given(st.integers(-100, 100), st.integers(0, 60), st.integers(1, 7))
def test_a_range_of_whole_numbers_is_pythons_with_its_end(low: int, width: int, step: int) -> None:
    found = parse_axes(MIXED, [f"length={low}:{low + width}:{step}"])["length"]
    assert list(found) == list(range(low, low + width + 1, step))
