"""A backtest as it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from jax.app.research.desk.background_runs import Run, RunStatus
from jax.domain.canonical_json import Json
from jax.ports.asked_runs import AskedRun
from jax.ports.run_store import KeptRun


class BacktestStatus(StrEnum):
    """QUEUED > RUNNING > DONE or FAILED; one that was canceled or lost has FAILED."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class BacktestView:
    """A backtest as it stands: `progress` from 0 to 1, `kept` when it is DONE, `error` when it has FAILED.

    A run that is DONE and has an error was kept, and can no longer be read.
    """

    run_id: str
    status: BacktestStatus
    progress: float
    request: Mapping[str, Json]
    asked_at: datetime
    ended_at: datetime | None = None
    kept: KeptRun | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class BacktestPage:
    """Newest first; `next_cursor` is None on the last page."""

    views: Sequence[BacktestView]
    next_cursor: str | None


def view_of_work(asked: AskedRun, run: Run[Any, Any]) -> BacktestView:
    """The view of what waits, works, or has come to an end that could not be written down."""
    status = {RunStatus.WAITING: BacktestStatus.QUEUED, RunStatus.RUNNING: BacktestStatus.RUNNING}
    return BacktestView(
        run_id=asked.run_id,
        status=status.get(run.status, BacktestStatus.FAILED),
        progress=run.done / run.total if run.total else 0.0,
        request=asked.request,
        asked_at=asked.asked_at,
        ended_at=run.ended_at,
        error=run.error,
    )


def view_of_failure(asked: AskedRun, error: Exception | None) -> BacktestView:
    """The view of what came to nothing."""
    return BacktestView(
        run_id=asked.run_id,
        status=BacktestStatus.FAILED,
        progress=0.0,
        request=asked.request,
        asked_at=asked.asked_at,
        ended_at=asked.ended_at,
        error=error,
    )


def view_of_success(asked: AskedRun, kept: KeptRun | None, error: Exception | None = None) -> BacktestView:
    """The view of what was kept, with the error that keeps it from being read."""
    return BacktestView(
        run_id=asked.run_id,
        status=BacktestStatus.DONE,
        progress=1.0,
        request=asked.request,
        asked_at=asked.asked_at,
        ended_at=asked.ended_at,
        kept=kept,
        error=error,
    )


def view_of_kept(kept: KeptRun) -> BacktestView:
    """The view of a run that is kept and was not asked for here."""
    return BacktestView(
        run_id=kept.run_id,
        status=BacktestStatus.DONE,
        progress=1.0,
        request=kept.request,
        asked_at=kept.kept_at,
        ended_at=kept.kept_at,
        kept=kept,
    )
