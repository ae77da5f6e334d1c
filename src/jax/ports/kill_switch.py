"""A kill switch that works without the record."""

from typing import Protocol


class KillSwitch(Protocol):
    """Engaged until it is released, also across restarts."""

    def reasons(self) -> tuple[str, ...]:
        """Why it is engaged, for people; empty when it is not. One that cannot be read is engaged."""
        ...

    def engage(self, reason: str) -> None:
        """Engages it, durably; one that is engaged stays as it is. Unavailable."""
        ...

    def release(self) -> None:
        """Releases it. Unavailable."""
        ...
