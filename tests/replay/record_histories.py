"""Writes the histories anew: `python -m tests.replay.record_histories`, with a reason in the commit."""

import json
from typing import Any

from jax.domain.strategy import BarValues
from tests.replay.decision_history import HISTORIES, SHIPPED, WALKS, Decisions, replay

_BARS = 900
EDITED = "edited_ma_crossover_v1"


def random_walk(seed: int) -> tuple[BarValues, ...]:
    """Bars from a linear congruential generator, in cents: the same on every machine."""
    state, close, bars = seed, 15_000, []
    for number in range(_BARS):
        draws = []
        for _ in range(5):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            draws.append((state >> 33) % 201 - 100)
        drift = 18 if (number // 300) % 2 == 0 else -18
        opened = close + draws[0] // 4
        close = max(opened + drift + 2 * draws[1], 500)
        high = max(opened, close) + abs(draws[2])
        low = max(min(opened, close) - abs(draws[3]), 100)
        bars.append(BarValues(opened / 100, high / 100, low / 100, close / 100, 1000.0 * (200 + draws[4])))
    return tuple(bars)


def with_trends(bars: tuple[BarValues, ...]) -> tuple[BarValues, ...]:
    """The market and the sector go up, sideways and down by turns, each at its own pace."""
    return tuple(
        bar._replace(market_trend=float(number // 40 % 3 - 1), sector_trend=float(number // 25 % 3 - 1))
        for number, bar in enumerate(bars)
    )


def _write(name: str, document: Any) -> None:
    (HISTORIES / f"{name}.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")


def _edited(decisions: Decisions) -> list[list[float]]:
    """The third decision's stop is a cent lower than it was."""
    changed = [list(decision) for decision in decisions]
    changed[2][4] -= 0.01
    return changed


if __name__ == "__main__":
    walks = {name: with_trends(random_walk(seed)) for seed, name in enumerate(WALKS, start=1)}
    for name, bars in walks.items():
        _write(name, bars)
    for strategy in SHIPPED:
        decided = {name: replay(strategy, bars) for name, bars in walks.items()}
        _write(strategy.name, decided)
        if EDITED.endswith(strategy.name):
            _write(EDITED, {WALKS[0]: _edited(decided[WALKS[0]])})
