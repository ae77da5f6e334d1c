"""Backtests of installed strategies, handed in as DRAFTs."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from jax.app.research.desk.desk import Desk
from jax.app.research.desk.submissions import AskedSubmission, SubmissionRun
from jax.app.research.http.backtest_request import Param
from jax.app.research.http.bodies import ArtifactBody
from jax.app.research.http.fields import (
    IdentifierInPath,
    Mark,
    Person,
    Positive,
    StrategyName,
    StrictBody,
    Symbol,
    Words,
)
from jax.app.research.http.problems import responses
from jax.app.research.http.runs import RunBody
from jax.app.research.submission import DEFAULT_RISK
from jax.app.research.submission_process import Authorship
from jax.domain.risk_profile import RiskProfile

_LAST_MOMENT = timedelta(days=1) - timedelta(microseconds=1)
_AtLeastOne = Annotated[int, Field(ge=1, le=1_000_000_000, strict=True, examples=[60])]
_Day = Annotated[date, Field(examples=["2011-12-31"])]


class RiskBody(StrictBody):
    """The limits that people approve together with the strategy; each has the default of the command.

    `max_position_pct` and `price_collar_pct` are fractions, 0.2 for a fifth; money is in the account's
    currency. Signals of at least `auto_approve_confidence`, above 0 and at most 1, need no person's approval;
    without it all of them do.
    """

    max_position_pct: Positive = DEFAULT_RISK.max_position_fraction
    max_daily_loss: Positive = DEFAULT_RISK.max_daily_loss
    allowed_order_types: Words = Field(list(DEFAULT_RISK.allowed_order_types), examples=[["LIMIT", "MARKET"]])
    max_order_notional: Positive = DEFAULT_RISK.max_order_notional
    max_orders_per_min: _AtLeastOne = DEFAULT_RISK.max_orders_per_minute
    price_collar_pct: Positive = DEFAULT_RISK.price_collar_fraction
    venues: Words = Field(list(DEFAULT_RISK.venues), examples=[["paper"]])
    auto_approve_confidence: Positive | None = Field(None, le=1)

    def profile(self) -> RiskProfile:
        """As the domain has it."""
        return RiskProfile(
            max_position_fraction=self.max_position_pct,
            max_daily_loss=self.max_daily_loss,
            allowed_order_types=tuple(self.allowed_order_types),
            max_order_notional=self.max_order_notional,
            max_orders_per_minute=self.max_orders_per_min,
            price_collar_fraction=self.price_collar_pct,
            venues=tuple(self.venues),
            auto_approve_confidence=self.auto_approve_confidence,
        )


class SubmissionRequest(StrictBody):
    """A strategy on the bars that end from the first moment of `from` to the last of `to`, UTC.

    Without a day the window is open there; without `symbols` all that have bars are taken. `params` replace
    the strategy's defaults. `trials` is how many variants were tried before this one.
    """

    strategy: StrategyName
    author: Person
    first_day: _Day | None = Field(None, alias="from")
    last_day: _Day | None = Field(None, alias="to")
    symbols: list[Symbol] = Field(default_factory=list, max_length=1000)
    params: dict[str, Param] = Field(
        default_factory=dict, max_length=64, examples=[{"fast": 10, "first_target": "2.5"}]
    )
    trials: _AtLeastOne = 1
    risk: RiskBody = Field(default_factory=lambda: RiskBody.model_validate({}))

    def asked(self) -> AskedSubmission:
        """As the desk takes it."""
        return AskedSubmission(
            strategy=self.strategy,
            data_from=None if self.first_day is None else _midnight(self.first_day),
            data_to=None if self.last_day is None else _midnight(self.last_day) + _LAST_MOMENT,
            symbols=tuple(sorted(set(self.symbols))),
            authorship=Authorship(self.author, self.risk.profile(), self.trials),
            params=tuple(sorted(self.params.items())),
        )


class SubmissionAnswer(BaseModel):
    """A backtest that is to be a DRAFT; `artifact` is there when it is DONE."""

    policy: Mark | None
    strategy: StrategyName
    author: Person
    run: RunBody
    artifact: ArtifactBody | None

    @classmethod
    def of(cls, run: SubmissionRun, policy: str | None) -> "SubmissionAnswer":
        return cls(
            policy=policy,
            strategy=run.subject.strategy,
            author=run.subject.authorship.author,
            run=RunBody.of(run),
            artifact=None if run.result is None else ArtifactBody.of(run.result),
        )


def submission_routes(desk: Desk) -> APIRouter:
    """The routes of submissions."""
    routes = APIRouter(prefix="/api/v1", tags=["submissions"])

    @routes.post("/artifacts", status_code=202, responses=responses(413, 422, 503))
    async def submit(request: SubmissionRequest, response: Response) -> SubmissionAnswer:
        """Starts a backtest whose result becomes a DRAFT; the same submission again changes nothing."""
        run = desk.submissions.start(request.asked())
        response.headers["Location"] = f"/api/v1/submissions/{run.run_id}"
        return SubmissionAnswer.of(run, await desk.policy_mark())

    @routes.get("/submissions/{run_id}", responses=responses(404, 422, 503))
    async def submission(run_id: IdentifierInPath) -> SubmissionAnswer:
        """How far the backtest is and, when it is done, the artifact."""
        return SubmissionAnswer.of(desk.submissions.get(run_id), await desk.policy_mark())

    return routes


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
