"""The supervisor's log, its one message to who started it, and its choice of a port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jax.adapters.embedded_postgres.answer import answers
from jax.adapters.embedded_postgres.postmaster import choose_port, port_is_free
from jax.adapters.embedded_postgres.report import read_report
from jax.adapters.embedded_postgres.server_log import ServerLog
from tests.architecture.checkout import SRC, environment_with

SENDING = "from jax.adapters.embedded_postgres.report import Report; report = Report(); report"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ServerLog]:
    log = ServerLog(tmp_path / "log", max_bytes=1_000)
    yield log
    log.close()


def test_lines_come_whole_however_they_were_cut(log: ServerLog) -> None:
    for piece in (b"first li", b"ne\nsecond", b" line\nthi"):
        log.feed(piece)
    assert log.tail() == "first line\nsecond line"
    log.forget()
    log.feed(b"rd\n")
    assert log.tail() == "rd"


def test_the_log_keeps_one_predecessor_and_stays_bounded(log: ServerLog, tmp_path: Path) -> None:
    for _ in range(500):
        log.feed(b"x" * 99 + b"\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1"]
    assert all(path.stat().st_size <= 1_000 for path in tmp_path.iterdir())


def test_a_line_without_end_is_not_collected_for_ever(log: ServerLog) -> None:
    for _ in range(3):
        log.feed(b"x" * 40_000)
    assert log.tail() == "x" * 80_000


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "missing" / "log")
    log.feed(b"a line\n")
    log.note("another")
    assert log.tail() == "a line"


@pytest.mark.parametrize(
    ("sending", "meaning"),
    [
        (f"{SENDING}.ready()", ""),
        (f"{SENDING}.failed('disk is full'); report.ready()", "disk is full"),
        ("print('a warning', flush=True); " + f"{SENDING}.failed('no')", "no"),
        ("import os; os.kill(os.getpid(), 9)", "It said: nothing"),
        ("import sys; sys.exit('cannot import')", "It said: cannot import"),
    ],
)
def test_a_report_tells_readiness_or_the_reason(sending: str, meaning: str) -> None:
    assert reported(sending, seconds=60).endswith(meaning)
    assert (reported(sending, seconds=60) == "") is (meaning == "")


def test_a_report_ends_the_output_while_the_process_lives_on() -> None:
    lingering = f"{SENDING}.ready(); import time; time.sleep(600)"
    reading, child = start(lingering)
    assert read_report(reading, deadline=time.monotonic() + 60) == ""
    assert child.poll() is None
    child.kill()
    child.wait()
    os.close(reading)


def test_no_report_in_time_is_told_apart_from_a_failure() -> None:
    reading, writing = os.pipe()
    assert read_report(reading, deadline=time.monotonic() + 0.01) is None
    os.close(reading)
    os.close(writing)


def reported(program: str, *, seconds: float) -> str:
    reading, child = start(program)
    meaning = read_report(reading, deadline=time.monotonic() + seconds)
    child.wait()
    os.close(reading)
    assert meaning is not None
    return meaning


def start(program: str) -> tuple[int, subprocess.Popen[bytes]]:
    reading, writing = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdout=writing, stderr=writing, env=environment_with(SRC)
    )
    os.close(writing)
    return reading, child


def test_a_free_port_is_kept_and_a_taken_one_is_not() -> None:
    port = choose_port(None)
    assert 20_000 <= port < 30_000
    assert choose_port(port) == port
    with socket.create_server(("127.0.0.1", port)):
        assert not port_is_free(port)
        assert choose_port(port) != port


def test_a_socket_that_is_not_postgres_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        accepting = "import socket; socket.socket(fileno=0).accept()[0].sendall(b'HTTP')"
        with subprocess.Popen([sys.executable, "-c", accepting], stdin=stranger.fileno()):
            assert not answers(port)
    assert not answers(port)
