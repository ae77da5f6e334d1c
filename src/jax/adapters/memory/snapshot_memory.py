"""What was seen of the gate, in memory."""

from jax.ports.errors import Conflict
from jax.ports.snapshot_memory import RememberedSnapshot


class MemorySnapshotMemory:
    """A SnapshotMemory that does not outlive its process."""

    def __init__(self) -> None:
        self._remembered = RememberedSnapshot()

    def remembered(self) -> RememberedSnapshot:
        """See SnapshotMemory."""
        return self._remembered

    def remember(self, seen: RememberedSnapshot) -> None:
        """See SnapshotMemory."""
        before = self._remembered
        self._remembered = before.grown_by(seen)
        if before.contradicts(seen):
            raise Conflict(f"Snapshot {before.seq} was seen already, and {seen.seq} does not follow it.")
