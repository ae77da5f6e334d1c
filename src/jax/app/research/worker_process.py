"""Gives one job to a Python process of its own, listens to its answers line by line, and ends it."""

import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from jax.app.research.run_errors import error_of
from jax.domain.canonical_json import Json, canonical_bytes
from jax.domain.errors import InvalidValue
from jax.ports.errors import NotFound, Unavailable

WorkerProgress = Callable[[int, int], object]

_SECRETS = frozenset({"DATABASE_URL", "JAX_API_TOKEN"})

_END_SECONDS = 10.0
_LONGEST_LINE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that is started with `command` in `folder`, with nothing but `environment`.

    `name` begins with a capital. `work` is what is named when the job itself cannot be done; empty when the
    worker's own errors are to be raised as they are.
    """

    name: str
    work: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    silence_seconds: float


def environment_without_secrets() -> Mapping[str, str]:
    """This process's environment for one that runs a strategy: with its search path, without passwords."""
    kept = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    # The strategies that are installed here are installed there.
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


async def result_of(worker: Worker, job: Json, progress: WorkerProgress | None = None) -> Mapping[str, Any]:
    """The worker's last answer, of `worker_answers.answer_job`; the process is ended whatever happens.

    `progress` hears of (done, all). NotFound and InvalidValue as the worker says; Unavailable when it died
    or fell silent. A worker without `work` raises whatever it says, as run_errors has it.
    """
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(
            *worker.command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=said,
            cwd=worker.folder,
            env=worker.environment,
            limit=_LONGEST_LINE_BYTES,
            # Ctrl-C reaches the whole foreground group; the worker is ended below.
            start_new_session=True,
        )
        try:
            await _send(process, canonical_bytes(job))
            found = await _listen(process, worker, progress)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            code = await process.wait()
        if found is None:
            raise Unavailable(
                f"{worker.name} ended with code {code} and no answer ({_last_line(said)}): see that memory "
                "suffices, and try again"
            )
    return _unless_error(found, worker)


async def _send(process: Process, job: bytes) -> None:
    # A worker that has died meanwhile shows by its missing answer.
    with suppress(BrokenPipeError, ConnectionResetError):
        if process.stdin is not None:
            process.stdin.write(job)
            await process.stdin.drain()
            process.stdin.close()


async def _listen(
    process: Process, worker: Worker, progress: WorkerProgress | None
) -> Mapping[str, Any] | None:
    """The first answer that is no progress; None when the worker ended before it gave one."""
    while line := await _line(process, worker):
        told: Mapping[str, Any] = json.loads(line)
        if "done" not in told:
            return told
        if progress is not None:
            progress(told["done"], told["total"])
    # The pipe closes a moment before the process has its exit code.
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            await process.wait()
    return None


async def _line(process: Process, worker: Worker) -> bytes:
    if process.stdout is None:
        return b""
    try:
        async with asyncio.timeout(worker.silence_seconds):
            return await process.stdout.readline()
    except TimeoutError as error:
        raise Unavailable(
            f"{worker.name} was ended, since it said nothing for {worker.silence_seconds:.0f} s: look for a "
            "strategy that never returns, or try again"
        ) from error


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _unless_error(told: Mapping[str, Any], worker: Worker) -> Mapping[str, Any]:
    if "error" not in told:
        return told
    if not worker.work:
        raise error_of(told)
    error, sentence = told["error"], told["sentence"]
    if error == NotFound.__name__:
        raise NotFound(sentence)
    if error == Unavailable.__name__:
        raise Unavailable(sentence)
    raise InvalidValue(worker.work, sentence)
