"""Amounts by the minute."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from jax.domain.minute_sums import MinuteSums

OPENS = datetime(2024, 3, 1, 14, 30, tzinfo=UTC)


def test_counts_from_the_minute_on_and_nothing_before() -> None:
    sums = MinuteSums(kept_for=timedelta(days=1))
    sums.add(OPENS - timedelta(microseconds=1), Decimal(100))
    sums.add(OPENS, Decimal(3))
    sums.add(OPENS + timedelta(seconds=59), Decimal("-0.5"))
    sums.add(OPENS + timedelta(hours=2), Decimal(7))
    assert sums.since(OPENS) == Decimal("9.5")
    assert sums.since(OPENS + timedelta(minutes=1)) == 7
    assert sums.since(OPENS + timedelta(hours=3)) == 0


def test_a_moment_within_a_minute_counts_all_of_it() -> None:
    sums = MinuteSums(kept_for=timedelta(days=1))
    sums.add(OPENS, Decimal(3))
    assert sums.since(OPENS + timedelta(seconds=30)) == 3


def test_what_is_too_old_is_forgotten_and_late_amounts_do_not_push_out_what_counts() -> None:
    sums = MinuteSums(kept_for=timedelta(minutes=10))
    sums.add(OPENS, Decimal(1))
    sums.add(OPENS + timedelta(minutes=10), Decimal(2))
    assert sums.since(OPENS) == 3
    sums.add(OPENS + timedelta(minutes=11), Decimal(4))
    assert sums.since(OPENS) == 6
    sums.add(OPENS - timedelta(days=2), Decimal(8))
    assert sums.since(OPENS - timedelta(days=3)) == 6
