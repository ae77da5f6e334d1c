"""The drills: what fails, what the account does by itself, and what people say to get it back."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from jax.domain.controls import TradingMode
from tests.replay.drill_desk import DrillDesk, open_drill
from tests.replay.scenario import Scenario

FINGERPRINTS = Path(__file__).parent / "scenarios" / "drills.json"
_SILENCE = timedelta(minutes=5)
_CALLERS = 25


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a drill came to; `outcomes` are the answers to every execution asked for, in order."""

    modes: tuple[TradingMode, ...]
    outcomes: tuple[str, ...]
    placed: int
    told: Sequence[Mapping[str, Any]]
    fingerprint: str


async def stale_data(desk: DrillDesk) -> list[str]:
    """Quotes stop coming: entries are denied at once, people go down step by step, and up when it is over."""
    outcomes = [await desk.execute(await desk.approved_signal())]
    second = await desk.approved_signal()
    desk.desk.clock.advance(_SILENCE)
    outcomes.append(await desk.execute(second))
    await desk.say(TradingMode.REDUCE, "the feed is silent")
    outcomes.append(await desk.execute(second))
    await desk.say(TradingMode.OBSERVE, "the feed is still silent")
    outcomes.append(await desk.execute(second))
    third = await desk.approved_signal()
    await desk.say(TradingMode.NORMAL, "quotes are fresh again")
    return [*outcomes, await desk.execute(third)]


async def retry_storm(desk: DrillDesk) -> list[str]:
    """No answer comes, everybody asks again, and what was taken for lost turns up bit by bit."""
    desk.venue.loses_answers = desk.venue.answers_no_questions = True
    outcomes = []
    for _ in range(3):
        signal_id = await desk.approved_signal()
        answers = await asyncio.gather(*(desk.execute(signal_id) for _ in range(_CALLERS)))
        assert set(answers) <= {"PENDING_NEW", "UNKNOWN"}
        outcomes.append(await desk.execute(signal_id))
    await desk.settle()
    desk.venue.answers_no_questions = False
    await desk.settle()
    return await _found_bit_by_bit(desk, outcomes)


async def reconciliation_lag(desk: DrillDesk) -> list[str]:
    """The venue shows positions at once and orders much later: after they were taken for never placed."""
    desk.venue.loses_answers = True
    outcomes = [await desk.execute(await desk.approved_signal()) for _ in range(2)]
    await desk.settle()
    return await _found_bit_by_bit(desk, outcomes)


async def _found_bit_by_bit(desk: DrillDesk, outcomes: list[str]) -> list[str]:
    """The first lost order is shown, then nothing for a while, then the others; then people trade on."""
    desk.venue.loses_answers = False
    desk.venue.hidden.discard(desk.venue.placed[0])
    await desk.compare_books()
    outcomes.append(await desk.execute(await desk.approved_signal()))
    await desk.compare_books()
    outcomes.append(await desk.execute(await desk.approved_signal()))
    desk.venue.hidden.clear()
    await desk.compare_books()
    await desk.compare_books()
    # Nothing loosens by itself, also when everything is found.
    outcomes.append(await desk.execute(await desk.approved_signal()))
    await desk.say(TradingMode.NORMAL, "every order is accounted for")
    return [*outcomes, await desk.execute(await desk.approved_signal())]


DRILLS: Mapping[str, Callable[[DrillDesk], Awaitable[list[str]]]] = {
    drill.__name__: drill for drill in (stale_data, retry_storm, reconciliation_lag)
}


async def drilled(name: str, window: Scenario, seed: int) -> Drilled:
    """Plays the drill on prices of `window` that `seed` draws."""
    async with open_drill(window, seed) as desk:
        outcomes = await DRILLS[name](desk)
        assert await desk.desk.broker.positions("paper") == await desk.booked_positions()
        return Drilled(
            tuple(desk.modes),
            tuple(outcomes),
            len(desk.venue.placed),
            await desk.told(),
            await desk.fingerprint(),
        )


def read_fingerprints() -> Mapping[str, Mapping[str, str]]:
    """By drill and window, for seed 1."""
    found: Mapping[str, Mapping[str, str]] = json.loads(FINGERPRINTS.read_text())
    return found
