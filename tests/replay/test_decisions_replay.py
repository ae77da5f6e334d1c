"""A strategy that is asked again gives the same answers, to the last bit."""

import pytest

from jax.domain.strategies.ma_crossover_v1 import STRATEGY
from jax.domain.strategy import BUY, SELL
from tests.replay.decision_history import HISTORIES, first_difference, read_history, replay

_WHOLE = sorted(path.stem for path in HISTORIES.glob("*_walk_*.json"))
_MUST_FAIL = "ma_crossover_v1_edited"


@pytest.mark.parametrize("name", _WHOLE)
def test_ten_replays_of_a_history_equal_the_recorded_decisions(name: str) -> None:
    history = read_history(name)
    for _ in range(10):
        assert first_difference(history.decisions, replay(STRATEGY, history.bars)) == ""


def test_the_histories_hold_buys_sells_and_each_reason() -> None:
    decisions = [decision for name in _WHOLE for decision in read_history(name).decisions]
    assert {decision[1] for decision in decisions} == {BUY, SELL}
    assert {decision[-1] for decision in decisions} == {1, 2, 3}


def test_a_history_whose_record_was_edited_fails() -> None:
    history = read_history(_MUST_FAIL)
    difference = first_difference(history.decisions, replay(STRATEGY, history.bars))
    assert difference.startswith("decision 2: recorded")


def test_a_missing_decision_is_a_difference() -> None:
    history = read_history(_WHOLE[0])
    assert first_difference(history.decisions[:-1], history.decisions) != ""
