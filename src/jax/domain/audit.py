"""The hash-chained record of what was done and why."""

from dataclasses import dataclass
from datetime import datetime

from jax.domain import checks
from jax.domain.canonical_json import Json, canonical_bytes, sha256_of

GENESIS = "sha256:" + "0" * 64
# The actor of what nobody asked for: the trader did it by itself.
TRADER = "jax-trader"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What is to be recorded: `kind` (such as `order.sent`) of `subject`, done by `actor`, with its data."""

    kind: str
    subject: str
    actor: str
    at: datetime
    data: Json

    def __post_init__(self) -> None:
        checks.text("kind", self.kind, longest=64)
        checks.text("subject", self.subject)
        checks.text("actor", self.actor)
        checks.utc("at", self.at)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Entry `n` (from 1) of the chain; `entry_sha256` covers the entry before it."""

    n: int
    event: AuditEvent
    previous_sha256: str
    entry_sha256: str


def next_entry(event: AuditEvent, *, last: AuditEntry | None) -> AuditEntry:
    """The entry that follows `last` (None for the first)."""
    return (
        entry_after(event, n=0, entry_sha256=GENESIS)
        if last is None
        else entry_after(event, n=last.n, entry_sha256=last.entry_sha256)
    )


def entry_after(event: AuditEvent, *, n: int, entry_sha256: str) -> AuditEntry:
    """The entry that follows entry `n` (0 before the first) with this hash, whatever that one says."""
    return AuditEntry(n + 1, event, entry_sha256, _hash(n + 1, event, entry_sha256))


def first_broken_entry(entries: list[AuditEntry]) -> int | None:
    """The number of the first entry that does not follow from the one before it; None if all do."""
    last: AuditEntry | None = None
    for position, entry in enumerate(entries, start=1):
        if entry != next_entry(entry.event, last=last):
            return position
        last = entry
    return None


def _hash(n: int, event: AuditEvent, previous_sha256: str) -> str:
    document: Json = {
        "n": n,
        "kind": event.kind,
        "subject": event.subject,
        "actor": event.actor,
        "at": event.at.isoformat(),
        "data": event.data,
        "previous_sha256": previous_sha256,
    }
    return sha256_of(canonical_bytes(document))
