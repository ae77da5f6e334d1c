"""The clock of the machine."""

import time
from datetime import UTC, datetime


class SystemClock:
    """A Clock: wall time for records, monotonic time for durations."""

    def now(self) -> datetime:
        """The current time, timezone-aware UTC."""
        return datetime.now(UTC)

    def monotonic_ns(self) -> int:
        """Nanoseconds since some fixed moment; never goes back."""
        return time.monotonic_ns()
