from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from jax.domain.indicators.exact_sum import plus, product, settled

VALUES = st.floats(min_value=-1e12, max_value=1e12).filter(lambda value: value == 0.0 or abs(value) > 1e-12)


@given(left=VALUES, right=VALUES)
def test_a_product_and_what_it_leaves_out_are_the_exact_product(left: float, right: float) -> None:
    nearest, rest = product(left, right)
    assert nearest == left * right
    assert Fraction(nearest) + Fraction(rest) == Fraction(left) * Fraction(right)


@given(high=VALUES, value=VALUES)
def test_a_first_sum_is_exact(high: float, value: float) -> None:
    total, rest = plus(high, 0.0, value)
    assert total == high + value
    assert Fraction(total) + Fraction(rest) == Fraction(high) + Fraction(value)


@given(values=st.lists(VALUES, max_size=80))
def test_what_came_and_went_leaves_no_trace(values: list[float]) -> None:
    high = low = 0.0
    for value in values:
        high, low = plus(high, low, value)
    for value in values[1:]:
        high, low = plus(high, low, -value)
    kept = Fraction(values[0]) if values else Fraction(0)
    largest = max((abs(value) for value in values), default=0.0)
    assert abs(Fraction(high) + Fraction(low) - kept) <= Fraction(largest) * Fraction(1, 2**92)


@given(high=VALUES, low=st.floats(min_value=-1e-6, max_value=1e-6))
def test_settling_moves_what_fits_into_the_first_part(high: float, low: float) -> None:
    if abs(low) > abs(high):
        high, low = low, high
    first, second = settled(high, low)
    assert first == high + low
    assert Fraction(first) + Fraction(second) == Fraction(high) + Fraction(low)
