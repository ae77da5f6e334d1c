"""Whatever ends the process that asked for the work ends those that do it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, environment_with

_LONGEST_SECONDS = 60.0


@pytest.fixture
def working(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The process that asked, in a group of its own, once both of its workers work."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.sweeps.ended_processes", str(tmp_path)],
        cwd=ROOT,
        env=environment_with(ROOT / "src", ROOT),
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: len(list(tmp_path.iterdir())) == 2 or process.poll() is not None)
        yield process
    finally:
        for pid in (process.pid, *workers_in(tmp_path)):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        process.communicate()


def workers_in(folder: Path) -> list[int]:
    return [int(path.name) for path in folder.iterdir()]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def until(met: object) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not met():  # type: ignore[operator]  # a question without arguments
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_ctrl_c_ends_all_of_them_at_once(working: subprocess.Popen[str], tmp_path: Path) -> None:
    workers = workers_in(tmp_path)
    assert len(workers) == 2
    # As a terminal does it: every process of the group hears it.
    os.killpg(working.pid, signal.SIGINT)
    _, said = working.communicate(timeout=_LONGEST_SECONDS)
    assert working.returncode != 0
    assert said.count("Traceback") == 1, said
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert not any(map(is_alive, workers))


def test_workers_end_when_the_one_who_asked_was_killed(
    working: subprocess.Popen[str], tmp_path: Path
) -> None:
    workers = workers_in(tmp_path)
    working.kill()
    working.wait(_LONGEST_SECONDS)
    until(lambda: not any(map(is_alive, workers)))
