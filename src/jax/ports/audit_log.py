"""The hash-chained record."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from jax.domain.audit import AuditEntry, AuditEvent


class AuditLog(Protocol):
    """One chain; entries are only ever appended, and become visible with their transaction."""

    async def append(self, event: AuditEvent) -> AuditEntry:
        """Chains `event` to the newest entry; concurrent writers queue, the chain never forks."""
        ...

    async def append_all(self, events: Sequence[AuditEvent]) -> Sequence[AuditEntry]:
        """As `append`, one after the other."""
        ...

    async def entry(self, n: int) -> AuditEntry:
        """Entry `n` (from 1); NotFound."""
        ...

    async def entries(
        self, *, kind: str | None = None, subject: str | None = None, limit: int = 1000
    ) -> Sequence[AuditEntry]:
        """The newest `limit` entries (of a kind, of a subject), oldest of them first."""
        ...

    async def entries_after(
        self,
        n: int,
        *,
        limit: int = 1000,
        kinds: Collection[str] | None = None,
        since: datetime | None = None,
    ) -> Sequence[AuditEntry]:
        """The oldest `limit` entries behind entry `n` (0: from the first on), oldest first.

        Of all `kinds` and times, or of those named, and of what was done at `since` or later.
        """
        ...
