"""What is counted as orders come is what counting them anew would give, also when the clock is set back."""

import pickle
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax.domain.risk.recent_orders import A_MINUTE, TOKEN, OrderRun, RecentOrder, RecentOrders
from jax.domain.side import Side
from tests.unit.domain.risk.cases import NOW

_SYMBOLS, _ARTIFACTS = ("AAPL", "MSFT"), ("sha256:a", "sha256:b")
_KEPT_FOR = timedelta(seconds=90)
# Mostly forward, often by less than a token takes to come back, and now and then back.
_STEPS = st.sampled_from([0, 0, 1, 400_000, 400_000, 1_000_000, 3_000_000, 40_000_000, -2_000_000])


@st.composite
def _walks(draw: st.DrawFn) -> list[RecentOrder]:
    at, walk = NOW, []
    for step in draw(st.lists(_STEPS, max_size=40)):
        at += timedelta(microseconds=step)
        walk.append(
            RecentOrder(
                at,
                draw(st.sampled_from(_SYMBOLS)),
                draw(st.sampled_from(Side)),
                draw(st.sampled_from(_ARTIFACTS)),
                draw(st.sampled_from([Decimal("0.01"), Decimal(100) / 3, Decimal(10) ** 17])),
            )
        )
    return walk


def _most_taken(times: list[datetime], now: datetime, per_minute: int) -> int | None:
    """Order by order from a full bucket, a minute ago, on: what is missing in it at last, at most."""
    in_span = sorted(min(at, now) for at in times if at > now - A_MINUTE)
    if not in_span:
        return None
    missing, last = 0, now - A_MINUTE
    for at in in_span:
        missing = max(0, missing - (at - last) // timedelta(microseconds=1) * per_minute) + TOKEN
        last = at
    return missing - (now - last) // timedelta(microseconds=1) * per_minute


@settings(max_examples=300, deadline=None)
@given(
    walk=_walks(), per_minute=st.sampled_from([1, 30, 60, 1000]), later=st.integers(-3_000_000, 70_000_000)
)
def test_a_book_of_orders_says_what_counting_them_anew_says(
    walk: list[RecentOrder], per_minute: int, later: int
) -> None:
    kept = RecentOrders(kept_for=_KEPT_FOR)
    for count, order in enumerate(walk, start=1):
        kept.add(order)
        # By the clock of this order, and at last by a later one or one that was set back.
        now = order.at if count < len(walk) else order.at + timedelta(microseconds=later)
        here = [each for each in walk[:count] if each.at > now - A_MINUTE]
        assert kept.count(now - A_MINUTE) == len(here)
        assert Fraction(kept.notional(now - A_MINUTE)) == sum(Fraction(each.notional) for each in here)
        for artifact in _ARTIFACTS:
            expected = sum(each.artifact_hash == artifact for each in here)
            assert kept.of_artifact(artifact, after=now - A_MINUTE) == expected
        run = kept.run(now, per_minute=per_minute)
        taken = None if run is None else run.taken(now, per_minute=per_minute)
        assert taken == _most_taken([each.at for each in here], now, per_minute)
        for symbol in _SYMBOLS:
            for side in Side:
                alike = [each.at for each in here if (each.symbol, each.side) == (symbol, side)]
                assert not alike or kept.newest(symbol, side) == max(alike)


def test_a_rate_that_is_asked_for_after_another_has_its_own_run() -> None:
    kept = RecentOrders(kept_for=_KEPT_FOR)
    for seconds in (0, 10, 11, 12):
        kept.add(RecentOrder(NOW + timedelta(seconds=seconds), "AAPL", Side.BUY, "sha256:a", Decimal(1)))
    now = NOW + timedelta(seconds=12)
    assert kept.run(now, per_minute=1) == OrderRun(4, NOW)
    assert kept.run(now, per_minute=30) == OrderRun(3, NOW + timedelta(seconds=10))
    assert kept.run(now, per_minute=1) == OrderRun(4, NOW)


def test_what_is_older_than_it_is_kept_for_is_forgotten_in_time() -> None:
    kept = RecentOrders(kept_for=_KEPT_FOR)
    for seconds in range(0, 10_000, 10):
        kept.add(RecentOrder(NOW + timedelta(seconds=seconds), "AAPL", Side.BUY, "sha256:a", Decimal(2)))
    everything = NOW - timedelta(days=1)
    assert 9 <= kept.count(everything) <= 20
    assert kept.notional(everything) == 2 * kept.count(everything)
    assert kept.of_artifact("sha256:a", after=everything) == kept.count(everything)
    assert kept.of_artifact("sha256:b", after=everything) == 0


def test_an_order_of_exactly_a_minute_ago_is_not_of_the_last_minute() -> None:
    kept = RecentOrders(kept_for=_KEPT_FOR)
    kept.add(RecentOrder(NOW, "AAPL", Side.BUY, "sha256:a", Decimal(2)))
    for microseconds, count in ((-1, 1), (0, 0)):
        now = NOW + A_MINUTE + timedelta(microseconds=microseconds)
        assert kept.count(now - A_MINUTE) == kept.of_artifact("sha256:a", after=now - A_MINUTE) == count
        assert kept.notional(now - A_MINUTE) == 2 * count
        assert (kept.run(now, per_minute=30) is None) == (count == 0)


@pytest.mark.parametrize("per_minute", [1, 1000])
def test_what_is_kept_does_not_grow_with_the_orders(per_minute: int) -> None:
    kept, sizes = RecentOrders(kept_for=_KEPT_FOR), []
    kept.run(NOW, per_minute=per_minute)
    for count in range(1, 2001):
        at = NOW + timedelta(seconds=count)
        kept.add(RecentOrder(at, "AAPL", Side.BUY, f"sha256:{count // 100}", Decimal(2)))
        assert kept.run(at, per_minute=per_minute) is not None
        if count % 500 == 0:
            sizes.append(len(pickle.dumps(kept)))
    assert max(sizes) < 1.5 * min(sizes)


@pytest.mark.parametrize(("seconds", "taken"), [(0, 2 * TOKEN), (-5, 2 * TOKEN), (1, TOKEN), (4, -2 * TOKEN)])
def test_what_a_run_has_taken_comes_back_at_the_rate_and_never_before_it_was_taken(
    seconds: int, taken: int
) -> None:
    assert OrderRun(2, NOW).taken(NOW + timedelta(seconds=seconds), per_minute=60) == taken
