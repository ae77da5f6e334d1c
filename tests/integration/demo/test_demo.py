"""One command takes a strategy from a backtest to a recorded trade, whatever happened before."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.demo.demo_process import Demo, kill_after_line

_FIELDS = {
    "artifact_id",
    "payload_sha256",
    "state",
    "trade_id",
    "order_id",
    "symbol",
    "quantity",
    "avg_fill_price",
    "report_path",
    "bars",
    "seconds",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A home that the demo has been run in once."""
    demo = Demo(tmp_path_factory.mktemp("jax") / "a home with spaces")
    yield demo
    demo.erase()


@pytest.fixture(scope="module")
def first(demo: Demo) -> dict[str, Any]:
    return demo.summary()


def test_the_first_run_tells_the_whole_chain(first: dict[str, Any]) -> None:
    assert set(first) == _FIELDS
    assert first["state"] == "ACTIVE"
    assert first["payload_sha256"].startswith("sha256:")
    assert first["trade_id"].startswith("tr")
    assert first["order_id"].startswith("jx")
    assert Decimal(first["quantity"]) > 0
    assert Decimal(first["avg_fill_price"]) > 0
    assert first["bars"] > 10_000
    assert len(first["seconds"]) == 7
    report = Path(first["report_path"]).read_text()
    assert report.lstrip().lower().startswith("<!doctype html>")
    assert "ma_crossover_v1" in report


def test_a_second_run_reuses_the_artifact_and_makes_the_next_trade(demo: Demo, first: dict[str, Any]) -> None:
    second = demo.summary()
    assert second["artifact_id"] == first["artifact_id"]
    assert second["payload_sha256"] == first["payload_sha256"]
    assert second["report_path"] == first["report_path"]
    assert second["trade_id"] != first["trade_id"]


@pytest.mark.usefixtures("first")
def test_a_taken_port_is_passed_over_and_the_services_stay_up_until_ctrl_c(demo: Demo) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8100))
            taken.listen()
        except OSError:
            pass  # somebody else holds it: as good
        process = demo.start()
        said = _read_until(process, "The services stay up")
        url = json.loads((demo.home / "run" / "trader.json").read_text())["url"]
        assert not url.endswith(":8100")
        assert "8100 is taken" in said
        with urllib.request.urlopen(f"{url}/health") as answer:
            health = json.load(answer)
        assert (health["status"], health["execution_enabled"]) == ("ok", True)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert not (demo.home / "run" / "trader.json").exists()


def _read_until(process: "subprocess.Popen[str]", start: str) -> str:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if line.startswith(start):
            return said
    raise AssertionError(f"jax demo ended:\n{said}")


@pytest.mark.parametrize(
    ("folder", "what"), [("payloads", "copy in the object store"), ("bundles", "source bundle")]
)
def test_one_changed_byte_of_payload_or_source_makes_the_trader_refuse(
    demo: Demo, first: dict[str, Any], folder: str, what: str
) -> None:
    (stored,) = (demo.home / "objects" / folder).iterdir()
    original = stored.read_bytes()
    stored.chmod(0o600)
    stored.write_bytes(original.replace(b"20", b"21", 1))
    try:
        refused = demo.run("--once", "--json")
    finally:
        stored.write_bytes(original)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "jax-trader refuses ma_crossover_v1" in refused.stderr.splitlines()[-1]
    assert what in refused.stderr.splitlines()[-1]
    assert demo.summary()["artifact_id"] == first["artifact_id"]


@pytest.mark.soak
def test_killed_at_any_step_it_goes_on_from_there(tmp_path: Path) -> None:
    demo = Demo(tmp_path / "home")
    try:
        for step in ("1 database", "2 market", "3 backtest", "4 approvals", "5 jax-trader", "6 bars"):
            said = kill_after_line(demo.start("--once"), step)
            assert step in said
        summary = demo.summary()
        assert summary["state"] == "ACTIVE"
        shown = _approver(demo, "list", "--json")
        assert [artifact["version"] for artifact in shown["artifacts"]] == ["1.0.0"]
    finally:
        demo.erase()


@pytest.mark.parametrize(
    "after_seconds", [0.7, *(pytest.param(later, marks=pytest.mark.soak) for later in (2.2, 3.7))]
)
def test_killed_at_any_moment_it_starts_again(killed_home: Demo, after_seconds: float) -> None:
    process = killed_home.start("--once")
    time.sleep(after_seconds)
    process.kill()
    process.communicate()
    assert killed_home.summary()["state"] == "ACTIVE"


@pytest.mark.soak
def test_killed_at_a_hundred_moments_it_starts_again(killed_home: Demo) -> None:
    chance = random.Random(20261121)
    for _ in range(100):
        process = killed_home.start("--once")
        time.sleep(chance.uniform(0.0, 9.0))
        process.kill()
        process.communicate()
    assert killed_home.summary()["state"] == "ACTIVE"


@pytest.fixture(scope="module")
def killed_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("killed") / "home")
    yield demo
    demo.erase()


def _approver(demo: Demo, *arguments: str) -> dict[str, Any]:
    finished = subprocess.run(
        [sys.executable, "-m", "jax.app.approver.cli", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "JAX_HOME": str(demo.home)},
    )
    document: dict[str, Any] = json.loads(finished.stdout)
    return document


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"DATABASE_URL": "postgresql://jax:secret-word@127.0.0.1:1/jax"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///jax"}, "DATABASE_URL"),
        ({"MAX_RISK_PER_TRADE": "NaN"}, "MAX_RISK_PER_TRADE"),
        ({"MODE": "live"}, "MODE"),
        ({"JAX_HOME": "/proc/jax"}, "JAX_HOME"),
    ],
)
def test_what_is_wrong_with_the_environment_is_one_line_that_names_it(
    tmp_path: Path, environment: dict[str, str], named: str
) -> None:
    failed = Demo(tmp_path / "home", environment).run("--once", "--json")
    assert failed.returncode == 1
    assert failed.stdout == ""
    (line,) = failed.stderr.splitlines()
    assert line.startswith("jax: ")
    assert named in line
    assert "secret-word" not in line
