"""A bar is passed over only when nothing could have been filled in it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.backtest_settings import AllIn, BacktestSettings
from jax.modules.backtest.kernel.prices import LIMIT, MARKET, NO_EXIT, OPPOSITE, Quotes
from jax.modules.backtest.kernel.rules import Contract, rules_of
from jax.modules.backtest.kernel.slot import Slot, calm_of, empty_slot, no_fill, rests, scene_of, traded

RULES = rules_of(replace(BacktestSettings(), sizing=AllIn()))
HELD = Slot(10.0, 95.0, 107.0, -1_000.0, 0, MARKET, 0.0, 0.0, 0.0, 0.0, NO_EXIT)
SHORT = HELD._replace(quantity=-10.0, stop=107.0, target=95.0)
prices = st.integers(90, 112).map(float)
levels = st.sampled_from([0.0, 95.0, 100.0, 107.0])


@st.composite
def bars(draw: st.DrawFn) -> Quotes:
    low, first, last, high = sorted(draw(st.lists(prices, min_size=4, max_size=4)))
    opened, close = draw(st.permutations([first, last]))
    return Quotes(opened, high, low, close, 1_000.0)


@st.composite
def bars_whose_open_may_lie_outside(draw: st.DrawFn) -> Quotes:
    return Quotes(draw(prices), draw(prices), draw(prices), draw(prices), 1_000.0)


def changes_nothing(slot: Slot, bar: Quotes) -> bool:
    step = traded(slot, 500.0, 500.0, scene_of(bar, RULES, Contract(1.0, 1.0)))
    return step == (slot, 500.0, no_fill(), no_fill())


@given(st.sampled_from([10.0, -10.0]), levels, levels, bars())
def test_a_position_rests_exactly_where_neither_stop_nor_target_is_reached(
    quantity: float, stop: float, target: float, bar: Quotes
) -> None:
    slot = HELD._replace(quantity=quantity, stop=stop, target=target)
    assert rests(calm_of(slot), bar) == changes_nothing(slot, bar)


@given(st.sampled_from([10.0, -10.0]), levels, levels, bars_whose_open_may_lie_outside())
def test_where_a_position_rests_nothing_is_filled_whatever_the_bar(
    quantity: float, stop: float, target: float, bar: Quotes
) -> None:
    slot = HELD._replace(quantity=quantity, stop=stop, target=target)
    assert changes_nothing(slot, bar) or not rests(calm_of(slot), bar)


@pytest.mark.parametrize(
    ("slot", "opened"), [(HELD, 95.0), (HELD, 107.0), (SHORT, 95.0), (SHORT, 107.0), (HELD, float("nan"))]
)
def test_an_open_at_a_level_or_a_price_that_is_none_is_not_rest(slot: Slot, opened: float) -> None:
    quiet = Quotes(101.0, 102.0, 100.0, 101.0, 1_000.0)
    assert rests(calm_of(slot), quiet)
    strange = Quotes(opened, opened, opened, 101.0, 1_000.0)
    assert not rests(calm_of(slot), strange)


@pytest.mark.parametrize(
    "slot",
    [
        empty_slot()._replace(order_side=1, order_left=5.0),
        empty_slot()._replace(order_side=-1, order_type=LIMIT, order_price=500.0, order_left=5.0),
        HELD._replace(leaving=OPPOSITE),
        SHORT._replace(leaving=OPPOSITE),
        empty_slot(),
    ],
)
def test_where_something_waits_no_bar_is_rest(slot: Slot) -> None:
    assert not rests(calm_of(slot), Quotes(101.0, 102.0, 100.0, 101.0, 1_000.0))
