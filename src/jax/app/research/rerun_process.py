"""Runs an artifact's backtest again in a process that shares nothing with this one but its bars.

Another hash seed, time zone and locale, an empty working directory, no other setting of the environment and
no folder of the user's on the search path: a result that leans on any of them comes out otherwise.
"""

import asyncio
import base64
import json
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn

from jax.domain.canonical_json import canonical_bytes
from jax.domain.errors import InvalidValue
from jax.domain.rerun import Rerun, rerun_of
from jax.ports.errors import NotFound, Unavailable

RerunProgress = Callable[[int, int], object]

_SOURCE_ROOT = Path(__file__).absolute().parents[3]
# Behind the standard library, so that nothing that is installed hides it, and in front of what is installed,
# so that the run is made by the same Jax that asks for it.
_PROGRAM = (
    "import sys; root = sys.argv.pop(1); "
    "places = [n for n, place in enumerate(sys.path) if place.endswith('-packages')]; "
    "sys.path.insert(min(places, default=len(sys.path)), root); "
    "from jax.app.research.rerun_worker import main; main()"
)
# Each first choice is unlike what a machine is set to; the second is for a machine that is set so.
_OTHERS = {
    "PYTHONHASHSEED": ("4217", "4218"),
    "TZ": ("Asia/Kathmandu", "America/St_Johns"),
    "LC_ALL": ("C", "C.UTF-8"),
}
# Without these the interpreter itself may not start.
_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_SILENCE_SECONDS = 600.0
_END_SECONDS = 10.0
_LONGEST_LINE_BYTES = 4 * 1024 * 1024


async def rerun_in_another_process(
    home: Path,
    *,
    payload_bytes: bytes,
    bundle_bytes: bytes,
    golden_bytes: bytes,
    progress: RerunProgress | None = None,
) -> Rerun:
    """The backtest of the payload once more, over the bars in `home`; see domain.rerun.differences.

    `progress` hears of (bar ends done, all bar ends). InvalidValue says why the artifact cannot be run again,
    NotFound which bars are missing; Unavailable when the process died or fell silent for ten minutes.
    """
    job = _job({"payload": payload_bytes, "bundle": bundle_bytes, "golden_suite": golden_bytes})
    with tempfile.TemporaryDirectory(prefix="jax-rerun-") as scratch, tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(
            *_command(home),
            stdin=PIPE,
            stdout=PIPE,
            stderr=said,
            cwd=scratch,
            env=_environment(scratch),
            limit=_LONGEST_LINE_BYTES,
            # Ctrl-C reaches the whole foreground group; the worker is ended below.
            start_new_session=True,
        )
        try:
            await _send(process, job)
            rerun = await _answer(process, progress)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            code = await process.wait()
        if rerun is None:
            raise Unavailable(
                f"The re-run's process ended with code {code} and no answer ({_last_line(said)}): see that "
                "memory suffices, and try again"
            )
        return rerun


def _command(home: Path) -> tuple[str, ...]:
    return (sys.executable, "-s", "-P", "-c", _PROGRAM, str(_SOURCE_ROOT), str(home.absolute()))


def _environment(scratch: str) -> Mapping[str, str]:
    others = {
        name: next(choice for choice in choices if choice != os.environ.get(name))
        for name, choices in _OTHERS.items()
    }
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, **others, "HOME": scratch, "TMPDIR": scratch}


def _job(documents: Mapping[str, bytes]) -> bytes:
    return canonical_bytes({name: base64.b64encode(text).decode() for name, text in documents.items()})


async def _send(process: Process, job: bytes) -> None:
    # A worker that has died meanwhile shows by its missing answer.
    with suppress(BrokenPipeError, ConnectionResetError):
        if process.stdin is not None:
            process.stdin.write(job)
            await process.stdin.drain()
            process.stdin.close()


async def _answer(process: Process, progress: RerunProgress | None) -> Rerun | None:
    """What the worker made; None when it ended before it said so."""
    while line := await _line(process):
        told: Mapping[str, Any] = json.loads(line)
        if "rerun" in told:
            return rerun_of(told["rerun"])
        if "error" in told:
            _raise(told["error"], told["sentence"])
        if progress is not None:
            progress(told["done"], told["total"])
    # The pipe closes a moment before the process has its exit code.
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _END_SECONDS)
    return None


async def _line(process: Process) -> bytes:
    if process.stdout is None:
        return b""
    try:
        return await asyncio.wait_for(process.stdout.readline(), _SILENCE_SECONDS)
    except TimeoutError as error:
        raise Unavailable(
            f"The re-run's process was ended, since it said nothing for {_SILENCE_SECONDS:.0f} s: look for a "
            "strategy that never returns, or try again"
        ) from error


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _raise(error: str, sentence: str) -> NoReturn:
    if error == NotFound.__name__:
        raise NotFound(sentence)
    if error == Unavailable.__name__:
        raise Unavailable(sentence)
    raise InvalidValue("re-run", sentence)
