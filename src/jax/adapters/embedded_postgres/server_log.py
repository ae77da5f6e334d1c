"""One log of bounded size for Postgres's lines and the supervisor's own."""

import logging
import time
from collections import deque
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_BYTES = 5_000_000
_TAIL_LINES = 12
_MAX_LINE_BYTES = 65_536


class ServerLog:
    """Writes to `path`, keeps one predecessor (`path`.1), and remembers the last lines for error messages."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        # A full disk must not stop the database's shutdown for want of a log line.
        logging.raiseExceptions = False
        formatter = logging.Formatter("%(asctime)s %(message)s")
        formatter.converter = time.gmtime
        self._handler = RotatingFileHandler(
            path, maxBytes=max_bytes, backupCount=1, encoding="utf-8", errors="replace", delay=True
        )
        self._handler.setFormatter(formatter)
        self._logger = logging.Logger("jax.embedded_postgres")
        self._logger.addHandler(self._handler)
        self._partial = b""
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)

    def feed(self, chunk: bytes) -> None:
        """Take what Postgres printed, in pieces of any size."""
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        if len(self._partial) > _MAX_LINE_BYTES:
            lines.append(self._partial)
            self._partial = b""
        for line in lines:
            text = line.decode("utf-8", errors="replace")
            self._tail.append(text)
            self._logger.info("%s", text)

    def note(self, text: str) -> None:
        """Write a line of the supervisor's own."""
        self._logger.info("[supervisor] %s", text)

    def exception(self, text: str) -> None:
        """Write a line and the traceback of the exception that is being handled."""
        self._logger.exception("[supervisor] %s", text)

    def close(self) -> None:
        """Close the file; a later line opens it again."""
        self._handler.close()

    def tail(self) -> str:
        """The last lines that Postgres printed."""
        return "\n".join(self._tail)

    def forget(self) -> None:
        """Begin the tail anew, for the next process of Postgres."""
        self._tail.clear()
        self._partial = b""
