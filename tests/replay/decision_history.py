"""A recorded history: bars that went into a strategy, and every decision that came out."""

import json
from dataclasses import dataclass
from pathlib import Path

from jax.domain.strategy import NOTHING, BarValues, Strategy
from jax.domain.strategy_runner import StrategyRunner

HISTORIES = Path(__file__).parent / "histories"


@dataclass(frozen=True, slots=True)
class DecisionHistory:
    """`decisions` are [bar number, action, confidence, stop, first target, second target, reason]."""

    strategy: str
    bars: tuple[BarValues, ...]
    decisions: tuple[tuple[float, ...], ...]


def read_history(name: str) -> DecisionHistory:
    document = json.loads((HISTORIES / f"{name}.json").read_text())
    return DecisionHistory(
        strategy=document["strategy"],
        bars=tuple(BarValues(*bar) for bar in document["bars"]),
        decisions=tuple(tuple(decision) for decision in document["decisions"]),
    )


def replay(strategy: Strategy, bars: tuple[BarValues, ...]) -> tuple[tuple[float, ...], ...]:
    """Every decision but NOTHING, with the number of its bar."""
    runner = StrategyRunner(strategy, strategy.params)
    decided = ((number, *runner.on_bar(bar)) for number, bar in enumerate(bars))
    return tuple(decision for decision in decided if decision[1] != NOTHING)


def first_difference(expected: tuple[tuple[float, ...], ...], actual: tuple[tuple[float, ...], ...]) -> str:
    """Where two histories part, in words; empty when they are equal to the last bit."""
    for position, (recorded, replayed) in enumerate(zip(expected, actual, strict=False)):
        if recorded != replayed:
            return f"decision {position}: recorded {recorded}, replayed {replayed}"
    if len(expected) != len(actual):
        return f"recorded {len(expected)} decisions, replayed {len(actual)}"
    return ""
