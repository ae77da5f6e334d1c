"""Runs an artifact's backtest again in a process that shares nothing with this one but its bars.

Another hash seed, time zone and locale, an empty working directory, no other setting of the environment and
no folder of the user's on the search path: a result that leans on any of them comes out otherwise.
"""

import base64
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from jax.app.research.worker_process import Worker, WorkerProgress, result_of
from jax.domain.rerun import Rerun, rerun_of

RerunProgress = WorkerProgress

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
    documents = {"payload": payload_bytes, "bundle": bundle_bytes, "golden_suite": golden_bytes}
    job = {name: base64.b64encode(document).decode() for name, document in documents.items()}
    with tempfile.TemporaryDirectory(prefix="jax-rerun-") as scratch:
        worker = Worker(
            name="The re-run's process",
            work="re-run",
            command=_command(home),
            folder=Path(scratch),
            environment=_environment(scratch),
            silence_seconds=_SILENCE_SECONDS,
        )
        told = await result_of(worker, job, progress)
    return rerun_of(told["rerun"])


def _command(home: Path) -> tuple[str, ...]:
    return (sys.executable, "-s", "-P", "-c", _PROGRAM, str(_SOURCE_ROOT), str(home.absolute()))


def _environment(scratch: str) -> Mapping[str, str]:
    others = {
        name: next(choice for choice in choices if choice != os.environ.get(name))
        for name, choices in _OTHERS.items()
    }
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, **others, "HOME": scratch, "TMPDIR": scratch}
