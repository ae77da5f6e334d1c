"""The process that backtests what is to be submitted; submission_process starts it and listens.

It takes the home as its argument and answers as worker_answers says.
"""

import asyncio
import base64
import sys
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from jax.app.research.research import BacktestRequest
from jax.app.research.submission import request_of, submission_of
from jax.app.research.wiring import build_research
from jax.app.research.worker_answers import Answer, answer_job
from jax.domain.canonical_json import Json
from jax.domain.risk_profile import RiskProfile
from jax.modules.artifacts.submit_artifact import build_payload

# The gate gives the version; a payload has to have one.
_VERSION = "1.0.0"


def main() -> None:
    """Answers the job on standard input."""
    answer_job(_backtest)


def _backtest(job: Mapping[str, Any], answer: Answer) -> Json:
    risk = _risk(job["risk"])
    request = BacktestRequest(
        strategy=job["strategy"],
        data_from=_time(job["data_from"]),
        data_to=_time(job["data_to"]),
        symbols=tuple(job["symbols"]),
        params={name: Decimal(value) for name, value in job["params"].items()},
    )
    run = asyncio.run(
        build_research(Path(sys.argv[1])).backtest(
            request_of(request, risk=risk), lambda done, total: answer({"done": done, "total": total})
        )
    )
    submission = submission_of(run, author=job["author"], risk=risk, trials=job["trials"])
    documents = {
        "payload": build_payload(submission, version=_VERSION).encoded(),
        "bundle": submission.source.bundle.encoded(),
        "golden_suite": submission.golden_suite,
        "report": submission.report,
    }
    return {name: base64.b64encode(document).decode() for name, document in documents.items()}


def _time(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _risk(given: Mapping[str, Any]) -> RiskProfile:
    return RiskProfile(
        max_position_fraction=Decimal(given["max_position_fraction"]),
        max_daily_loss=Decimal(given["max_daily_loss"]),
        allowed_order_types=tuple(given["allowed_order_types"]),
        max_order_notional=Decimal(given["max_order_notional"]),
        max_orders_per_minute=given["max_orders_per_minute"],
        price_collar_fraction=Decimal(given["price_collar_fraction"]),
        venues=tuple(given["venues"]),
    )
