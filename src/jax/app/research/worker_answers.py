"""The worker's end of worker_process: one job on standard input, answers in lines on standard output."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from jax.app.research.run_errors import told
from jax.domain.canonical_json import Json, canonical_bytes

Answer = Callable[[Json], object]
Work = Callable[[Mapping[str, Any], Answer], Json]


def answer_job(work: Work) -> None:
    """Answers with what `work` makes of the job, or with the one sentence that says why it makes nothing.

    On the way `work` may answer `{"done": n, "total": m}`.
    """
    answer = _answers()
    try:
        answer(work(json.loads(sys.stdin.buffer.read()), answer))
    except Exception as error:  # noqa: BLE001 - whatever went wrong, one sentence of it goes to the parent
        answer(told(error))


def _answers() -> Answer:
    """Writes answers where the parent listens; whatever else is printed goes to standard error."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def answer(document: Json) -> None:
        stream.write(canonical_bytes(document) + b"\n")
        stream.flush()

    return answer
