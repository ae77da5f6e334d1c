"""The audit chain, in memory."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from jax.adapters.memory.session import Session
from jax.domain import checks
from jax.domain.audit import AuditEntry, AuditEvent, next_entry
from jax.domain.canonical_json import canonical_bytes, strict_parse
from jax.domain.errors import InvalidValue
from jax.ports.errors import NotFound

_GATE = ("artifact.", "gate.")


class MemoryAuditLog:
    """The chain within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def append(self, event: AuditEvent) -> AuditEntry:
        # What canonical JSON says, and not the caller's own lists, which may change later.
        kept = replace(event, data=strict_parse(canonical_bytes(event.data)))
        state = await self._session.write()
        self._refuse_nobody(kept)
        appended = next_entry(kept, last=state.audit[-1] if state.audit else None)
        state.audit = (*state.audit, appended)
        return appended

    async def append_all(self, events: Sequence[AuditEvent]) -> Sequence[AuditEntry]:
        return [await self.append(event) for event in events]

    async def entry(self, n: int) -> AuditEntry:
        chain = self._session.read().audit
        if not (1 <= n <= len(chain)):
            raise NotFound(f"The audit log has no entry {n}.")
        return chain[n - 1]

    async def entries(
        self, *, kind: str | None = None, subject: str | None = None, limit: int = 1000
    ) -> Sequence[AuditEntry]:
        if limit < 1:
            raise InvalidValue("limit", f"must be at least 1, not {limit}")
        chosen = [
            entry
            for entry in self._session.read().audit
            if kind in {None, entry.event.kind} and subject in {None, entry.event.subject}
        ]
        return chosen[-limit:]

    async def entries_after(
        self,
        n: int,
        *,
        limit: int = 1000,
        kinds: Collection[str] | None = None,
        since: datetime | None = None,
    ) -> Sequence[AuditEntry]:
        if limit < 1:
            raise InvalidValue("limit", f"must be at least 1, not {limit}")
        chosen = [
            entry
            for entry in self._session.read().audit[max(n, 0) :]
            if (kinds is None or entry.event.kind in kinds) and (since is None or entry.event.at >= since)
        ]
        return chosen[:limit]

    def _refuse_nobody(self, event: AuditEvent) -> None:
        """What is done at the gate is done by a person."""
        if event.kind.startswith(_GATE):
            try:
                checks.person("actor", event.actor)
            except InvalidValue as error:
                raise self._session.conflict(f"The {error} (entry {event.kind}).") from error
