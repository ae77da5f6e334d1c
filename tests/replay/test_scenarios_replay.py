"""A scenario gives every strategy's committed signals again, however its bars are delivered."""

import pytest

from jax.domain.strategy import Strategy
from tests.replay.decision_history import SHIPPED
from tests.replay.record_scenarios import unrecorded
from tests.replay.scenario import EDITED, NAMES, PARAMS, first_difference, read_scenario
from tests.replay.scenario_replay import replayed

EACH = pytest.mark.parametrize("strategy", SHIPPED, ids=lambda strategy: strategy.name)


@EACH
@pytest.mark.parametrize("name", NAMES)
async def test_ten_of_ten_replays_give_the_committed_signals(name: str, strategy: Strategy) -> None:
    scenario = read_scenario(name)
    for turn in range(10):
        found = await replayed(scenario, strategy, turn=turn)
        assert first_difference(scenario.expected[strategy.name], found) == "", f"turn {turn}"


async def test_a_committed_history_that_was_edited_fails() -> None:
    scenario = read_scenario(EDITED)
    ((name, expected),) = scenario.expected.items()
    strategy = next(strategy for strategy in SHIPPED if strategy.name == name)
    difference = first_difference(expected, await replayed(scenario, strategy))
    assert difference.startswith("outcome 0, stop_loss: expected ")


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_bars_are_those_of_the_seed(name: str) -> None:
    committed, made = read_scenario(name), unrecorded(name)
    assert committed.bars == made.bars
    assert (committed.clock, committed.decides_after, committed.seed) == (
        made.clock,
        made.decides_after,
        made.seed,
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_strategy_is_held_to_each_scenario_and_most_come_to_signals(name: str) -> None:
    expected = read_scenario(name).expected
    assert set(expected) == {strategy.name for strategy in SHIPPED}
    assert sum(bool(outcomes) for outcomes in expected.values()) >= 5
    sides = {outcome.get("side") for outcomes in expected.values() for outcome in outcomes}
    assert {"BUY", "SELL"} <= sides


def test_the_parameters_are_those_of_strategies_that_there_are() -> None:
    by_name = {strategy.name: strategy for strategy in SHIPPED}
    for name, params in PARAMS.items():
        assert by_name[name].check_params(by_name[name].params._replace(**params)) == ""
