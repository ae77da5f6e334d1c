"""Writes the series afresh, the same every time: `python -m tests.golden.metrics.write_series`.

After a change, record empyrical's figures again (record_empyrical.py).
"""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from tests.golden.metrics.series import BARS_A_YEAR, INITIAL, file_of

MONDAY = datetime(2019, 1, 7, 21, tzinfo=UTC)

# A run's return and the benchmark's over the same bar; None where the benchmark has none.
Pair = tuple[float, float | None]


def ends(name: str) -> Iterator[datetime]:
    """From MONDAY on: seven bars a weekday, one on every day, or one a weekday."""
    day = MONDAY
    while True:
        if name == "every_day_of_the_week" or day.weekday() < 5:
            bars = 7 if name == "hourly" else 1
            yield from (day - timedelta(hours=before) for before in reversed(range(bars)))
        day += timedelta(days=1)


def linked(chance: Random, *, size: float) -> Pair:
    """Returns of about `size` a bar, partly the benchmark's; one benchmark return in 25 is missing."""
    market = chance.gauss(0.0003, size)
    own = 0.0001 + 0.7 * market + chance.gauss(0.0, 0.6 * size)
    return own, None if chance.random() < 0.04 else market


def clustered(chance: Random) -> list[Pair]:
    """Calm and wild times with fat tails, as daily returns of stocks have them (GARCH(1,1), Student's t)."""
    variance, market = 1e-4, 0.0
    pairs: list[Pair] = []
    for _ in range(756):
        variance = 2e-6 + 0.09 * market * market + 0.89 * variance
        tail = math.sqrt(chance.gammavariate(2.5, 2.0) / 5.0)
        market = 0.0004 + math.sqrt(variance * 0.6) * chance.gauss(0.0, 1.0) / tail
        held = chance.random() < 0.8
        pairs.append((1.1 * market - 0.0001 + chance.gauss(0.0, 0.002) if held else 0.0, market))
    return pairs


SHAPES: dict[str, Callable[[Random], list[Pair]]] = {
    "random_daily": lambda chance: [linked(chance, size=0.01) for _ in range(520)],
    "clustered_daily": clustered,
    "every_day_of_the_week": lambda chance: [linked(chance, size=0.03) for _ in range(400)],
    "hourly": lambda chance: [linked(chance, size=0.004) for _ in range(7 * 60)],
    "only_losses": lambda chance: [
        (-chance.uniform(0.001, 0.02), chance.gauss(0.0, 0.01)) for _ in range(60)
    ],
    "only_gains": lambda chance: [
        (chance.uniform(0.0001, 0.004), chance.gauss(0.0, 0.01)) for _ in range(60)
    ],
    "flat": lambda chance: [(0.0, chance.gauss(0.0, 0.01)) for _ in range(30)],
    "steady_benchmark": lambda chance: [(chance.gauss(0.0, 0.01), 0.0004) for _ in range(40)],
    "two_points": lambda _: [(0.02, 0.01), (-0.01, -0.02)],
    "one_point": lambda _: [(-0.003, 0.001)],
}


def written(name: str) -> str:
    """The file's text: equities to four decimal places, benchmark returns to ten."""
    # One generator a series: a changed one leaves the others as they are.
    pairs = SHAPES[name](Random(f"jax metrics {name}"))
    equity, lines = float(INITIAL), ["end,equity,benchmark"]
    for end, (own, market) in zip(ends(name), pairs, strict=False):
        equity *= 1.0 + own
        lines.append(f"{end.isoformat()},{equity:.4f},{'' if market is None else f'{market:.10f}'}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Writes every series."""
    for name in BARS_A_YEAR:
        file_of(name).write_text(written(name), encoding="utf-8")


if __name__ == "__main__":
    main()
