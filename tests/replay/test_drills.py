"""Failures are rehearsed: which modes the account goes through, who sets them, and that it is always so."""

import pytest

from jax.domain.controls import TradingMode
from tests.replay.drills import DRILLS, Drilled, drilled, read_fingerprints
from tests.replay.record_drills import SEED
from tests.replay.scenario import NAMES, read_scenario

DOWN_AND_BACK = (TradingMode.NORMAL, TradingMode.REDUCE, TradingMode.OBSERVE, TradingMode.NORMAL)
EACH = pytest.mark.parametrize("drill", DRILLS)


async def played(drill: str, *, window: str = NAMES[0], seed: int = SEED) -> Drilled:
    return await drilled(drill, read_scenario(window), seed)


def reasons(found: Drilled) -> list[str]:
    return [str(one["reason"]) for one in found.told if one["kind"] == "account.mode"]


@EACH
@pytest.mark.parametrize("window", NAMES)
async def test_a_drill_goes_down_and_back_with_the_committed_fingerprint(drill: str, window: str) -> None:
    for _ in range(10):
        found = await played(drill, window=window)
        assert found.modes == DOWN_AND_BACK
        assert found.fingerprint == read_fingerprints()[drill][window], found.told


@EACH
async def test_another_seed_and_another_window_have_another_fingerprint(drill: str) -> None:
    runs = [await played(drill, seed=seed) for seed in (1, 2, 3)]
    assert {found.modes for found in runs} == {DOWN_AND_BACK}
    assert len({found.fingerprint for found in runs}) == 3
    assert len(set(read_fingerprints()[drill].values())) == len(NAMES)


async def test_stale_quotes_deny_at_once_and_people_set_every_mode() -> None:
    found = await played("stale_data")
    assert found.outcomes == ("FILLED", "QUOTE_STALE", "MODE_REDUCE", "MODE_OBSERVE", "FILLED")
    assert found.placed == 2
    assert reasons(found) == ["the feed is silent", "the feed is still silent", "quotes are fresh again"]


async def test_a_storm_of_retries_places_each_order_once() -> None:
    found = await played("retry_storm")
    assert found.outcomes == (
        *(("UNKNOWN",) * 3),
        *("MODE_REDUCE", "MODE_OBSERVE", "MODE_OBSERVE", "FILLED"),
    )
    # Three signals asked for 26 times each, and the one after the storm.
    assert found.placed == 4


@pytest.mark.parametrize(("drill", "lost"), [("retry_storm", 3), ("reconciliation_lag", 2)])
async def test_orders_that_turn_up_late_restrict_the_account_without_anybody(drill: str, lost: int) -> None:
    found = await played(drill)
    late, differing, released = reasons(found)
    assert late.endswith("was closed and is FILLED after all")
    assert differing.startswith("AAPL: ")
    assert differing.endswith("at the broker")
    assert released == "every order is accounted for"
    changes = [(one["from"], one["to"]) for one in found.told if one["kind"] == "order.changed"]
    assert changes.count(("UNKNOWN", "ABSENT")) == changes.count(("ABSENT", "ADOPTED")) == lost
    assert changes.count(("ADOPTED", "FILLED")) == lost
