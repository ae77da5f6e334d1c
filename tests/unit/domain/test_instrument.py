"""Prices land on the increment, quantities on the lot."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.examples import an_instrument

_steps = st.decimals(min_value="0.00000001", max_value="1000", places=8)
_amounts = st.decimals(min_value=0, max_value="999999999999.99999999", places=8)


@given(price=_amounts, increment=_steps)
def test_a_rounded_price_is_the_nearest_multiple_of_the_increment(price: Decimal, increment: Decimal) -> None:
    rounded = an_instrument(price_increment=increment).round_price(price)
    steps = Fraction(rounded) / Fraction(increment)
    assert steps.denominator == 1
    assert abs(Fraction(rounded) - Fraction(price)) * 2 <= Fraction(increment)


@pytest.mark.parametrize(
    ("price", "rounded"),
    [("0.005", "0"), ("0.015", "0.02"), ("0.025", "0.02"), ("0.0251", "0.03"), ("149.996", "150")],
)
def test_a_price_between_two_increments_goes_to_the_even_one(price: str, rounded: str) -> None:
    assert an_instrument().round_price(Decimal(price)) == Decimal(rounded)


@given(price=_amounts, increment=_steps)
def test_a_rounded_price_lies_on_the_increment_and_stays(price: Decimal, increment: Decimal) -> None:
    instrument = an_instrument(price_increment=increment)
    rounded = instrument.round_price(price)
    assert instrument.is_on_increment(rounded)
    assert instrument.round_price(rounded) == rounded
    assert instrument.is_on_increment(price) == (price == rounded)


@given(quantity=_amounts, lot=_steps)
def test_a_floored_quantity_is_the_largest_multiple_of_the_lot_that_is_not_above(
    quantity: Decimal, lot: Decimal
) -> None:
    floored = an_instrument(lot_size=lot).floor_quantity(quantity)
    assert (Fraction(floored) / Fraction(lot)).denominator == 1
    assert 0 <= Fraction(quantity) - Fraction(floored) < Fraction(lot)


def test_one_unit_per_point_unless_it_says_otherwise() -> None:
    assert an_instrument().multiplier == 1
