"""What a trader has seen of the gate, kept outside the database so that nobody can take it back."""

from dataclasses import dataclass
from typing import Protocol

from jax.domain import checks
from jax.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class RememberedSnapshot:
    """The newest snapshot ever seen (0 and None before the first), and every hash ever seen revoked."""

    seq: int = 0
    snapshot_sha256: str | None = None
    revoked: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.seq < 0:
            raise InvalidValue("seq", f"must not be negative, not {self.seq}")
        if (self.snapshot_sha256 is None) != (self.seq == 0):
            raise InvalidValue("snapshot_sha256", "must be there from snapshot 1 on, and not before")
        if self.snapshot_sha256 is not None:
            checks.sha256("snapshot_sha256", self.snapshot_sha256)
        for payload_sha256 in self.revoked:
            checks.sha256("revoked", payload_sha256)

    def contradicts(self, seen: "RememberedSnapshot") -> bool:
        """Whether `seen` is older than this, or another snapshot with the same number."""
        same = (seen.seq, seen.snapshot_sha256) == (self.seq, self.snapshot_sha256)
        return not (same or seen.seq > self.seq)

    def grown_by(self, seen: "RememberedSnapshot") -> "RememberedSnapshot":
        """This with all revocations of `seen`, and with its snapshot unless that contradicts."""
        newest = self if self.contradicts(seen) else seen
        return RememberedSnapshot(newest.seq, newest.snapshot_sha256, self.revoked | seen.revoked)


class SnapshotMemory(Protocol):
    """Survives a crash; what it holds only grows, whatever the order of calls and processes."""

    def remembered(self) -> RememberedSnapshot:
        """What was remembered, also before a restart; RememberedSnapshot() before the first time.

        InvalidValue when it is damaged, which is not the same as nothing: load nothing then. Unavailable
        when it cannot be read.
        """
        ...

    def remember(self, seen: RememberedSnapshot) -> None:
        """Adds `seen` durably: a higher snapshot takes the older one's place, revocations are only added.

        Conflict when `seen` is older than what is remembered, or another snapshot with the same number: its
        revocations are added all the same. Conflict, too, when the memory is damaged. Unavailable when it
        cannot be written: what was remembered before still is.
        """
        ...
