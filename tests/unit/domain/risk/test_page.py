"""The page of the risk rules says what the code does."""

from dataclasses import fields

from jax.domain.position_sizing import SizingLimits
from jax.domain.risk_limits import RiskLimits
from tests.risk_table import LIMITS, PAGE, SETTINGS, SIZES_ONLY, page


def test_the_table_is_that_of_today() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == page(written), "run python -m tests.risk_table"


def test_every_limit_has_a_reason_and_a_setting() -> None:
    limits = {field.name for value in (RiskLimits, SizingLimits) for field in fields(value)} - {"sizing"}
    assert {field for used in LIMITS.values() for field in used} | set(SIZES_ONLY) == limits
    assert set(SETTINGS) == limits
    assert len(set(SETTINGS.values())) == len(SETTINGS)
