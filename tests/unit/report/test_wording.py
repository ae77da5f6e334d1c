"""Numbers and times as people read them."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from jax.adapters.backtest_report.wording import (
    every_bar_a_day,
    exact,
    moment,
    money_places,
    number,
    percent,
    price,
    quantity,
    ratio,
)

AT = datetime(2024, 3, 1, 14, 30, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        ("1234567.895", 2, "1,234,567.90"),
        ("1234567.885", 2, "1,234,567.88"),
        ("-1234.5", 0, "\N{MINUS SIGN}1,234"),
        ("-0.004", 2, "0.00"),
        ("0.004", 2, "0.00"),
        ("0", 2, "0.00"),
        ("1E+30", 0, "1" + ",000" * 10),
    ],
)
def test_a_number_has_its_places_and_separated_thousands(value: str, places: int, written: str) -> None:
    assert number(Decimal(value), places) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [("0.123456", "12.35%"), ("-0.5", "\N{MINUS SIGN}50.00%"), ("30", "3,000.00%"), (None, "\N{EN DASH}")],
)
def test_a_fraction_is_told_in_per_cent(value: str | None, written: str) -> None:
    assert percent(None if value is None else Decimal(value)) == written


def test_a_ratio_has_two_places_or_is_a_dash() -> None:
    assert (ratio(Decimal("1.256")), ratio(None)) == ("1.26", "\N{EN DASH}")


@pytest.mark.parametrize(
    ("value", "written"),
    [("0.0500", "0.05"), ("1E+5", "100,000"), ("-12.50", "\N{MINUS SIGN}12.5"), ("0.00", "0")],
)
def test_an_exact_number_has_every_digit_and_no_trailing_zeros(value: str, written: str) -> None:
    assert exact(Decimal(value)) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("187.8237", "187.82"),
        ("54321.987", "54,321.99"),
        ("5.5", "5.5000"),
        ("0.99984", "0.99984"),
        ("0.0000123456", "0.000012346"),
        ("0", "0.00"),
    ],
)
def test_a_price_has_five_digits_and_cents(value: str, written: str) -> None:
    assert price(Decimal(value)) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("1000", "1,000"),
        ("-7", "\N{MINUS SIGN}7"),
        ("12.3456789", "12.3457"),
        ("12.50000001", "12.5"),
        ("0.000123456", "0.0001235"),
        ("2.0", "2"),
    ],
)
def test_a_quantity_is_whole_or_has_four_places(value: str, written: str) -> None:
    assert quantity(Decimal(value)) == written


def test_an_account_in_coins_has_eight_places() -> None:
    assert [money_places(Decimal(cash)) for cash in ("100000", "100", "99.99", "0.5")] == [2, 2, 8, 8]


def test_a_moment_is_a_date_or_has_minutes_and_is_in_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert moment(AT, daily=True) == "2024-03-01"
    assert moment(AT, daily=False) == "2024-03-01 14:30"
    assert moment(datetime(2024, 3, 2, 1, tzinfo=tokyo), daily=False) == "2024-03-01 16:00"
    assert moment(datetime(2024, 3, 2, 1, tzinfo=tokyo), daily=True) == "2024-03-01"


def test_a_date_names_a_bar_when_no_two_share_one() -> None:
    days = [AT + timedelta(days=number) for number in range(3)]
    assert every_bar_a_day(days)
    assert every_bar_a_day(days[:1])
    assert not every_bar_a_day([*days, days[-1] + timedelta(hours=1)])
