"""A strategy that is asked again gives the same answers, to the last bit."""

import math
from importlib.metadata import entry_points

import pytest

from jax.domain.strategies.ma_crossover_v1 import STRATEGY as MA_CROSSOVER
from jax.domain.strategy import NOTHING, Strategy
from tests.replay.decision_history import (
    SHIPPED,
    WALKS,
    first_difference,
    read_bars,
    read_decisions,
    replay,
)
from tests.replay.record_histories import EDITED, random_walk, with_trends

EACH = pytest.mark.parametrize("strategy", SHIPPED, ids=lambda strategy: strategy.name)
FIELDS = range(1, 8)


@EACH
@pytest.mark.parametrize("walk", WALKS)
def test_ten_replays_of_a_history_equal_the_recorded_decisions(strategy: Strategy, walk: str) -> None:
    recorded, bars = read_decisions(strategy.name)[walk], read_bars(walk)
    for _ in range(10):
        assert first_difference(recorded, replay(strategy, bars)) == ""


@EACH
def test_the_histories_hold_each_reason_of_the_strategy(strategy: Strategy) -> None:
    decisions = [decision for one in read_decisions(strategy.name).values() for decision in one]
    assert {decision[-1] for decision in decisions} == set(range(1, len(strategy.reasons)))
    assert NOTHING not in {decision[1] for decision in decisions}


def test_every_registered_strategy_of_jax_has_histories() -> None:
    registered = {
        entry.name
        for entry in entry_points(group="jax.strategies")
        if entry.value.startswith("jax.domain.strategies.")
    }
    assert registered == {strategy.name for strategy in SHIPPED}


@pytest.mark.parametrize("walk", WALKS)
def test_the_recorded_bars_are_those_of_the_generator(walk: str) -> None:
    assert read_bars(walk) == with_trends(random_walk(int(walk[-1])))


def test_a_history_whose_record_was_edited_fails() -> None:
    (edited,) = read_decisions(EDITED).values()
    difference = first_difference(edited, replay(MA_CROSSOVER, read_bars(WALKS[0])))
    assert difference.startswith("decision 2: recorded")


@EACH
@pytest.mark.parametrize("field", FIELDS)
def test_a_last_bit_in_any_field_is_a_difference(strategy: Strategy, field: int) -> None:
    recorded = read_decisions(strategy.name)[WALKS[0]]
    changed = list(recorded[-1])
    changed[field] = math.nextafter(changed[field], math.inf)
    assert first_difference((*recorded[:-1], tuple(changed)), recorded) != ""


def test_a_missing_decision_is_a_difference() -> None:
    recorded = read_decisions(MA_CROSSOVER.name)[WALKS[0]]
    assert first_difference(recorded[:-1], recorded) != ""
