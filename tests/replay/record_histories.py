"""Writes the histories anew: `python -m tests.replay.record_histories`, with a reason in the commit."""

import json
from pathlib import Path

from jax.domain.strategies.ma_crossover_v1 import STRATEGY
from jax.domain.strategy import BarValues
from tests.replay.decision_history import HISTORIES, replay

_BARS = 900


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


def write(path: Path, seed: int) -> None:
    bars = random_walk(seed)
    document = {"strategy": STRATEGY.name, "bars": bars, "decisions": replay(STRATEGY, bars)}
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    for seed in (1, 2, 3):
        write(HISTORIES / f"ma_crossover_v1_walk_{seed}.json", seed)
