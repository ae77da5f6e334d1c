"""ib-bridge as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.architecture.checkout import SRC

_OURS = ("DATABASE_URL", "JAX_", "BRIDGE_", "PAPER_", "IB_", "CCXT_")
START_WITHIN_SECONDS = 60.0
STOP_WITHIN_SECONDS = 5.0


@dataclass(frozen=True)
class BridgeProcess:
    """A running bridge."""

    process: "subprocess.Popen[bytes]"
    home: Path
    log: Path

    @property
    def url(self) -> str:
        return str(run_file(self.home)["url"])

    @property
    def said(self) -> str:
        """Everything on its standard error so far."""
        return self.log.read_text()

    def kill(self) -> None:
        """As kill -9 does."""
        self.process.kill()
        self.process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code; TimeoutExpired when it takes longer than it may."""
        self.process.send_signal(number)
        return self.process.wait(STOP_WITHIN_SECONDS)


def run_file(home: Path) -> dict[str, Any]:
    """Where the bridge says it is; empty when there is none."""
    try:
        state: dict[str, Any] = json.loads((home / "run" / "bridge.json").read_text())
    except FileNotFoundError:
        return {}
    return state


@contextmanager
def bridge_process(home: Path, port: int, **environment: str) -> Iterator[BridgeProcess]:
    """A ready bridge on `home` and `port`; killed at the end if it still runs."""
    log = home.parent / f"{home.name}-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command("--port", str(port)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment(home, environment),
        )
    bridge = BridgeProcess(process, home, log)
    try:
        _wait_until_ready(bridge)
        yield bridge
    finally:
        bridge.kill()


def run_bridge(home: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Runs a bridge that is expected to end by itself."""
    return subprocess.run(
        _command(*arguments),
        capture_output=True,
        check=False,
        env=_environment(home, environment),
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=START_WITHIN_SECONDS,
    )


def _wait_until_ready(bridge: BridgeProcess) -> None:
    until = time.monotonic() + START_WITHIN_SECONDS
    while run_file(bridge.home).get("pid") != bridge.process.pid:
        if bridge.process.poll() is not None or time.monotonic() > until:
            raise AssertionError(f"the bridge is not ready: {bridge.said}")
        time.sleep(0.02)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "jax.app.bridge", *arguments]


def _environment(home: Path, given: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**inherited, "PYTHONPATH": str(SRC), "JAX_HOME": str(home), **given}
