"""jax-trader as a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.architecture.checkout import SRC
from tests.replay_settings import REPLAY

_OURS = (
    *("DATABASE_URL", "JAX_", "MAX_", "MIN_", "EXECUTION_", "MODE", "DEFAULT_ORDER_TYPE", "IB_", "BROKER"),
    *("MUST_", "REPEAT_", "ORDER_", "PRICE_", "CASH_", "SET_ASIDE_", "ONE_", "RESTRICTED_", "UNPROTECTED_"),
    *("RUN_", "FEED_", "MARKET_", "TAKE_OVER_"),
)
START_WITHIN_SECONDS = 60.0
STOP_WITHIN_SECONDS = 5.0


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def only_line(self) -> str:
        """The one line that it said on standard error."""
        (line,) = self.stderr.splitlines()
        return line


class TraderProcess:
    """A running trader; `stop` and `kill` end it."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", home: Path, log: Path, *, service: str = "trader"
    ) -> None:
        self._service = service
        self.process = process
        self.home = home
        self._log = log
        self.state = self._ready()

    @property
    def url(self) -> str:
        return str(self.state["url"])

    @property
    def said(self) -> str:
        """Everything on its standard error so far."""
        return self._log.read_text()

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, trust_env=False, **options)

    def post(self, path: str, body: object, **options: Any) -> httpx.Response:
        return httpx.post(self.url + path, json=body, trust_env=False, **options)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code; TimeoutExpired when it takes longer than it may."""
        self.process.send_signal(number)
        return self.process.wait(STOP_WITHIN_SECONDS)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _ready(self) -> dict[str, Any]:
        until = time.monotonic() + START_WITHIN_SECONDS
        while time.monotonic() < until:
            state = run_file(self.home, self._service)
            if state.get("pid") == self.process.pid:
                return state
            if self.process.poll() is not None:
                raise AssertionError(f"the trader ended before it was ready: {self.said}")
            time.sleep(0.02)
        raise AssertionError(f"the trader was not ready in time: {self.said}")


def run_file(home: Path, service: str = "trader") -> dict[str, Any]:
    """Where the trader says it is; empty when there is none."""
    try:
        state: dict[str, Any] = json.loads((home / "run" / f"{service}.json").read_text())
    except FileNotFoundError:
        return {}
    return state


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def trader_process(home: Path, *arguments: str, **environment: str) -> Iterator[TraderProcess]:
    """A ready trader on `home`, on a port of its own unless told; killed at the end if it still runs."""
    log = home.parent / f"{home.name}-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(arguments or ("--port", str(free_port()))),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=_environment(home, environment),
        )
    try:
        service = "shadow-trader" if environment.get("MODE") == "shadow" else "trader"
        yield TraderProcess(process, home, log, service=service)
    finally:
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def run_trader(home: Path, *arguments: str, **environment: str) -> Ended:
    """Runs a trader that is expected to end by itself."""
    done = subprocess.run(
        _command(arguments),
        capture_output=True,
        check=False,
        env=_environment(home, environment),
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=START_WITHIN_SECONDS,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "jax.app.trader", *arguments]


def _environment(home: Path, given: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**inherited, "PYTHONPATH": str(SRC), "JAX_HOME": str(home), **REPLAY, **given}
