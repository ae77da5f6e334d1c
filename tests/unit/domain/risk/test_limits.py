"""A limit is a number, and the tighter of the account's and the artifact's holds."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.errors import InvalidValue
from jax.domain.risk.open_orders import OpenOrder, open_order
from jax.domain.risk_limits import RiskLimits
from jax.domain.side import Side
from tests.unit.domain.examples import a_profile, an_order
from tests.unit.domain.numbers import NEGATIVE, NEVER_VALID, NOT_POSITIVE
from tests.unit.domain.refusals import refusal_of
from tests.unit.domain.risk.cases import NOW, inputs, limits

_POSITIVE = (
    *("max_daily_loss", "price_collar_fraction", "max_gross_exposure_fraction", "max_net_exposure_fraction"),
    *("max_stop_distance_fraction", "max_quote_lead_seconds", "max_daily_risk", "max_quote_age_seconds"),
    *("repeat_after_seconds", "max_cycle_notional_fraction"),
)
_COUNTS = ("max_open_positions", "max_orders_per_minute", "order_burst")
_SHARES = ("cash_reserve_fraction", "set_aside_profit_fraction")


@pytest.mark.parametrize("number", NOT_POSITIVE, ids=str)
@pytest.mark.parametrize("field", _POSITIVE)
def test_a_limit_of_money_time_or_distance_is_above_zero(field: str, number: Decimal) -> None:
    refusal = refusal_of(lambda: limits(**{field: number}))
    assert refusal is not None
    assert refusal.field == field


@pytest.mark.parametrize("number", NEGATIVE, ids=str)
@pytest.mark.parametrize("field", [*_SHARES, "min_stop_distance_fraction"])
def test_a_share_may_be_zero_and_not_below(field: str, number: Decimal) -> None:
    refusal = refusal_of(lambda: limits(**{field: number}))
    assert refusal is not None
    assert refusal.field == field
    assert getattr(limits(**{field: Decimal(0)}), field) == 0


@pytest.mark.parametrize("field", _SHARES)
def test_a_share_is_at_most_all(field: str) -> None:
    assert getattr(limits(**{field: Decimal(1)}), field) == 1
    with pytest.raises(InvalidValue, match=rf"{field}: must be at most 1, not 1\.00000001"):
        limits(**{field: Decimal("1.00000001")})


@pytest.mark.parametrize("number", [0, -1])
@pytest.mark.parametrize("field", _COUNTS)
def test_a_count_is_at_least_one(field: str, number: int) -> None:
    assert getattr(limits(**{field: 1}), field) == 1
    with pytest.raises(InvalidValue, match=f"{field}: must be at least 1, not {number}"):
        limits(**{field: number})


@pytest.mark.parametrize("number", NEVER_VALID, ids=str)
def test_no_limit_takes_what_is_no_number(number: Decimal) -> None:
    for field in fields(RiskLimits):
        if isinstance(field.default, Decimal):
            assert refusal_of(lambda name=field.name: limits(**{name: number})) is not None  # type: ignore[misc]  # a default


def test_a_restricted_symbol_is_a_symbol() -> None:
    with pytest.raises(InvalidValue, match="restricted_symbols: 'aapl' is not a symbol"):
        limits(restricted_symbols=frozenset({"aapl"}))


def test_no_default_switches_a_limit_off() -> None:
    defaults = {field.name: getattr(limits(), field.name) for field in fields(RiskLimits)}
    off = {name for name, value in defaults.items() if value is None or value is False}
    assert off == {"max_daily_risk"}, "which then is as tight as the daily loss"
    assert limits().daily_risk == limits().max_daily_loss == 1000


def test_a_risk_limit_of_its_own_counts_instead() -> None:
    assert limits(max_daily_risk=Decimal(5000)).daily_risk == 5000
    assert limits(max_daily_risk=Decimal(5)).daily_risk == 5


@pytest.mark.parametrize(("own", "approved_with", "holds"), [("0.1", "0.5", "0.1"), ("0.7", "0.5", "0.5")])
def test_the_tighter_collar_holds(own: str, approved_with: str, holds: str) -> None:
    profile = a_profile(price_collar_fraction=Decimal(approved_with))
    assert profile.tightened(limits(price_collar_fraction=Decimal(own))).price_collar_fraction == Decimal(
        holds
    )


def test_the_order_types_that_both_allow_are_left_in_the_accounts_order() -> None:
    profile = a_profile(allowed_order_types=("STOP", "MARKET", "LIMIT"))
    own = limits(allowed_order_types=("LIMIT", "MARKET"))
    assert profile.tightened(own).allowed_order_types == ("LIMIT", "MARKET")
    assert a_profile(allowed_order_types=("STOP",)).tightened(own).allowed_order_types == ()


def test_an_open_order_is_what_its_order_has_left() -> None:
    order = an_order(filled_quantity=Decimal(33), average_price=Decimal(150))
    assert open_order(order, unit_value=Decimal(151)) == OpenOrder(
        "sg1", "AAPL", Side.BUY, order.leg, Decimal(100), Decimal(151)
    )


def test_a_decision_is_made_at_a_time_in_utc() -> None:
    changes: dict[str, Any] = {"now": NOW.replace(tzinfo=None)}
    with pytest.raises(InvalidValue, match=r"now: .* is not a timezone-aware UTC time"):
        inputs(**changes)
