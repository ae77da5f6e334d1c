"""`postmaster.pid`: who serves a data folder, and whether it is ready. Written by Postgres itself."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_PID_LINE, _STATUS_LINE = 0, 7


@dataclass(frozen=True, slots=True)
class PostmasterFile:
    pid: int
    is_ready: bool

    @classmethod
    def load(cls, data: Path) -> "PostmasterFile | None":
        """None when there is no such file or it is not fully written yet."""
        try:
            lines = path_in(data).read_text(encoding="utf-8", errors="replace").splitlines()
            pid = int(lines[_PID_LINE])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        status = lines[_STATUS_LINE].strip() if len(lines) > _STATUS_LINE else ""
        return cls(pid=pid, is_ready=status == "ready")


def path_in(data: Path) -> Path:
    return data / "postmaster.pid"


def serves(pid: int, data: Path) -> bool:
    """Whether process `pid` is a Postgres server of `data`, and not a stranger with a number used again."""
    command = _command_line(pid)
    return b"postgres" in command and os.fsencode(data) in command


def _command_line(pid: int) -> bytes:
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return b""
    # macOS has no /proc, and always has ps.
    found = subprocess.run(  # noqa: S603 - a fixed program and a number
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
    )
    return found.stdout
