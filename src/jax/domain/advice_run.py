"""What came of asking for advice: the advice, whom it is from, and every question and answer on the way."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jax.domain.advice import Plan, ToolResult
from jax.domain.advice_request import AdviceRequest

NOBODY = "none"


class RunStatus(StrEnum):
    """COMPLETED has advice; FAILED has the problem, which is a fault of ours."""

    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Advisers:
    """Who could be asked, by name: the memories in their turn, the others None where there is none."""

    memories: tuple[str, ...]
    planner: str | None
    researcher: str | None


@dataclass(frozen=True, slots=True)
class Used:
    """Who answered in the end; `none` where nobody did."""

    memory: str = NOBODY
    researcher: str = NOBODY
    planner: str = NOBODY
    retained: str = NOBODY


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question to `who` and its answer, both canonical JSON; an answer is None when there was a problem."""

    who: str
    call: str
    question: str
    answer: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to; `notes` say, a sentence each, what was refused or not to be had."""

    advice: Plan
    used: Used
    tools: tuple[ToolResult, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdviceRun:
    """The run of a request: `exchanges` are enough to run it again without asking anybody."""

    run_id: str
    status: RunStatus
    outcome: Outcome | None
    problem: str | None
    advisers: Advisers
    exchanges: tuple[Exchange, ...]
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class AskedAdvice:
    """A request with its run, which is None until there is one."""

    request: AdviceRequest
    run: AdviceRun | None
