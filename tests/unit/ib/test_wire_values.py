"""Numbers and names between us and the gateway."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_async import Contract

from jax.adapters.brokers.ib.contracts import contract_of, symbol_of
from jax.adapters.brokers.ib.wire_numbers import decimal_of, quantity_of
from jax.domain import checks
from jax.domain.instrument import Instrument


@given(st.decimals(min_value=0, max_value=999_999, places=8))
def test_a_decimal_comes_back_as_it_was_written(number: Decimal) -> None:
    assert decimal_of(float(str(number))) == number


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1.7976931348623157e308, 1e12, -1e300])
def test_what_is_no_number_or_was_left_empty_is_none(number: float) -> None:
    assert decimal_of(number) is None
    assert quantity_of(number) == 0


@pytest.mark.parametrize(
    ("number", "read"),
    [(10.0, "10"), (0.1 + 0.2, "0.3"), (1e-9, "0"), (100000.0, "100000"), (-3.5, "-3.5"), (150.25, "150.25")],
)
def test_it_is_read_to_eight_places_and_spelled_without_exponent(number: float, read: str) -> None:
    found = decimal_of(number)
    assert str(found) == read
    assert checks.finite("number", found or Decimal(0)) == found


def instrument(symbol: str = "AAPL", mic: str = "XNAS", **more: Decimal) -> Instrument:
    return Instrument(symbol, mic, "USD", Decimal("0.01"), Decimal(1), **more)


def test_a_share_is_asked_for_by_its_primary_exchange() -> None:
    found = contract_of(instrument("BRK.B", "XNYS"))
    assert found is not None
    assert (found.secType, found.symbol, found.exchange) == ("STK", "BRK B", "SMART")
    assert (found.primaryExchange, found.currency) == ("NYSE", "USD")


@pytest.mark.parametrize(
    "other",
    [instrument(mic="XXXX"), instrument("BTC/USDT"), instrument(multiplier=Decimal(100))],
    ids=["exchange", "pair", "multiplier"],
)
def test_what_may_be_something_else_there_is_not_asked_for(other: Instrument) -> None:
    assert contract_of(other) is None


def test_an_option_never_goes_by_the_name_of_its_share() -> None:
    option = Contract(secType="OPT", symbol="AAPL", localSymbol="AAPL  240315C00150000", conId=5)
    assert symbol_of(option) == "OPT/AAPL-240315C00150000"
    assert checks.symbol("symbol", symbol_of(option))
    assert symbol_of(Contract(secType="CASH", symbol="EUR", localSymbol="EUR.USD")) == "CASH/EUR.USD"
    assert symbol_of(Contract(secType="STK", symbol="BRK B")) == "BRK.B"
