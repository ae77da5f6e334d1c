"""Runs jax-trader as a process of its own and talks to it over HTTP."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jax.app.console import CommandFailed

_START_WITHIN_SECONDS = 60.0
_STOP_WITHIN_SECONDS = 10.0
_LOOK_EVERY_SECONDS = 0.05
# The demo's bars are of another time and come one upon the other; a variable that is set goes first.
_REPLAY = {
    "MAX_QUOTE_AGE_SECONDS": "0",
    "MUST_BE_IN_SESSION": "false",
    "REPEAT_AFTER_SECONDS": "0",
    "MAX_CYCLE_NOTIONAL_PCT": "0",
    "MAX_DAILY_RISK": "1000000",
    # The demo executes what it approves, and nothing else.
    "RUN_EVERY_SECONDS": "0",
}


@contextmanager
def running_trader(home: Path) -> Iterator[str]:
    """Starts jax-trader with execution against the paper broker on, yields its URL, and stops it at the end.

    It stops by itself when this process dies, since it watches the pipe on its standard input.
    """
    _wait_for_the_one_before(home)
    log = home / "logs" / "jax-trader.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jax.app.trader", "--exit-with-parent"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env={**_REPLAY, **os.environ, "JAX_HOME": str(home), "EXECUTION_ENABLED": "true"},
            # Ctrl-C reaches the whole foreground group: we stop the trader ourselves, in order.
            start_new_session=True,
        )
    try:
        yield _url_when_ready(home, process, log)
    finally:
        _stop(process)


def _run_file(home: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((home / "run" / "trader.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return state


def _wait_for_the_one_before(home: Path) -> None:
    """A trader whose parent was killed needs a moment to stop."""
    until = time.monotonic() + _STOP_WITHIN_SECONDS
    while (pid := _run_file(home).get("pid")) and _is_alive(pid):
        if time.monotonic() > until:
            raise CommandFailed(f"jax-trader runs already as process {pid} on {home}; stop it first")
        time.sleep(_LOOK_EVERY_SECONDS)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _url_when_ready(home: Path, process: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + _START_WITHIN_SECONDS
    while time.monotonic() < until:
        state = _run_file(home)
        if state.get("pid") == process.pid:
            return str(state["url"])
        if process.poll() is not None:
            raise CommandFailed(f"jax-trader did not start: {_last_line(log)} (log: {log})")
        time.sleep(_LOOK_EVERY_SECONDS)
    raise CommandFailed(f"jax-trader was not ready within {_START_WITHIN_SECONDS:.0f} s; see {log}")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return lines[-1] if lines else "it said nothing"


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_STOP_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
