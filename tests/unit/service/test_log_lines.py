"""Logs are JSON lines, and hold no secret even when something breaks."""

import json
import subprocess

import pytest

from tests.architecture.checkout import SRC, environment_with, python_command

_PROGRAM = """
import logging, structlog
from jax.app.log_lines import log_to_standard_error

log_to_standard_error()

def connect(password):
    raise ValueError("no server")

def fail(log):
    try:
        connect("hunter2")
    except ValueError:
        log.exception("broken")

{statement}
"""


def lines_of(statement: str) -> list[dict[str, object]]:
    done = subprocess.run(
        python_command("-c", _PROGRAM.format(statement=statement)),
        capture_output=True,
        check=True,
        env=environment_with(SRC),
        text=True,
    )
    assert done.stdout == ""
    assert "hunter2" not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_our_own_records_are_one_line_each() -> None:
    (line,) = lines_of('structlog.get_logger().info("signal.generated", symbol="AAPL", reason="a\\nb")')
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {"event": "signal.generated", "level": "info", "symbol": "AAPL", "reason": "a\nb"}


@pytest.mark.parametrize("log", ["structlog.get_logger()", 'logging.getLogger("uvicorn.error")'])
def test_an_exception_is_one_line_with_its_frames_and_without_their_values(log: str) -> None:
    (line,) = lines_of(f"fail({log})")
    assert (line["event"], line["level"]) == ("broken", "error")
    assert "no server" in json.dumps(line["exception"])
    assert "connect" in json.dumps(line["exception"])


def test_libraries_are_heard_from_warnings_on() -> None:
    lines = lines_of('logging.getLogger("x").info("quiet"); logging.getLogger("x").warning("loud")')
    assert [line["event"] for line in lines] == ["loud"]
