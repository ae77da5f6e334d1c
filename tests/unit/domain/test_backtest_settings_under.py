"""A backtest for the gate stays within the limits that people approve with the strategy."""

from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.backtest_settings import AllIn, BacktestSettings
from jax.domain.position_sizing import SizingLimits
from tests.unit.domain.examples import a_profile

PROFILE = replace(
    a_profile(),
    max_position_fraction=Decimal("0.1"),
    max_daily_loss=Decimal(500),
    max_order_notional=Decimal(9_000),
)


def _sizing(settings: BacktestSettings) -> SizingLimits:
    assert isinstance(settings.sizing, SizingLimits)
    return settings.sizing


def test_the_limits_of_the_profile_are_those_of_the_run() -> None:
    under = BacktestSettings().under(PROFILE)
    assert _sizing(under).max_position_value_fraction == Decimal("0.1")
    assert _sizing(under).max_order_notional == 9_000
    assert under.max_daily_loss == 500


def test_what_was_tighter_before_stays() -> None:
    tight = replace(
        _sizing(BacktestSettings()),
        max_position_value_fraction=Decimal("0.05"),
        max_order_notional=Decimal(100),
    )
    settings = BacktestSettings(sizing=tight, max_daily_loss=Decimal(7))
    assert settings.under(PROFILE) == settings


@pytest.mark.parametrize("field", ["initial_cash", "costs", "fill_at", "short_selling", "max_open_positions"])
def test_nothing_else_changes(field: str) -> None:
    assert getattr(BacktestSettings().under(PROFILE), field) == getattr(BacktestSettings(), field)


def test_all_in_has_no_size_to_limit() -> None:
    under = BacktestSettings(sizing=AllIn()).under(PROFILE)
    assert under.sizing == AllIn()
    assert under.max_daily_loss == 500
