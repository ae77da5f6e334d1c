"""The process that runs an artifact's backtest again; rerun_process starts it and listens.

It takes the home as its argument and answers as worker_answers says.
"""

import asyncio
import base64
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jax.app.research.rerun import rerun_backtest
from jax.app.research.sealed_process import seal_process
from jax.app.research.wiring import build_research
from jax.app.research.worker_answers import Answer, answer_job
from jax.domain.artifact_payload import parse_payload
from jax.domain.bundle import decode_bundle
from jax.domain.canonical_json import Json


def main() -> None:
    """Answers the job on standard input."""
    answer_job(_rerun)


def _rerun(job: Mapping[str, Any], answer: Answer) -> Json:
    documents = {name: base64.b64decode(text) for name, text in job.items()}
    payload = parse_payload(documents["payload"])
    bundle = decode_bundle(documents["bundle"])
    window = asyncio.run(build_research(Path(sys.argv[1])).rerun_window(payload))
    seal_process()
    rerun = rerun_backtest(
        payload,
        bundle,
        documents["golden_suite"],
        window,
        lambda done, total: answer({"done": done, "total": total}),
    )
    return {"rerun": rerun.document()}
