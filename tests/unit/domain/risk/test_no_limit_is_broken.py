"""What is approved breaks no limit, what is denied would have, and tighter limits let no more through."""

import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.decide import decide
from jax.domain.risk_decision import Approved
from jax.domain.risk_limits import RiskLimits
from jax.domain.side import Side
from tests.unit.domain.numbers import any_decimals
from tests.unit.domain.risk.cases import entry, inputs, with_limits
from tests.unit.domain.risk.random_inputs import risk_inputs
from tests.unit.domain.risk.restated import RISK_PER_TRADE, broken
from tests.unit.domain.risk.told import Told

_MANY = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def smallest(wanted: Told) -> Fraction:
    """The smallest order: whole lots, and at least the minimum."""
    lot = Fraction(wanted.instrument.lot_size)
    return math.ceil(Fraction(wanted.limits.sizing.min_position_size) / lot) * lot


def quantity_of(wanted: Told) -> Decimal:
    decision = decide(wanted)
    return decision.quantity if isinstance(decision, Approved) else Decimal(0)


@_MANY
@given(risk_inputs())
def test_the_decision_is_the_largest_order_that_breaks_no_limit(wanted: Told) -> None:
    decision, least = decide(wanted), smallest(wanted)
    if not isinstance(decision, Approved):
        event(f"denied: {decision.reason_code}")
        assert decision.reason_code in broken(wanted, least)
        return
    event("approved")
    quantity, lot = Fraction(decision.quantity), Fraction(wanted.instrument.lot_size)
    # The smallest order is placed even where it risks more than one trade should, and says so.
    allowed = {RISK_PER_TRADE} if quantity == least else set()
    assert quantity >= least
    assert quantity % lot == 0
    assert broken(wanted, quantity) <= allowed
    assert broken(wanted, quantity + lot)


@_MANY
@given(risk_inputs())
def test_what_is_approved_is_recorded_with_its_own_risk_and_value(wanted: Told) -> None:
    decision = decide(wanted)
    if not isinstance(decision, Approved):
        return
    signal, multiplier = wanted.wanted.signal, Fraction(wanted.instrument.multiplier)
    risk = Fraction(decision.quantity) * Fraction(abs(signal.entry_price - signal.stop_loss)) * multiplier
    value = Fraction(decision.quantity) * Fraction(signal.entry_price) * multiplier
    last_place = Fraction(1, 10**8)
    assert 0 <= Fraction(decision.risk_amount) - risk < last_place
    assert 0 <= Fraction(decision.position_value) - value < last_place
    share = risk / Fraction(wanted.account.snapshot.net_liquidation)
    assert 0 <= Fraction(decision.risk_fraction) - share < last_place


def _less(field: str) -> Callable[[RiskLimits, Decimal], dict[str, Any]]:
    def tightened(own: RiskLimits, share: Decimal) -> dict[str, Any]:
        now = getattr(own, field)
        return {field: round(Decimal(1000 if now is None else now) * share, 8)}

    return tightened


def _fewer(field: str) -> Callable[[RiskLimits, Decimal], dict[str, Any]]:
    return lambda own, share: {field: max(1, int(getattr(own, field) * share))}


def _of_sizing(field: str) -> Callable[[RiskLimits, Decimal], dict[str, Any]]:
    def tightened(own: RiskLimits, share: Decimal) -> dict[str, Any]:
        now = getattr(own.sizing, field) or Decimal(100)
        least = own.sizing.min_position_size if field == "max_position_size" else Decimal("0.00000001")
        return {"sizing": replace(own.sizing, **{field: max(round(now * share, 8), least)})}

    return tightened


def _more(field: str) -> Callable[[RiskLimits, Decimal], dict[str, Any]]:
    return lambda own, share: {field: min(Decimal(1), (getattr(own, field) or Decimal(0)) + share)}


_TIGHTER: dict[str, Callable[[RiskLimits, Decimal], dict[str, Any]]] = {
    **{
        field: _less(field)
        for field in (
            *("max_daily_loss", "price_collar_fraction", "max_quote_age_seconds", "max_quote_lead_seconds"),
            *("max_gross_exposure_fraction", "max_net_exposure_fraction", "max_stop_distance_fraction"),
            "max_cycle_notional_fraction",
        )
    },
    **{field: _fewer(field) for field in ("max_open_positions", "max_orders_per_minute", "order_burst")},
    **{
        field: _of_sizing(field)
        for field in (
            *("max_risk_per_trade_fraction", "max_position_size", "max_position_value_fraction"),
            "max_order_notional",
        )
    },
    **{
        field: _more(field)
        for field in ("min_stop_distance_fraction", "cash_reserve_fraction", "set_aside_profit_fraction")
    },
    "max_daily_risk": lambda own, share: {"max_daily_risk": round(own.daily_risk * share, 8)},
    "repeat_after_seconds": lambda own, share: {
        "repeat_after_seconds": (own.repeat_after_seconds or 0) + share * 60
    },
    "restricted_symbols": lambda own, _: {"restricted_symbols": own.restricted_symbols | {"AAPL"}},
    "allowed_order_types": lambda own, _: {"allowed_order_types": own.allowed_order_types[1:]},
    "one_direction_per_symbol": lambda _own, _share: {"one_direction_per_symbol": True},
    "must_be_in_session": lambda _own, _share: {"must_be_in_session": True},
}


def test_every_limit_is_tightened() -> None:
    fields = set(RiskLimits.__dataclass_fields__) - {"sizing"}
    of_sizing = set(inputs().limits.sizing.__dataclass_fields__)
    # A larger smallest order is no tighter limit: orders are raised to it.
    assert set(_TIGHTER) == (fields | of_sizing) - {"min_position_size"}


@_MANY
@given(
    wanted=risk_inputs(),
    field=st.sampled_from(sorted(_TIGHTER)),
    share=st.decimals("0.05", "1", places=2),
)
def test_a_tighter_limit_never_lets_more_through(wanted: Told, field: str, share: Decimal) -> None:
    tighter = with_limits(wanted, **_TIGHTER[field](wanted.limits, share))
    assert quantity_of(tighter) <= quantity_of(wanted)


@_MANY
@given(wanted=risk_inputs(), share=st.decimals("0.05", "1", places=2), field=st.integers(0, 4))
def test_a_tighter_approval_never_lets_more_through(wanted: Told, share: Decimal, field: int) -> None:
    before = wanted.wanted
    profile = before.profile
    name = (
        *("max_position_fraction", "max_daily_loss", "max_order_notional", "price_collar_fraction"),
        "max_orders_per_minute",
    )[field]
    now = getattr(profile, name)
    less = max(1, int(now * share)) if isinstance(now, int) else round(now * share, 8)
    changed: dict[str, Any] = {name: less}
    tighter = replace(wanted, wanted=replace(before, profile=replace(profile, **changed)))
    assert quantity_of(tighter) <= quantity_of(wanted)


@given(wanted=risk_inputs())
def test_nothing_that_is_approved_alone_is_more_than_the_account_allows_with_any_profile(
    wanted: Told,
) -> None:
    before = wanted.wanted
    loose = replace(
        before.profile,
        max_position_fraction=Decimal(1000),
        max_daily_loss=Decimal(10**9),
        allowed_order_types=("LIMIT", "MARKET", "STOP"),
        max_order_notional=Decimal(10**11),
        price_collar_fraction=Decimal(1000),
    )
    quantity = quantity_of(replace(wanted, wanted=replace(before, profile=loose)))
    assert quantity_of(wanted) <= quantity


_FIELDS = ("opening_equity", "reserved", "realized_today", "risk_taken_today")


@given(number=any_decimals, field=st.sampled_from(_FIELDS))
def test_what_is_no_number_is_never_traded_on(number: Decimal, field: str) -> None:
    before = inputs()
    changed: dict[str, Any] = {field: number}
    wanted = replace(before, account=replace(before.account, **changed))
    decision = decide(wanted)
    if not (number.is_finite() and abs(number) < 10**18):
        assert not isinstance(decision, Approved)
        assert decision.reason_code is ReasonCode.ACCOUNT_NUMBER_INVALID
    elif isinstance(decision, Approved) and abs(number.adjusted()) < 100:
        assert not broken(wanted, Fraction(decision.quantity))


@pytest.mark.parametrize("price", ["0.00000001", "999999999999.99999999"])
def test_the_smallest_and_the_largest_prices_are_decided_without_an_error(price: str) -> None:
    entry_price = Decimal(price)
    stop = entry_price / 2 if entry_price > 1 else entry_price * 2
    side = "BUY" if entry_price > 1 else "SELL"
    wanted = entry(side=Side(side), entry_price=entry_price, stop_loss=round(stop, 8), take_profit=None)
    assert not isinstance(decide(inputs(wanted)), Approved)
