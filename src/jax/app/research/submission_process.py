"""Backtests what is to be submitted in a process of its own.

A strategy that never returns can be ended so, keeps nobody else waiting, and sees no password of this
process. What comes back is read as strictly as a payload from anywhere.
"""

import base64
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from jax.app.research.research import BacktestRequest
from jax.app.research.worker_process import (
    Worker,
    WorkerProgress,
    environment_without_secrets,
    result_of,
)
from jax.domain.artifact_payload import ArtifactPayload, parse_payload
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.bundle import decode_bundle
from jax.domain.canonical_json import Json
from jax.domain.decimal_text import plain
from jax.domain.payload_fields import mapping, text, whole
from jax.domain.risk_profile import RiskProfile
from jax.modules.artifacts.submit_artifact import DataWindow, Environment, Submission
from jax.ports.strategy_catalog import StrategySource

_PROGRAM = "from jax.app.research.submission_worker import main; main()"
_SILENCE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who answers for it, with which limits, after how many variants (>= 1)."""

    author: str
    risk: RiskProfile
    trials: int


async def backtest_in_another_process(
    home: Path, request: BacktestRequest, authorship: Authorship, progress: WorkerProgress | None = None
) -> Submission:
    """What the gate takes of the run over the bars in `home`.

    `progress` hears of (bar ends done, all bar ends). NotFound for an unknown strategy or symbol,
    InvalidValue for what cannot run or be; Unavailable when the process died or fell silent for ten minutes.
    """
    told = await result_of(_worker(home), _job(request, authorship), progress)
    return _submission({name: base64.b64decode(document) for name, document in told.items()})


def _worker(home: Path) -> Worker:
    return Worker(
        name="The backtest's process",
        work="backtest",
        command=(sys.executable, "-P", "-c", _PROGRAM, str(home.absolute())),
        folder=home,
        environment=environment_without_secrets(),
        silence_seconds=_SILENCE_SECONDS,
    )


def _job(request: BacktestRequest, authorship: Authorship) -> Json:
    risk = authorship.risk
    spelled: dict[str, Any] = {field.name: getattr(risk, field.name) for field in fields(risk)}
    return {
        "strategy": request.strategy,
        "data_from": None if request.data_from is None else request.data_from.isoformat(),
        "data_to": None if request.data_to is None else request.data_to.isoformat(),
        "symbols": list(request.symbols),
        "params": {name: plain(Decimal(value)) for name, value in request.params.items()},
        "author": authorship.author,
        "trials": authorship.trials,
        "risk": {
            name: str(value) if isinstance(value, Decimal) else value for name, value in spelled.items()
        },
    }


def _submission(documents: Mapping[str, bytes]) -> Submission:
    payload = parse_payload(documents["payload"])
    sections = {name: mapping(name, payload.document[name]) for name in ("code", "data", "env", "backtest")}
    code, env = sections["code"], sections["env"]
    return Submission(
        source=StrategySource(
            name=payload.name,
            entry=payload.entry,
            bundle=decode_bundle(documents["bundle"]),
            repo=text("repo", code["repo"]),
            commit=text("commit", code["commit"]),
        ),
        author=payload.author,
        params=payload.params,
        data=DataWindow(
            manifest_sha256=payload.manifest_sha256,
            first_end=payload.data_from,
            last_end=payload.data_to,
            symbols=payload.symbols,
            vendor=text("vendor", sections["data"]["vendor"]),
        ),
        environment=Environment(text("python", env["python"]), text("lock", env["lock_sha256"])),
        risk=payload.risk,
        evidence=_evidence(payload, sections["backtest"]),
        golden_suite=documents["golden_suite"],
        report=documents["report"],
    )


def _evidence(payload: ArtifactPayload, backtest: Mapping[str, Json]) -> BacktestEvidence:
    return BacktestEvidence(
        run_id=text("run_id", backtest["run_id"]),
        engine_version=text("engine_version", backtest["engine_version"]),
        seed=whole("seed", backtest["seed"]),
        trials=payload.trials,
        orders_sha256=payload.orders_sha256,
        metrics={name: Decimal(value) for name, value in payload.metrics.items()},
    )
