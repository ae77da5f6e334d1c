"""A kill switch for as long as the process lives."""


class MemoryKillSwitch:
    """Engaged until it is released."""

    def __init__(self) -> None:
        self._reason: str | None = None

    def reasons(self) -> tuple[str, ...]:
        return () if self._reason is None else (self._reason,)

    def engage(self, reason: str) -> None:
        self._reason = self._reason or reason

    def release(self) -> None:
        self._reason = None
