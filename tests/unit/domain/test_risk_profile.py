"""What was approved with a strategy can only tighten what the trader allows."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.errors import InvalidValue
from jax.domain.risk_limits import RiskLimits
from tests.unit.domain.examples import a_profile, some_limits

LIMITS = RiskLimits(sizing=some_limits(), max_open_positions=5, max_daily_loss=Decimal(1000))


def test_a_looser_profile_adds_its_cap_of_one_order_and_changes_nothing_else() -> None:
    capped = replace(LIMITS.sizing, max_order_notional=Decimal(1_000_000))
    looser = a_profile(allowed_order_types=("LIMIT", "MARKET", "STOP"))
    assert looser.tightened(LIMITS) == replace(LIMITS, sizing=capped)


@pytest.mark.parametrize(
    ("changes", "fraction", "loss"),
    [
        ({"max_position_fraction": Decimal("0.1")}, "0.1", "1000"),
        ({"max_daily_loss": Decimal(250)}, "0.20", "250"),
        ({"max_position_fraction": Decimal("0.05"), "max_daily_loss": Decimal(1)}, "0.05", "1"),
    ],
)
def test_the_tighter_of_each_pair_holds(changes: dict[str, Any], fraction: str, loss: str) -> None:
    limits = a_profile(**changes).tightened(LIMITS)
    assert limits.sizing.max_position_value_fraction == Decimal(fraction)
    assert limits.max_daily_loss == Decimal(loss)
    assert limits.max_open_positions == LIMITS.max_open_positions


@pytest.mark.parametrize(("traders", "holds"), [(None, 500), (400, 400), (600, 500)])
def test_the_tighter_cap_of_one_order_holds(traders: int | None, holds: int) -> None:
    own = None if traders is None else Decimal(traders)
    limits = replace(LIMITS, sizing=replace(LIMITS.sizing, max_order_notional=own))
    tightened = a_profile(max_order_notional=Decimal(500)).tightened(limits)
    assert tightened.sizing.max_order_notional == holds


def test_tightening_twice_is_tightening_once() -> None:
    profile = a_profile(max_order_notional=Decimal(500), max_position_fraction=Decimal("0.1"))
    once = profile.tightened(LIMITS)
    assert profile.tightened(once) is once
    assert once != LIMITS


@pytest.mark.parametrize("most", [0, -1])
def test_at_least_one_order_a_minute_is_allowed(most: int) -> None:
    with pytest.raises(InvalidValue, match="max_orders_per_minute: must be at least 1"):
        a_profile(max_orders_per_minute=most)
