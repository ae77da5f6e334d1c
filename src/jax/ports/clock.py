"""What time it is."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time below `app`."""

    def now(self) -> datetime:
        """The current time, timezone-aware UTC."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds since some fixed moment; never goes back."""
        ...
