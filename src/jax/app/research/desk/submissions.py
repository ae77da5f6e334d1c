"""Backtests that are handed in as DRAFTs."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jax.app.research.desk.background_runs import BackgroundRuns, Run, RunProgress
from jax.app.research.desk.parts import DeskParts
from jax.app.research.research import BacktestRequest
from jax.app.research.submission_process import Authorship, backtest_in_another_process
from jax.domain.artifact import Artifact
from jax.modules.artifacts.submit_artifact import SubmitArtifact


@dataclass(frozen=True, slots=True)
class AskedSubmission:
    """A strategy by name on the bars that end within [`data_from`, `data_to`] (UTC; None is open).

    `symbols` empty means every series with bars in the window; `params`, by name, replace
    the strategy's defaults.
    """

    strategy: str
    data_from: datetime | None
    data_to: datetime | None
    symbols: tuple[str, ...]
    authorship: Authorship
    params: tuple[tuple[str, int | Decimal], ...] = ()

    @property
    def request(self) -> BacktestRequest:
        """What is backtested."""
        return BacktestRequest(self.strategy, self.data_from, self.data_to, self.symbols, dict(self.params))


SubmissionRun = Run[AskedSubmission, Artifact]


class Submissions:
    """A DRAFT can do nothing: nothing is signed for it."""

    def __init__(self, parts: DeskParts, runs: BackgroundRuns[AskedSubmission, Artifact]) -> None:
        self._parts = parts
        self._runs = runs
        self._submitting = SubmitArtifact(
            unit_of_work=parts.unit_of_work,
            object_store=parts.objects,
            clock=parts.clock,
            ids=parts.ids,
        )

    def start(self, asked: AskedSubmission) -> SubmissionRun:
        """The run whose result is the artifact: a new DRAFT, or the one that the same submission made before.

        Unavailable when too many runs are waiting; what cannot be backtested fails the run.
        """

        async def work(progress: RunProgress) -> Artifact:
            submission = await backtest_in_another_process(
                self._parts.home, asked.request, asked.authorship, progress
            )
            return await self._submitting.submit(submission)

        return self._runs.start(asked, work)

    def get(self, run_id: str) -> SubmissionRun:
        """The run as it stands; NotFound."""
        return self._runs.get(run_id)
