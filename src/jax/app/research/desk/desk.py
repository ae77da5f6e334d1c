"""The running desk: what its interfaces may ask of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jax.app.research.desk.advice import Advice
from jax.app.research.desk.background_runs import BackgroundRuns
from jax.app.research.desk.backtests import BacktestRuns, Backtests
from jax.app.research.desk.decisions import Decisions
from jax.app.research.desk.health import Health, health_of
from jax.app.research.desk.parts import DeskParts
from jax.app.research.desk.reading import Reading
from jax.app.research.desk.record import Record
from jax.app.research.desk.releases import Releases
from jax.app.research.desk.reruns import AskedRerun, RerunResult, Reruns
from jax.app.research.desk.stops import Stops
from jax.app.research.desk.submissions import AskedSubmission, Submissions
from jax.domain.artifact import Artifact

RUNS_AT_ONCE = 2
# Turns of their own: a strategy that never returns must not keep the gate waiting.
BACKTESTS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """What does not change while the desk runs."""

    version: str
    boot_id: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that people ask for, by what it is about."""

    facts: DeskFacts
    parts: DeskParts
    reading: Reading
    decisions: Decisions
    reruns: Reruns
    submissions: Submissions
    releases: Releases
    stops: Stops
    record: Record
    backtests: Backtests
    advice: Advice

    async def health(self) -> Health:
        """Whether people can work."""
        return await health_of(self.parts)

    async def policy_mark(self) -> str | None:
        """The mark of the policy in force; what was told last when the database does not answer."""
        return await self.parts.policy_mark_if_told()


@asynccontextmanager
async def desk_at_work(
    parts: DeskParts, facts: DeskFacts, *, runs_at_once: int = RUNS_AT_ONCE
) -> AsyncIterator[Desk]:
    """The desk until the block ends, and with it every run that is under way."""
    seats = asyncio.Semaphore(runs_at_once)
    reruns: BackgroundRuns[AskedRerun, RerunResult] = BackgroundRuns(
        clock=parts.clock, ids=parts.ids, seats=seats
    )
    submissions: BackgroundRuns[AskedSubmission, Artifact] = BackgroundRuns(
        clock=parts.clock, ids=parts.ids, seats=seats
    )
    backtest_runs: BacktestRuns = BackgroundRuns(
        clock=parts.clock, ids=parts.ids, seats=asyncio.Semaphore(BACKTESTS_AT_ONCE)
    )
    backtests = Backtests(parts, backtest_runs)
    await backtests.restore()
    stops, advice = Stops(parts), Advice(parts)
    advice.begin()
    try:
        yield Desk(
            facts=facts,
            parts=parts,
            reading=Reading(parts),
            decisions=Decisions(parts),
            reruns=Reruns(parts, reruns),
            submissions=Submissions(parts, submissions),
            releases=Releases(parts, stops),
            stops=stops,
            record=Record(parts),
            backtests=backtests,
            advice=advice,
        )
    finally:
        await asyncio.gather(reruns.end(), submissions.end(), backtest_runs.end(), advice.end())
