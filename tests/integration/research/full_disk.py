"""A process whose files may not grow: what a full disk looks like to it, also for root."""

import subprocess
import sys
from pathlib import Path

_LIMIT = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""


def run_with_files_up_to(size: int, source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python `source` where no file may grow beyond `size` bytes; a write beyond fails with EFBIG."""
    program = _LIMIT.format(size=size) + source
    # -B: a module's .pyc, cut short at the limit, would outlive the process.
    return subprocess.run(
        [sys.executable, "-B", "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[3],
        env={"PYTHONPATH": "src", "PATH": "/usr/bin:/bin"},
    )
