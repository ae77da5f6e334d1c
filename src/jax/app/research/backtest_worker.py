"""The process that makes and keeps a backtest; backtest_process starts it and listens.

It takes the home as its argument and answers as worker_answers says.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jax.app.research.request_document import request_of
from jax.app.research.wiring import build_research
from jax.app.research.worker_answers import Answer, answer_job
from jax.domain.canonical_json import Json


def main() -> None:
    """Answers the job on standard input."""
    answer_job(_backtest)


def _backtest(job: Mapping[str, Any], answer: Answer) -> Json:
    kept = asyncio.run(
        build_research(Path(sys.argv[1])).keep_backtest(
            request_of(job), lambda done, total: answer({"done": done, "total": total})
        )
    )
    return {"run_id": kept.outcome.run_id}
