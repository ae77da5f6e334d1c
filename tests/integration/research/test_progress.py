"""Progress is drawn on a terminal, and nowhere else."""

import os
import pty
import subprocess
import sys

_PROGRAM = """
import time
from jax.app.research.progress import progress_bar
with progress_bar("Backtesting", "bars") as bar:
    for done in (0, 40, 80, 100):
        bar.to(done, 100)
        time.sleep(0.15)
"""


def test_a_terminal_sees_what_is_done_how_fast_and_what_is_left() -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdout=subprocess.DEVNULL, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 4096):
                said += part
        except OSError:
            pass  # the other end is closed: it has ended
        assert process.wait(timeout=60) == 0
    os.close(ours)
    for told in (b"Backtesting", b"100/100", b"bars/s", b"left"):
        assert told in said


def test_nobody_else_sees_anything() -> None:
    process = subprocess.run(
        [sys.executable, "-c", _PROGRAM + "\nimport sys; print('rich' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (process.stdout, process.stderr) == ("False\n", "")
