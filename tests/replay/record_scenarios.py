"""Writes the scenarios anew: `python -m tests.replay.record_scenarios`, with a reason in the commit."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from jax.domain.bar import Bar, Timeframe
from tests.replay.decision_history import SHIPPED
from tests.replay.execution_walk import DECISIONS, EDITED_DECISIONS, decided, write_decisions
from tests.replay.scenario import EDITED, NAMES, Outcome, Scenario, write_scenario
from tests.replay.scenario_replay import replayed

_BARS_A_SESSION = 78
_LENGTH = timedelta(minutes=5)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Leg:
    """So many bars that move by `drift` cents a bar on the way, `swing` cents at most to either side.

    `gap` is the jump in cents before the first of them; `heat` multiplies the volume.
    """

    bars: int
    drift: int
    swing: int
    gap: int = 0
    heat: int = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """A price in cents at the start, and the sessions: the last one is the scenario's."""

    about: str
    symbol: str
    price: int
    sessions: Mapping[str, Sequence[Leg]]


_QUIET = Leg(_BARS_A_SESSION, 0, 18)
SHAPES: Mapping[str, Shape] = {
    NAMES[0]: Shape(
        "Two quiet sessions, then one that falls back and rises steadily to its close.",
        "AAPL",
        26_000,
        {
            "2026-01-13": [_QUIET],
            "2026-01-14": [Leg(39, -6, 20), Leg(39, 2, 16)],
            "2026-01-15": [Leg(16, -14, 22), Leg(44, 16, 20, heat=3), Leg(18, 2, 20)],
        },
    ),
    NAMES[1]: Shape(
        "The session after a holiday weekend: a gap down, a failed recovery, a slide.",
        "MSFT",
        45_500,
        {
            "2026-01-15": [_QUIET],
            "2026-01-16": [Leg(78, 4, 26)],
            "2026-01-20": [Leg(12, -18, 40, gap=-620, heat=4), Leg(24, 20, 34, heat=2), Leg(42, -22, 34)],
        },
    ),
    NAMES[2]: Shape(
        "A wild session: a plunge at the open, a turn on heavy volume, a second turn before the close.",
        "TSLA",
        40_600,
        {
            "2026-02-03": [Leg(39, 10, 50), Leg(39, -10, 50)],
            "2026-02-04": [Leg(78, -12, 60)],
            "2026-02-05": [
                Leg(18, -60, 80, gap=-300, heat=5),
                Leg(36, 55, 70, heat=3),
                Leg(24, -40, 70, heat=2),
            ],
        },
    ),
}


class _Draws:
    """A linear congruential generator: the same whole numbers on every machine."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def within(self, most: int) -> int:
        """From -most to most."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self._state >> 33) % (2 * most + 1) - most


def bars_of(shape: Shape, seed: int) -> tuple[Bar, ...]:
    """Five-minute bars of the shape's sessions, from 14:30 UTC on."""
    draws, close, bars = _Draws(seed), shape.price, list[Bar]()
    for day, legs in shape.sessions.items():
        start = datetime.fromisoformat(day).replace(hour=14, minute=30, tzinfo=UTC)
        for leg in legs:
            close += leg.gap
            for _ in range(leg.bars):
                opened = close + draws.within(leg.swing) // 4
                close = opened + leg.drift + draws.within(leg.swing)
                high = max(opened, close) + abs(draws.within(leg.swing)) // 2
                low = min(opened, close) - abs(draws.within(leg.swing)) // 2
                volume = leg.heat * (20_000 + 50 * draws.within(200))
                numbers = [*(Decimal(cents) * _CENT for cents in (opened, high, low, close)), Decimal(volume)]
                end = start + _LENGTH
                bars.append(Bar(shape.symbol, Timeframe.FIVE_MINUTES, start, end, *numbers))
                start = end
    return tuple(bars)


async def recorded(scenario: Scenario) -> Scenario:
    """With what comes of it now."""
    expected = {strategy.name: await replayed(scenario, strategy) for strategy in SHIPPED}
    return replace(scenario, expected=expected)


def unrecorded(name: str) -> Scenario:
    """The scenario before anything came of it."""
    shape, seed = SHAPES[name], NAMES.index(name) + 1
    bars = bars_of(shape, seed)
    last_session = bars[-_BARS_A_SESSION]
    return Scenario(name, shape.about, bars[-1].end, last_session.start, seed, bars, {})


def edited(scenario: Scenario) -> Scenario:
    """The first signal's stop is a cent lower than it was."""
    strategy = next(name for name, found in scenario.expected.items() if "stop_loss" in (found or [{}])[0])
    first, *others = scenario.expected[strategy]
    lower: Outcome = {**first, "stop_loss": str(Decimal(first["stop_loss"]) - _CENT)}
    return replace(scenario, expected={strategy: (lower, *others)})


async def record_executions(scenario: Scenario) -> None:
    """In the edited one the first order is one unit larger than it was."""
    decisions = await decided(scenario)
    write_decisions(DECISIONS, decisions)
    first, *others = decisions
    larger: Outcome = {**first, "quantity": str(Decimal(first["quantity"]) + 1)}
    write_decisions(EDITED_DECISIONS, (larger, *others))


def main() -> None:
    for name in NAMES:
        scenario = asyncio.run(recorded(unrecorded(name)))
        write_scenario(scenario, name)
        if EDITED.endswith(name):
            write_scenario(edited(scenario), EDITED)
            asyncio.run(record_executions(scenario))


if __name__ == "__main__":
    main()
