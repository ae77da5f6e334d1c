"""A bar and a quote hold only prices that can have been."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.errors import InvalidValue
from jax.domain.side import Side
from tests.unit.domain.examples import NOON, a_bar, a_quote
from tests.unit.domain.numbers import fine_prices
from tests.unit.domain.refusals import refusal_of


@given(st.lists(fine_prices, min_size=4, max_size=4))
def test_a_bar_holds_four_prices_exactly_if_low_and_high_enclose_the_others(prices: list[Decimal]) -> None:
    for low, opened, close, high in permutations(prices):
        enclosed = low <= opened <= high and low <= close <= high
        refusal = refusal_of(lambda: a_bar(low=low, open=opened, close=close, high=high))  # noqa: B023 - at once
        assert (refusal is None) == enclosed
        assert refusal is None or refusal.field == "bar"


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_bar_ends_after_it_starts(seconds: int) -> None:
    with pytest.raises(InvalidValue, match="is not after the start") as refusal:
        a_bar(start=NOON, end=NOON + timedelta(seconds=seconds))
    assert refusal.value.field == "end"


def test_a_bar_without_volume_is_a_bar() -> None:
    assert a_bar(volume=Decimal(0)).volume == 0


@given(fine_prices, fine_prices)
def test_a_quote_is_never_crossed(bid: Decimal, ask: Decimal) -> None:
    refusal = refusal_of(lambda: a_quote(bid=bid, ask=ask))
    assert (refusal is None) == (bid <= ask)
    assert refusal is None or refusal.field == "bid"


def test_a_locked_quote_is_a_quote() -> None:
    assert a_quote(bid=Decimal(150), ask=Decimal(150)).price_for(Side.BUY) == 150


def test_a_buyer_pays_the_ask_and_a_seller_gets_the_bid() -> None:
    quote = a_quote()
    assert quote.price_for(Side.BUY) == quote.ask
    assert quote.price_for(Side.SELL) == quote.bid


def test_the_signs_of_the_sides() -> None:
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)
