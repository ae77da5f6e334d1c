"""Makes and keeps a backtest in a process of its own.

A strategy that never returns can be ended so, keeps nobody else waiting, and sees no password of this
process.
"""

import sys
from pathlib import Path

from jax.app.research.backtest_run import BacktestRequest
from jax.app.research.request_document import request_document
from jax.app.research.worker_process import Worker, WorkerProgress, environment_without_secrets, result_of
from jax.domain.payload_fields import text

_PROGRAM = "from jax.app.research.backtest_worker import main; main()"
_SILENCE_SECONDS = 600.0


async def keep_in_another_process(
    home: Path, request: BacktestRequest, progress: WorkerProgress | None = None
) -> str:
    """The id of the run, which is kept in `home` by then.

    `progress` hears of (bar ends done, all bar ends). Errors as of Research.keep_backtest; Unavailable too
    when the process died or fell silent for ten minutes.
    """
    told = await result_of(_worker(home), request_document(request), progress)
    return text("run_id", told["run_id"])


def _worker(home: Path) -> Worker:
    return Worker(
        name="The backtest's process",
        work="",
        command=(sys.executable, "-P", "-c", _PROGRAM, str(home.absolute())),
        folder=home,
        environment=environment_without_secrets(),
        silence_seconds=_SILENCE_SECONDS,
    )
