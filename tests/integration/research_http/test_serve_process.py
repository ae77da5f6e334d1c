"""`jax-research serve` as people run it: a process of its own, ended by a signal."""

import asyncio
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
import pytest

from jax.adapters.gate_files.root_file import write_root
from jax.app.research.cli import _PORTS
from tests.architecture.checkout import SRC
from tests.gate_people import ROOT
from tests.integration.research.authored_artifacts import INSTRUMENTS
from tests.price_waves import price_waves

TOKEN = "correct-horse-battery-staple"
START_WITHIN_SECONDS = 60.0
STOP_WITHIN_SECONDS = 5.0
_OURS = ("DATABASE_URL", "JAX_")


@dataclass(frozen=True)
class Serving:
    """A desk that answers."""

    process: "subprocess.Popen[bytes]"
    state: dict[str, Any]
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    def http(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=str(self.state["url"]), trust_env=False, **options)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_WITHIN_SECONDS)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "jax.app.research.cli", "serve", *arguments]


def environment(home: Path, given: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**inherited, "PYTHONPATH": str(SRC), "JAX_HOME": str(home), **given}


def run_file(home: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads((home / "run" / "research.json").read_text())
    except FileNotFoundError:
        return {}
    return state


@contextmanager
def serving(home: Path, *arguments: str, **given: str) -> Iterator[Serving]:
    """On a port of its own unless told; killed at the end if it still runs."""
    log = home.parent / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(arguments or ("--port", str(free_port()))),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment(home, given),
        )
    try:
        yield Serving(process, _ready(home, process, log), log)
    finally:
        process.kill()
        process.wait()


def _ready(home: Path, process: "subprocess.Popen[bytes]", log: Path) -> dict[str, Any]:
    until = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < until:
        state = run_file(home)
        if state.get("pid") == process.pid:
            return state
        if process.poll() is not None:
            raise AssertionError(f"it ended before it was ready: {log.read_text()}")
        time.sleep(0.02)
    raise AssertionError(f"it was not ready in time: {log.read_text()}")


def refused(home: Path, *arguments: str, **given: str) -> str:
    """The one line of a server that does not start."""
    done = subprocess.run(
        command(arguments),
        capture_output=True,
        check=False,
        env=environment(home, given),
        text=True,
        timeout=START_WITHIN_SECONDS,
    )
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    return line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_answers_and_stops_also_while_clients_hang(
    home: Path, database_url: str, number: signal.Signals
) -> None:
    write_root(home / "gate" / "root.json", ROOT)
    port = free_port()
    with serving(home, "--port", str(port), DATABASE_URL=database_url) as served:
        assert served.state["url"] == f"http://127.0.0.1:{port}"
        assert set(served.state) == {"pid", "port", "url", "boot_id", "version"}
        with (
            socket.create_connection(("127.0.0.1", port)) as half_a_request,
            served.http() as http,
        ):
            half_a_request.sendall(b"POST /api/v1/revocations HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            half_a_request.sendall(b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
            assert http.get("/api/v1/artifacts").json() == {
                "policy": "none",
                "artifacts": [],
                "next_cursor": None,
            }
            assert http.get("/health").json()["status"] == "degraded"
            # A page of elsewhere whose name was pointed at this machine.
            assert http.get("/api/v1/artifacts", headers={"Host": "evil.example"}).status_code == 421
            assert served.stop(number) == 0
    first, *_, last = served.said.splitlines()
    assert first == f"jax-research {served.state['version']} on http://127.0.0.1:{port}: policy=none"
    told = json.loads(last)
    assert (told["event"], told["policy"]) == ("research.stopped", "none")
    assert run_file(home) == {}


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_what_is_under_way_ends_with_it(home: Path, database_url: str) -> None:
    asyncio.run(_stock_for_long(home))
    with serving(home, DATABASE_URL=database_url) as served:
        with served.http() as http:
            body = {"strategy": "ma_crossover_v1", "author": "ada"}
            assert http.post("/api/v1/artifacts", json=body).status_code == 202
        until = time.monotonic() + START_WITHIN_SECONDS
        while not (workers := children_of(served.process.pid)) and time.monotonic() < until:
            time.sleep(0.02)
        assert len(workers) == 1
        assert served.stop() == 0
    assert not Path(f"/proc/{workers[0]}").exists()


def test_when_8091_is_taken_the_next_free_port_is_used_and_said(home: Path, database_url: str) -> None:
    try:
        taken = socket.create_server(("127.0.0.1", 8091))
    except OSError:
        taken = socket.socket()  # somebody else has it, which is as good
    with taken, serving(home, "--host", "127.0.0.1", DATABASE_URL=database_url) as served:
        port = served.state["port"]
        said = served.said.splitlines()[0]
    assert port in _PORTS[1:]
    assert said == f"port 8091 is taken: jax-research uses {port}"


def test_a_chosen_port_that_is_taken_is_one_line(home: Path, database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused(home, "--port", str(port), DATABASE_URL=database_url)
    assert line == (
        f"jax-research: port {port} on 127.0.0.1 is taken; "
        f"choose another --port, or stop what listens on 127.0.0.1:{port}"
    )


def test_other_machines_are_served_only_with_a_token(home: Path) -> None:
    assert refused(home, "--host", "0.0.0.0", "--port", str(free_port())) == (
        "jax-research: --host 0.0.0.0 can be reached from other machines; "
        "set JAX_API_TOKEN, or listen on 127.0.0.1"
    )


def test_the_token_is_asked_for_and_no_secret_reaches_the_log(home: Path, database_url: str) -> None:
    with serving(home, DATABASE_URL=database_url, JAX_API_TOKEN=TOKEN) as served:
        with served.http() as http:
            assert http.get("/api/v1/artifacts").status_code == 401
            allowed = http.get("/api/v1/artifacts", headers={"Authorization": f"Bearer {TOKEN}"})
            assert allowed.status_code == 200
        served.stop()
    password = httpx.URL(database_url).password
    assert TOKEN not in served.said
    assert not password or password not in served.said


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DATABASE_URL", "mysql://jax:hunter2secret@127.0.0.1/jax", "is not of the form postgresql://"),
        ("JAX_API_TOKEN", "hunter2secret", "must be 16 to 512 printable ASCII characters"),
    ],
)
def test_an_impossible_setting_is_one_line_without_the_secret(
    home: Path, name: str, value: str, told: str
) -> None:
    line = refused(home, "--port", str(free_port()), **{name: value})
    assert line.startswith(f"jax-research: {name} {told}")
    assert "hunter2secret" not in line


async def _stock_for_long(home: Path) -> None:
    """So many bars that a backtest takes far longer than a stop may."""
    from jax.adapters.parquet.json_series_register import JsonSeriesRegister
    from jax.adapters.parquet.parquet_market_data import ParquetMarketData

    bars = [bar for symbol in INSTRUMENTS for bar in price_waves(symbol, 60_000, period_days=80.0)]
    await ParquetMarketData(home / "market_data").append(bars)
    await JsonSeriesRegister(home / "market_data").record("waves", list(INSTRUMENTS.values()))
