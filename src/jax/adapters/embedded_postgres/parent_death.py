"""Children that end with the process that started them, where the kernel offers it (Linux)."""

import ctypes
import os
import signal
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def when_parent_dies(number: signal.Signals) -> Callable[[], None]:
    """A function to run in a new child: it asks the kernel for signal `number` when this process dies.

    To be run after the child changed its user, since that clears the request. Without the kernel's help the
    function does nothing, and the next start stops what was left over.
    """
    parent = os.getpid()
    prctl = getattr(ctypes.CDLL(None), "prctl", None)

    def ask() -> None:
        if prctl is None:
            return
        prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask
