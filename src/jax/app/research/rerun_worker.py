"""The process that runs an artifact's backtest again; rerun_process starts it and listens.

It takes the home as its argument and one job on standard input, and answers on standard output in lines of
canonical JSON: how far it is, and last what came of it.
"""

import asyncio
import base64
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from jax.app.research.rerun import rerun_backtest
from jax.app.research.sealed_process import seal_process
from jax.app.research.wiring import build_research
from jax.domain.artifact_payload import parse_payload
from jax.domain.bundle import decode_bundle
from jax.domain.canonical_json import Json, canonical_bytes
from jax.domain.rerun import Rerun

Answer = Callable[[Json], object]

_LONGEST_ERROR = 2_000


def main() -> None:
    """Answers the job on standard input."""
    answer = _answers()
    try:
        job = json.loads(sys.stdin.buffer.read())
        documents = {name: base64.b64decode(text) for name, text in job.items()}
        answer({"rerun": _rerun(Path(sys.argv[1]), documents, answer).document()})
    except Exception as error:  # noqa: BLE001 - whatever went wrong, one sentence of it goes to the parent
        sentence = " ".join(str(error).split())[:_LONGEST_ERROR] or type(error).__name__
        answer({"error": type(error).__name__, "sentence": sentence})


def _answers() -> Answer:
    """Writes answers where the parent listens; whatever else is printed goes to standard error."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def answer(document: Json) -> None:
        stream.write(canonical_bytes(document) + b"\n")
        stream.flush()

    return answer


def _rerun(home: Path, documents: dict[str, bytes], answer: Answer) -> Rerun:
    payload = parse_payload(documents["payload"])
    bundle = decode_bundle(documents["bundle"])
    window = asyncio.run(build_research(home).rerun_window(payload))
    seal_process()
    return rerun_backtest(
        payload,
        bundle,
        documents["golden_suite"],
        window,
        lambda done, total: answer({"done": done, "total": total}),
    )
