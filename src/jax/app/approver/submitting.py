"""Submits: backtests a strategy and hands the run in as a DRAFT."""

from dataclasses import dataclass

from jax.app.approver.gate import Gate
from jax.app.research.research import BacktestProgress, BacktestRequest
from jax.app.research.submission import request_of, submission_of
from jax.app.research.wiring import build_research
from jax.domain import checks
from jax.domain.artifact import Artifact
from jax.domain.risk_profile import RiskProfile
from jax.modules.artifacts.submit_artifact import SubmitArtifact


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who answers for it, with which limits, after how many variants (>= 1)."""

    author: str
    risk: RiskProfile
    trials: int


async def submit_backtest(
    gate: Gate, request: BacktestRequest, authorship: Authorship, progress: BacktestProgress
) -> Artifact:
    """The artifact of the run: a new DRAFT, or the one that the same submission made before.

    NotFound for an unknown strategy or symbol; InvalidValue for what cannot run or be.
    """
    checks.person("--author", authorship.author)
    run = await build_research(gate.home).backtest(request_of(request, risk=authorship.risk), progress)
    submitting = SubmitArtifact(
        unit_of_work=gate.unit_of_work, object_store=gate.objects, clock=gate.clock, ids=gate.ids
    )
    return await submitting.submit(
        submission_of(run, author=authorship.author, risk=authorship.risk, trials=authorship.trials)
    )
