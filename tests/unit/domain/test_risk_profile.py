"""What was approved with a strategy can only tighten what the trader allows."""

from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.risk_profile import RiskProfile
from tests.desk import LIMITS

_PROFILE = RiskProfile(
    Decimal("0.5"), Decimal(5000), ("LIMIT",), Decimal(1_000_000), 60, Decimal("0.5"), ("paper",)
)


def test_a_looser_profile_changes_nothing() -> None:
    assert _PROFILE.tightened(LIMITS) == LIMITS


@pytest.mark.parametrize(
    ("profile", "fraction", "loss"),
    [
        (replace(_PROFILE, max_position_fraction=Decimal("0.1")), "0.1", "1000"),
        (replace(_PROFILE, max_daily_loss=Decimal(250)), "0.20", "250"),
        (
            RiskProfile(
                Decimal("0.05"), Decimal(1), ("LIMIT",), Decimal(1_000_000), 60, Decimal("0.5"), ("paper",)
            ),
            "0.05",
            "1",
        ),
    ],
)
def test_the_tighter_of_each_pair_holds(profile: RiskProfile, fraction: str, loss: str) -> None:
    limits = profile.tightened(LIMITS)
    assert limits.sizing.max_position_value_fraction == Decimal(fraction)
    assert limits.max_daily_loss == Decimal(loss)
    assert limits.max_open_positions == LIMITS.max_open_positions
