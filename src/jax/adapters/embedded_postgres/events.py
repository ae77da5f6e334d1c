"""What wakes the supervisor: a signal, a line of Postgres's log, or the passing of time."""

import os
import selectors
import signal
import time
from types import FrameType
from typing import IO

from jax.adapters.embedded_postgres.server_log import ServerLog

_CHUNK_BYTES = 65_536


class Events:
    """One thread waits for everything, so that children can be made safely and nothing needs a lock."""

    def __init__(self, log: ServerLog) -> None:
        self.stop_requested = False
        self._log = log
        self._selector = selectors.DefaultSelector()
        self._wakeup, written_by_signals = os.pipe()
        for end in (self._wakeup, written_by_signals):
            os.set_blocking(end, False)
        self._selector.register(self._wakeup, selectors.EVENT_READ)
        signal.set_wakeup_fd(written_by_signals, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._request_stop)
        for number in (signal.SIGCHLD, signal.SIGHUP):
            signal.signal(number, _only_wake)
        # The process that started us may have been blocking signals, which its children inherit.
        signal.pthread_sigmask(signal.SIG_SETMASK, [])

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_requested = True

    def watch(self, pipe: IO[bytes]) -> None:
        """Copy what can be read from `pipe` to the log, until its end; it is closed then."""
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, selectors.EVENT_READ, data=pipe)

    def wait(self, seconds: float) -> None:
        """Return after something happened, at the latest after `seconds`."""
        for key, _ in self._selector.select(seconds):
            chunk = _read(key.fd)
            if key.data is None or chunk is None:
                continue
            if chunk:
                self._log.feed(chunk)
            else:
                self._selector.unregister(key.fileobj)
                key.data.close()

    def pause(self, seconds: float) -> None:
        """Let `seconds` pass while everything is still taken, unless a stop is asked for."""
        deadline = time.monotonic() + seconds
        while not self.stop_requested and (left := deadline - time.monotonic()) > 0:
            self.wait(left)

    def drain(self, *, deadline: float) -> None:
        """Take the rest of the watched pipes, until their ends or the monotonic `deadline`."""
        while len(self._selector.get_map()) > 1 and (left := deadline - time.monotonic()) > 0:
            self.wait(left)


def _read(descriptor: int) -> bytes | None:
    try:
        return os.read(descriptor, _CHUNK_BYTES)
    except BlockingIOError:
        return None


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    """A handler that does nothing: the wakeup pipe has done it already."""
