"""What people asked a service to run, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jax.domain.canonical_json import Json


@dataclass(frozen=True, slots=True)
class AskedRun:
    """A run as it was asked for; times in UTC.

    `ended_at` is None as long as nobody knows its end. Then either `kept_as` names the run that is kept, or
    `error` tells why there is none.
    """

    run_id: str
    asked_at: datetime
    request: Mapping[str, Json]
    ended_at: datetime | None = None
    kept_as: str | None = None
    error: Mapping[str, Json] | None = None


class AskedRuns(Protocol):
    """Remembers them from one start of the service to the next."""

    async def save(self, run: AskedRun) -> None:
        """Keeps the run instead of what was known of it, durably; Unavailable."""
        ...

    async def all(self) -> Sequence[AskedRun]:
        """Every run, the one that was asked for first in front; what is damaged is left out. Unavailable."""
        ...
