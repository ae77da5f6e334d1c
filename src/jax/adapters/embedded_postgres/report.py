"""The one message from a new supervisor to the process that started it, through its standard output."""

import contextlib
import json
import os
import select
import sys
import time


class Report:
    """The supervisor's end. Sending it lets go of the pipe, so that nobody waits for its end in vain."""

    def __init__(self) -> None:
        self.is_sent = False

    def ready(self) -> None:
        self._send({"ready": True})

    def failed(self, message: str) -> None:
        """Say why there is no database; without a reader, or after another report, it goes nowhere."""
        self._send({"error": message})

    def _send(self, message: dict[str, object]) -> None:
        if self.is_sent:
            return
        self.is_sent = True
        # The pipe is broken when who started us is gone; others may be attached.
        with contextlib.suppress(BrokenPipeError):
            os.write(sys.stdout.fileno(), json.dumps(message).encode() + b"\n")
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        os.close(nothing)


def read_report(pipe: int, *, deadline: float) -> str | None:
    """Wait for a report until the monotonic `deadline`: "" when ready, else the reason. None: not in time.

    A supervisor that dies without a report may have printed why, and that is returned.
    """
    received = b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([pipe], [], [], left)[0]:
            break
        chunk = os.read(pipe, 65_536)
        if not chunk:
            return _meaning(received.decode(errors="replace"))
        received += chunk
    return None


def _meaning(printed: str) -> str:
    lines = printed.strip().splitlines()
    try:
        message = json.loads(lines[-1])
        return "" if message.get("ready") is True else str(message["error"])
    except (IndexError, ValueError, KeyError, AttributeError):
        ended = (
            "The supervisor of the embedded Postgres ended while it started: try again, or set DATABASE_URL."
        )
        return f"{ended} It said: {printed.strip() or 'nothing'}"
