"""What a trader remembers of the gate, apart from the database."""

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
        if self.seq < 0 or (self.seq == 0) != (self.snapshot_sha256 is None):
            raise InvalidValue("seq", f"{self.seq} does not fit the snapshot's hash {self.snapshot_sha256}")
        for payload_sha256 in self.revoked:
            checks.sha256("revoked", payload_sha256)


class SnapshotMemory(Protocol):
    """Survives a crash; what it holds only grows."""

    def remembered(self) -> RememberedSnapshot:
        """What was remembered last; InvalidValue when it is damaged, which is not the same as nothing."""
        ...

    def remember(self, seen: RememberedSnapshot) -> None:
        """Keeps `seen` durably. Conflict when it would lower the number or forget a revocation; Unavailable
        when it cannot be written: what was remembered before still is.
        """
        ...
