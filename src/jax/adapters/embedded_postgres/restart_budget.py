"""How often a server that crashes is started again."""

MAX_CRASHES = 5
STEADY_SECONDS = 60.0
_FIRST_DELAY_SECONDS = 0.25


class RestartBudget:
    """Crashes in a row, where a run that was ready for STEADY_SECONDS ends the row."""

    def __init__(self) -> None:
        self._crashes = 0

    def delay_after_crash(self, *, ready_seconds: float) -> float | None:
        """Seconds to wait before the next start, or None when it must not be started again.

        `ready_seconds` tells how long the run that crashed had been ready: 0 when it never was.
        """
        if ready_seconds >= STEADY_SECONDS:
            self._crashes = 0
        self._crashes += 1
        if self._crashes > MAX_CRASHES:
            return None
        return 0.0 if self._crashes == 1 else _FIRST_DELAY_SECONDS * 2.0 ** (self._crashes - 2)
