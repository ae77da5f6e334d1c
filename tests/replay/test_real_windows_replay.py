"""On real bars of weeks unlike others, every strategy gives the same signals ten times of ten."""

from functools import cache
from itertools import pairwise

import pytest

from jax.domain.strategy import Strategy
from tests.replay.decision_history import SHIPPED
from tests.replay.real_windows import SHARED, WINDOWS, fingerprint, read_fingerprints, window_scenario
from tests.replay.scenario import Scenario
from tests.replay.scenario_replay import replayed

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the folder with more market data is not here")


@cache
def scenario(name: str) -> Scenario:
    return window_scenario(name)


@pytest.mark.parametrize("strategy", SHIPPED, ids=lambda strategy: strategy.name)
@pytest.mark.parametrize("name", WINDOWS)
async def test_ten_of_ten_replays_of_a_real_window_have_its_fingerprint(
    name: str, strategy: Strategy
) -> None:
    expected = read_fingerprints()[name][strategy.name]
    for turn in range(10):
        assert fingerprint(await replayed(scenario(name), strategy, turn=turn)) == expected, f"turn {turn}"


def test_the_windows_hold_what_they_are_named_for() -> None:
    by_name = {name: scenario(name).bars for name in WINDOWS}
    for name, least in (("crash_2000", 0.4), ("split_2014", 0.8)):
        closes = [float(bar.close) for bar in by_name[name]]
        assert any(now < (1 - least) * before for before, now in pairwise(closes)), name
    fell = max((bar.high - bar.low) / bar.high for bar in by_name["flash_crash_2010"])
    assert fell > 0.05
    sessions = [bar.start.date().isoformat() for bar in by_name["half_day_2013"]]
    assert sessions.count("2013-11-29") < sessions.count("2013-11-27")
    assert sum(bar.start.month == 10 for bar in by_name["october_2008"]) > 100
