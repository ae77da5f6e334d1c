"""The audit chain in `audit.entry`."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, column, func, insert, select

from jax.adapters.postgres.rows import arrays_of, left_open
from jax.adapters.postgres.schema.audit_tables import entry
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.audit import GENESIS, AuditEntry, AuditEvent, entry_after
from jax.domain.canonical_json import canonical_bytes, strict_parse
from jax.domain.errors import InvalidValue
from jax.ports.errors import NotFound

# One number for all databases: advisory locks of one database do not touch those of another.
CHAIN_LOCK = 0x6A61785F61756469


# The last number and hash and nothing else: an entry that cannot be read must not end the chain.
_LOCK_END = Statement(
    select(func.audit.lock_end(CHAIN_LOCK).table_valued(column("n"), column("entry_sha256")))
)
_APPEND = Statement(
    insert(entry).values({c.name: bindparam(f"new_{c.name}") for c in entry.columns if c.computed is None})
)
_GIVEN = left_open(entry)
_APPEND_ALL = Statement(insert(entry).from_select([c.name for c in _GIVEN.c], select(_GIVEN)))


class PostgresAuditLog:
    """Writers queue on an advisory lock that their transaction holds to its end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        # Since this transaction holds the lock of the chain.
        self._last: tuple[int, str] | None = None

    async def append(self, event: AuditEvent) -> AuditEntry:
        appended, row = _chained(event, await self._locked_last())
        await self._session.write(_APPEND, **{f"new_{name}": value for name, value in row.items()})
        self._last = (appended.n, appended.entry_sha256)
        return appended

    async def append_all(self, events: Sequence[AuditEvent]) -> Sequence[AuditEntry]:
        if not events:
            return ()
        last = await self._locked_last()
        appended: list[AuditEntry] = []
        rows: list[dict[str, Any]] = []
        for event in events:
            chained, row = _chained(event, last)
            appended.append(chained)
            rows.append(row)
            last = (chained.n, chained.entry_sha256)
        await self._session.write(_APPEND_ALL, **arrays_of(rows))
        self._last = last
        return appended

    def has_locked_end(self, n: int | None, entry_sha256: str | None) -> None:
        """This transaction holds the chain's lock, and this is its end; None before the first entry."""
        if self._last is None:
            self._last = (0, GENESIS) if n is None or entry_sha256 is None else (n, entry_sha256)

    async def entry(self, n: int) -> AuditEntry:
        row = (await self._session.execute(select(entry).where(entry.c.n == n))).one_or_none()
        if row is None:
            raise NotFound(f"The audit log has no entry {n}.")
        return _entry(row)

    async def entries(
        self, *, kind: str | None = None, subject: str | None = None, limit: int = 1000
    ) -> Sequence[AuditEntry]:
        return await self._newest(limit, kind=kind, subject=subject)

    async def entries_after(
        self,
        n: int,
        *,
        limit: int = 1000,
        kinds: Collection[str] | None = None,
        since: datetime | None = None,
    ) -> Sequence[AuditEntry]:
        _check_limit(limit)
        query = select(entry).where(entry.c.n > n).order_by(entry.c.n).limit(limit)
        if kinds is not None:
            query = query.where(entry.c.kind.in_(kinds))
        if since is not None:
            query = query.where(entry.c.at >= since)
        return [_entry(row) for row in await self._session.execute(query)]

    async def _locked_last(self) -> tuple[int, str]:
        if self._last is not None:
            return self._last
        last = (await self._session.execute(_LOCK_END)).one_or_none()
        return (0, GENESIS) if last is None else (last.n, last.entry_sha256)

    async def _newest(
        self, limit: int, *, kind: str | None = None, subject: str | None = None
    ) -> list[AuditEntry]:
        _check_limit(limit)
        query = select(entry).order_by(entry.c.n.desc()).limit(limit)
        if kind is not None:
            query = query.where(entry.c.kind == kind)
        if subject is not None:
            query = query.where(entry.c.subject == subject)
        result = await self._session.execute(query)
        return [_entry(row) for row in reversed(result.all())]


def _chained(event: AuditEvent, last: tuple[int, str]) -> tuple[AuditEntry, dict[str, Any]]:
    """The entry behind the one with this number and hash, and its row."""
    spelled = canonical_bytes(event.data)
    n, sha256 = last
    appended = entry_after(replace(event, data=strict_parse(spelled)), n=n, entry_sha256=sha256)
    row = {
        "n": appended.n,
        "kind": event.kind,
        "subject": event.subject,
        "actor": event.actor,
        "at": event.at,
        "data": spelled.decode(),
        "previous_sha256": appended.previous_sha256,
        "entry_sha256": appended.entry_sha256,
    }
    return appended, row


def _check_limit(limit: int) -> None:
    if limit < 1:
        raise InvalidValue("limit", f"must be at least 1, not {limit}")


def _entry(row: Row[tuple[object, ...]]) -> AuditEntry:
    event = AuditEvent(
        kind=row.kind, subject=row.subject, actor=row.actor, at=row.at, data=strict_parse(row.data.encode())
    )
    return AuditEntry(row.n, event, row.previous_sha256, row.entry_sha256)
