"""The numbers of a denial are those that broke the rule: they break it by themselves."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from jax.domain.reason_code import ReasonCode as R
from jax.domain.risk.decide import decide
from jax.domain.risk.inputs import RiskInputs
from jax.domain.risk_decision import Approved, Denied
from tests.unit.domain.risk import refused
from tests.unit.domain.risk.cases import account, denied, inputs, limits
from tests.unit.domain.risk.random_inputs import risk_inputs

Numbers = Mapping[str, Decimal]

# In the words of the page: what was found, and the limit beside it.
_BREAKS: dict[R, Callable[[Numbers], bool]] = {
    R.DAILY_LOSS_REACHED: lambda n: min(n["realized_today"], n["equity_change"]) <= -n["max_daily_loss"],
    R.TOO_MANY_POSITIONS: lambda n: n["open_positions"] + 1 > n["max_open_positions"],
    R.POSITION_OPPOSED: lambda n: n["signed_quantity"] != 0 or n["opposed_quantity"] > 0,
    R.ORDER_RATE_REACHED: lambda n: n["orders_last_minute"] + 1 > n["max_orders_per_minute"],
    R.ORDER_BURST_REACHED: lambda n: n["tokens"] < 1,
    R.REPEATED_ORDER: lambda n: n["seconds_since"] < n["repeat_after_seconds"],
    R.QUOTE_STALE: lambda n: n["quote_age_seconds"] > n["max_quote_age_seconds"],
    R.QUOTE_FROM_FUTURE: lambda n: n["quote_lead_seconds"] > n["max_quote_lead_seconds"],
    R.PRICE_COLLAR: lambda n: (
        abs(n["entry_price"] - n["market_price"]) > n["price_collar_fraction"] * n["market_price"]
    ),
    R.STOP_TOO_CLOSE: lambda n: n["stop_distance_fraction"] < n["min_stop_distance_fraction"],
    R.STOP_TOO_FAR: lambda n: n["stop_distance_fraction"] > n["max_stop_distance_fraction"],
    R.STOP_DISTANCE_ZERO: lambda n: n["entry_price"] == n["stop_loss"],
    R.PRICE_INVALID: lambda n: min(n["entry_price"], n["stop_loss"]) <= 0,
    R.NET_LIQUIDATION_INVALID: lambda n: n["net_liquidation"] < 0,
    R.QUANTITY_INVALID: lambda n: n["quantity"] <= 0,
    R.EXIT_RAISES_POSITION: lambda n: n["quantity"] + n["leaving"] > n["held"],
    R.QUOTE_MISSING: lambda n: n["entry_price"] > 0,
    R.ACCOUNT_NUMBER_INVALID: lambda n: n["opening_equity"] <= 0,
    R.DRY_RUN: lambda n: n["quantity"] > 0,
}
_SMALLEST = "min_position_size"


def breaks(found: Denied) -> bool:
    if _SMALLEST in found.numbers:
        return found.numbers["quantity"] < found.numbers[_SMALLEST]
    return not found.numbers or _BREAKS[found.reason_code](found.numbers)


@pytest.mark.parametrize("code", refused.EVERY, ids=str)
def test_the_numbers_of_an_example_break_its_rule(code: R) -> None:
    assert breaks(denied(refused.EVERY[code], code))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(risk_inputs())
def test_the_numbers_of_a_denial_break_its_rule(wanted: RiskInputs) -> None:
    decision = decide(wanted)
    if isinstance(decision, Approved):
        return
    assert breaks(decision)
    assert all(number.is_finite() for number in decision.numbers.values())


def test_what_fits_is_told_in_whole_lots() -> None:
    found = denied(inputs(account=account(snapshot={"cash": Decimal(149)})), R.CASH_RESERVE_REACHED)
    assert found.numbers == {
        "cash": Decimal(149),
        "reserved": Decimal(0),
        "cash_reserve": Decimal(0),
        "profit_set_aside": Decimal(0),
        "quantity": Decimal(0),
        "min_position_size": Decimal(1),
    }
    assert found.detail == (
        "cash 149, reserved 0, cash_reserve 0, profit_set_aside 0.0: room for 0 units, the minimum is 1"
    )


def test_what_is_over_already_is_told_below_zero_and_rounded_against_us() -> None:
    state = account(snapshot={"cash": Decimal(-100)})
    found = denied(inputs(account=state), R.CASH_RESERVE_REACHED)
    assert found.numbers["quantity"] == Decimal("-0.66666667")


def test_a_distance_is_rounded_to_the_side_on_which_it_breaks() -> None:
    close = limits(min_stop_distance_fraction=Decimal("0.03333334"))
    assert denied(inputs(limits=close), R.STOP_TOO_CLOSE).numbers["stop_distance_fraction"] == Decimal(
        "0.03333333"
    )
    far = limits(max_stop_distance_fraction=Decimal("0.03333333"))
    assert denied(inputs(limits=far), R.STOP_TOO_FAR).numbers["stop_distance_fraction"] == Decimal(
        "0.03333334"
    )
