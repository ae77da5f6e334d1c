"""Whether anybody is attached."""

import time

from jax.adapters.embedded_postgres.file_lock import FileLock
from jax.adapters.embedded_postgres.home import Home

# Long enough that one command after another does not start Postgres anew each time.
LINGER_SECONDS = 1.5


class Attendance:
    """Sees by the clients' lock, which the kernel keeps truthful however a client ends."""

    def __init__(self, home: Home) -> None:
        self._lock = FileLock(home.clients_lock)
        self._last_seen = time.monotonic()

    def is_over(self) -> bool:
        """Whether nobody has been attached for LINGER_SECONDS.

        From then on the lock stays taken, so that whoever comes now waits until this process is gone.
        """
        now = time.monotonic()
        if not self._lock.try_exclusive():
            self._last_seen = now
            return False
        if now - self._last_seen >= LINGER_SECONDS:
            return True
        self._lock.unlock()
        return False
