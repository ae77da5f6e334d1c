"""Scenarios: a fixed time, a seed, bars, parameters of every strategy, and what must come of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from jax.domain.bar import Bar, Timeframe

SCENARIOS = Path(__file__).parent / "scenarios"
NAMES = ("aapl_2026_01_15", "msft_2026_01_20", "tsla_2026_02_05")
EDITED = "edited_aapl_2026_01_15"
# Short enough for a few sessions to warm them up; a strategy that is not named here has its own.
PARAMS: Mapping[str, Mapping[str, int | float]] = {
    "ma_crossover_v1": {"fast": 5, "middle": 10, "slow": 30},
    "trendline_break_v1": {"length": 20, "threshold": 0.5},
    "macd_crossover_v1": {"strong_histogram": 0.1},
}

# One thing that came of a bar, signal or not, as JSON.
Outcome = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`bars` are all known at `clock`; those that end by `decides_after` only warm strategies up.

    `seed` made the bars and cuts them into deliveries. `expected` is by strategy, oldest first.
    """

    name: str
    about: str
    clock: datetime
    decides_after: datetime
    seed: int
    bars: tuple[Bar, ...]
    expected: Mapping[str, tuple[Outcome, ...]]

    @property
    def symbol(self) -> str:
        return self.bars[0].symbol

    @property
    def timeframe(self) -> Timeframe:
        return self.bars[0].timeframe


def read_scenario(name: str) -> Scenario:
    """What is committed under `name`."""
    document = json.loads((SCENARIOS / f"{name}.json").read_text(encoding="utf-8"))
    return Scenario(
        name=document["name"],
        about=document["about"],
        clock=datetime.fromisoformat(document["clock"]),
        decides_after=datetime.fromisoformat(document["decides_after"]),
        seed=document["seed"],
        bars=tuple(_bar(document, row) for row in document["bars"]),
        expected={name: tuple(outcomes) for name, outcomes in document["expected"].items()},
    )


def write_scenario(scenario: Scenario, file_name: str) -> None:
    """A bar a line, so that a difference of two versions can be read."""
    head = {
        "name": scenario.name,
        "about": scenario.about,
        "clock": scenario.clock.isoformat(),
        "decides_after": scenario.decides_after.isoformat(),
        "seed": scenario.seed,
        "symbol": scenario.symbol,
        "timeframe": scenario.timeframe,
        "params": PARAMS,
        "expected": scenario.expected,
    }
    rows = ",\n".join(json.dumps(_row(bar)) for bar in scenario.bars)
    text = f'{json.dumps(head, indent=1)[:-2]},\n "bars": [\n{rows}\n]\n}}\n'
    (SCENARIOS / f"{file_name}.json").write_text(text, encoding="utf-8")


def first_difference(expected: Sequence[Outcome], found: Sequence[Outcome]) -> str:
    """Where two replays part, in words; empty when they are equal."""
    for number, (was, now) in enumerate(zip(expected, found, strict=False)):
        if was != now:
            parts = [name for name in {**was, **now} if was.get(name) != now.get(name)]
            return f"outcome {number}, {', '.join(parts)}: expected {was}, replayed {now}"
    if len(expected) != len(found):
        return f"expected {len(expected)} outcomes, replayed {len(found)}"
    return ""


def _bar(document: Mapping[str, Any], row: Sequence[str]) -> Bar:
    start, end = (datetime.fromisoformat(text) for text in row[:2])
    numbers = [Decimal(text) for text in row[2:]]
    return Bar(document["symbol"], Timeframe(document["timeframe"]), start, end, *numbers)


def _row(bar: Bar) -> list[str]:
    numbers = (bar.open, bar.high, bar.low, bar.close, bar.volume)
    return [bar.start.isoformat(), bar.end.isoformat(), *(str(number) for number in numbers)]
