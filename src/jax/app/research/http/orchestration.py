"""Advice on signals: asked for, and read. It is for people: nothing here approves or trades."""

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, BaseModel, Field

from jax.app.research.desk.advice import Question
from jax.app.research.desk.desk import Desk
from jax.app.research.http.fields import (
    Figure,
    Identifier,
    IdentifierInPath,
    Moment,
    StrictBody,
    Symbol,
    Text,
)
from jax.app.research.http.problems import responses
from jax.domain.advice import LONGEST_TEXT, AdvisedAction, bounded
from jax.domain.advice_request import MANUAL
from jax.domain.advice_run import AskedAdvice, RunStatus
from jax.domain.checks import text

Body = TypeVar("Body", bound=BaseModel)
_RUNNING = "running"
_WORDS = {RunStatus.COMPLETED: "completed", RunStatus.FAILED: "failed"}
_Status = Annotated[str, Field(examples=["completed"], description="running, completed or failed.")]
_Name = Annotated[str, Field(examples=["postgres"])]


def _trigger(value: str) -> str:
    return text("trigger_type", value, longest=64)


class OrchestrateBody(StrictBody):
    """What advice is asked for; `symbol` must be the signal's when one is named."""

    symbol: Symbol
    signal_id: Identifier | None = None
    trigger_type: Annotated[str, AfterValidator(_trigger), Field(examples=["manual"])] = MANUAL
    context: Annotated[
        str, Field(max_length=LONGEST_TEXT, examples=["earnings come next week"]), AfterValidator(bounded)
    ] = ""


class OrchestrateAnswer(BaseModel):
    """The run that answers, now or later."""

    run_id: Identifier
    status: _Status


class UsedBody(BaseModel):
    """Who answered in the end; `none` where nobody did."""

    memory: _Name
    researcher: _Name
    planner: _Name
    retained: _Name


class ToolBody(BaseModel):
    """What a tool said, or the problem for which it said nothing."""

    tool: str = Field(examples=["dexter.research_company"])
    symbols: list[Symbol]
    said: Text | None
    problem: Text | None


class AdviceBody(BaseModel):
    """A request and, once there is one, its run; `agent_suggestion` is a word for a person to read."""

    run_id: Identifier
    signal_id: Identifier | None
    symbol: Symbol
    trigger_type: str = Field(examples=["signal"])
    status: _Status
    agent_suggestion: AdvisedAction | None
    confidence: Figure | None
    summary: Text | None
    reasoning: Text | None
    used: UsedBody | None
    tools: list[ToolBody]
    notes: list[str] = Field(examples=[["agent0 did not plan: agent0 cannot be asked"]])
    error: Text | None
    asked_at: Moment
    started_at: Moment | None
    completed_at: Moment | None

    @classmethod
    def of(cls, asked: AskedAdvice) -> "AdviceBody":
        request, run = asked.request, asked.run
        outcome = None if run is None else run.outcome
        advice = None if outcome is None else outcome.advice
        return cls(
            run_id=request.run_id,
            signal_id=request.signal_id,
            symbol=request.symbol,
            trigger_type=request.trigger_type,
            status=_status_of(asked),
            agent_suggestion=None if advice is None else advice.action,
            confidence=None if advice is None else advice.confidence,
            summary=None if advice is None else advice.summary,
            reasoning=None if advice is None else advice.reasoning,
            used=None if outcome is None else _body_of(UsedBody, outcome.used),
            tools=[] if outcome is None else [_body_of(ToolBody, result) for result in outcome.tools],
            notes=[] if outcome is None else list(outcome.notes),
            error=None if run is None else run.problem,
            asked_at=request.asked_at,
            started_at=None if run is None else run.started_at,
            completed_at=None if run is None else run.finished_at,
        )


class AdvicesAnswer(BaseModel):
    """Newest first; ask again with `cursor` at `next_cursor` for older ones."""

    runs: list[AdviceBody]
    next_cursor: Identifier | None


def orchestration_routes(desk: Desk) -> APIRouter:
    """The routes /orchestrate, as older clients know them, and the same under /api/v1."""
    routes, advice = APIRouter(tags=["orchestration"]), desk.advice
    known: dict[int | str, dict[str, Any]] = {
        200: {"description": "The signal has its run already.", "model": OrchestrateAnswer}
    }

    @routes.post("/orchestrate", status_code=201, responses={**known, **responses(404, 413, 422, 503)})
    @routes.post("/api/v1/orchestrate", status_code=201, responses={**known, **responses(404, 413, 422, 503)})
    async def orchestrate(body: OrchestrateBody, response: Response) -> OrchestrateAnswer:
        """Asks for advice, which is given in the background; a signal is asked about once."""
        asked, is_new = await advice.ask(
            Question(body.symbol, body.signal_id, body.trigger_type, body.context)
        )
        response.status_code = 201 if is_new else 200
        return OrchestrateAnswer(run_id=asked.request.run_id, status=_status_of(asked))

    @routes.get("/orchestrate/runs", responses=responses(404, 422, 503))
    @routes.get("/api/v1/orchestrate/runs", responses=responses(404, 422, 503))
    async def runs(
        cursor: Identifier | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> AdvicesAnswer:
        """What was asked, and what came of it, page by page."""
        page = await advice.page(cursor=cursor, limit=limit)
        return AdvicesAnswer(
            runs=[AdviceBody.of(asked) for asked in page.asked], next_cursor=page.next_cursor
        )

    @routes.get("/orchestrate/runs/{run_id}", responses=responses(404, 422, 503))
    @routes.get("/api/v1/orchestrate/runs/{run_id}", responses=responses(404, 422, 503))
    async def run(run_id: IdentifierInPath) -> AdviceBody:
        """One request, and what came of it."""
        return AdviceBody.of(await advice.get(run_id))

    return routes


def _status_of(asked: AskedAdvice) -> str:
    return _RUNNING if asked.run is None else _WORDS[asked.run.status]


def _body_of(kind: type[Body], value: object) -> Body:
    return kind(**{field: getattr(value, field) for field in kind.model_fields})
