"""Months and years compound to the whole, wherever the run begins and ends."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import prod

from hypothesis import given
from hypothesis import strategies as st

from jax.adapters.backtest_report.periods import monthly_returns, yearly_returns


def at(year: int, month: int, day: int, hour: int = 21) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


CURVE = [
    (at(2020, 11, 27), Decimal(110)),
    (at(2020, 11, 30), Decimal(121)),
    (at(2020, 12, 31), Decimal(60)),
    (at(2021, 1, 4), Decimal(90)),
    (at(2021, 3, 1), Decimal(135)),
]


def test_a_month_returns_from_the_last_end_of_the_month_before() -> None:
    assert monthly_returns(CURVE, Decimal(100)) == {
        (2020, 11): Decimal("0.21"),
        (2020, 12): Decimal(60) / 121 - 1,
        (2021, 1): Decimal("0.5"),
        (2021, 3): Decimal("0.5"),
    }


def test_a_year_returns_from_the_last_end_of_the_year_before_and_the_first_from_the_initial_cash() -> None:
    assert yearly_returns(CURVE, Decimal(100)) == {2020: Decimal("-0.4"), 2021: Decimal("1.25")}


def test_a_bar_that_ends_at_midnight_belongs_to_the_day_before() -> None:
    curve = [(at(2021, 1, 1, hour=0), Decimal(110)), (at(2021, 1, 2, hour=0), Decimal(121))]
    assert yearly_returns(curve, Decimal(100)) == {2020: Decimal("0.1"), 2021: Decimal("0.1")}
    assert list(monthly_returns(curve, Decimal(100))) == [(2020, 12), (2021, 1)]


def test_what_follows_after_nothing_was_left_is_not_defined() -> None:
    curve = [
        (at(2020, 1, 2), Decimal(0)),
        (at(2021, 1, 4), Decimal(-5)),
        (at(2022, 1, 4), Decimal("0.1")),
        (at(2023, 1, 4), Decimal("0.2")),
    ]
    assert yearly_returns(curve, Decimal(100)) == {
        2020: Decimal(-1),
        2021: None,
        2022: None,
        2023: Decimal(1),
    }


def test_no_curve_has_no_returns() -> None:
    assert yearly_returns([], Decimal(100)) == {}


@given(st.lists(st.integers(min_value=1, max_value=10**7), min_size=1, max_size=200), st.integers(1, 40))
def test_months_and_years_compound_to_the_whole(worths: list[int], days: int) -> None:
    curve = [
        (at(2019, 12, 30) + number * timedelta(days=days), Decimal(w)) for number, w in enumerate(worths)
    ]
    whole = Decimal(worths[-1]) / 1000
    for returns in (monthly_returns(curve, Decimal(1000)), yearly_returns(curve, Decimal(1000))):
        compounded = prod(1 + value for value in returns.values() if value is not None)
        assert abs(compounded / whole - 1) < Decimal("1e-20")
        assert list(returns) == sorted(returns)
