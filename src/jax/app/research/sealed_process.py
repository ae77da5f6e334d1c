"""Shuts the doors of this process for good, before the code of an artifact runs in it."""

import sys

# numpy loads these when a function first needs them, which is too late behind shut doors.
import numpy.ma  # noqa: F401

# Files, processes, network and foreign code, by the names of Python's audit events.
_DOORS = (
    *("open", "os.", "shutil.", "tempfile.", "glob.", "pathlib.", "mmap.", "fcntl.", "msvcrt."),
    *("subprocess.", "pty.", "signal.", "ctypes.", "winreg.", "sqlite3.", "syslog.", "webbrowser."),
    *("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "imaplib.", "poplib.", "nntplib.", "telnetlib."),
)


class DoorShut(PermissionError):
    """Something in this process reached for the world outside."""


def seal_process() -> None:
    """From now on every file, process and connection that Python code would open is refused with DoorShut.

    What is open stays open, and nothing can take the seal away again. The loader keeps a strategy from the
    names that lead outside; this is for what may have slipped past it.
    """
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: object) -> None:
    del arguments
    if event.startswith(_DOORS):
        raise DoorShut(f"a strategy computes, and may not reach outside ({event})")
