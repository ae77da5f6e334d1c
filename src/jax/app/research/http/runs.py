"""Long work, as whoever asked for it sees it."""

from typing import Any

from pydantic import BaseModel, Field

from jax.app.http.problems import status_and_code_of
from jax.app.research.desk.background_runs import Run, RunStatus
from jax.app.research.http.fields import Count, Identifier, Moment, Text


class RunProblem(BaseModel):
    """Why a run came to nothing."""

    code: str = Field(examples=["NOT_FOUND"])
    detail: Text

    @classmethod
    def of(cls, error: Exception) -> "RunProblem":
        known = status_and_code_of(error)
        if known is None:
            return cls(code="INTERNAL_ERROR", detail="jax-research failed on this run; its log says why")
        return cls(code=known[1], detail=str(error))


class RunBody(BaseModel):
    """`done` of `total` bars are tested; `total` is 0 until it is known."""

    run_id: Identifier
    status: RunStatus
    done: Count
    total: Count
    asked_at: Moment
    ended_at: Moment | None
    problem: RunProblem | None

    @classmethod
    def of(cls, run: Run[Any, Any]) -> "RunBody":
        same = ("run_id", "status", "done", "total", "asked_at", "ended_at")
        problem = None if run.error is None else RunProblem.of(run.error)
        return cls(**{field: getattr(run, field) for field in same}, problem=problem)
