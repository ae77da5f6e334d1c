"""Adjustment for splits and dividends, for any row that passes the checks."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.session import ExchangeSession
from jax.modules.market_data.read_row import PRICE_PLACES, adjusted_bar, read_numbers
from jax.ports.bar_source import RawDailyBar

SESSION = ExchangeSession(
    "XNYS",
    date(2024, 1, 2),
    datetime(2024, 1, 2, 14, 30, tzinfo=UTC),
    datetime(2024, 1, 2, 21, tzinfo=UTC),
    is_half_day=False,
)
PRICES = st.decimals(min_value="0.01", max_value=100_000, places=4)
# No smaller than that: a price that is adjusted to nothing is refused, which test_import_bars.py tells.
FACTORS = st.decimals(min_value="0.01", max_value=50, places=12)


@given(prices=st.tuples(PRICES, PRICES, PRICES, PRICES), factor=FACTORS)
def test_the_bar_is_the_row_times_one_factor_to_six_places(
    prices: tuple[Decimal, Decimal, Decimal, Decimal], factor: Decimal
) -> None:
    low, open_, close, high = sorted(prices)
    row = RawDailyBar(
        line=2,
        symbol="AAPL",
        session_date=SESSION.session_date,
        open=str(open_),
        high=str(high),
        low=str(low),
        close=str(close),
        adjusted_close=str(close * factor),
        volume="10",
    )
    bar = adjusted_bar("AAPL", read_numbers(row), SESSION)
    for mine, raw in ((bar.open, open_), (bar.high, high), (bar.low, low), (bar.close, close)):
        assert abs(mine - raw * factor) <= PRICE_PLACES
        assert mine == mine.quantize(PRICE_PLACES)
    assert bar.close == (close * factor).quantize(PRICE_PLACES)


@pytest.mark.parametrize(
    ("price", "adjusted"),
    [
        ("2418.05", "253.5355835"),  # price x factor lies just below a tie, and would round away downwards
        ("1906.77", "601.1776525"),  # and here just above it
    ],
)
def test_high_low_and_close_stay_together_when_rounding_would_part_them(price: str, adjusted: str) -> None:
    row = RawDailyBar(2, "AAPL", SESSION.session_date, price, price, price, price, adjusted, "10")
    bar = adjusted_bar("AAPL", read_numbers(row), SESSION)
    factor = Decimal(adjusted) / Decimal(price)
    assert (Decimal(price) * factor).quantize(PRICE_PLACES) != bar.close
    assert bar.low <= bar.close <= bar.high
