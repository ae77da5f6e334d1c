"""A history as verification sees it: rows, and the root file."""

from dataclasses import dataclass

from jax.adapters.ed25519.verification import verify_ed25519
from jax.domain.artifact import Artifact
from jax.domain.checkpoint import Checkpoint
from jax.domain.gate_root import GateRoot
from jax.modules.artifacts.verify_history import HistoryVerdict, verify_history
from tests.gate_people import SIGNED_AT, sign
from tests.tampering import Rows, row_of


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a whole history left behind, and the root file at its end."""

    rows: Rows
    root: GateRoot

    def artifact(self, artifact_id: str) -> Artifact:
        """As its columns say."""
        row = row_of(self.rows, "gate.artifact", artifact_id=artifact_id)
        return Artifact(
            artifact_id=artifact_id,
            name=row.text("name"),
            version=row.text("version"),
            author=row.text("author"),
            payload=row.content("payload"),
            payload_sha256=row.text("payload_sha256"),
            created_at=row.moment("created_at"),
        )

    def verdict(self, rows: Rows | None = None, *, checkpoint: bytes | None = None) -> HistoryVerdict:
        """Of these rows, or of those that were recorded."""
        return verify_history(self.rows if rows is None else rows, self.root, verify_ed25519, checkpoint)

    def findings(self, rows: Rows, *, checkpoint: bytes | None = None) -> list[str]:
        """One line a finding."""
        return [str(finding) for finding in self.verdict(rows, checkpoint=checkpoint).findings]


def checkpoint_of(verdict: HistoryVerdict, *, hand: str = "audrey", auditor: str = "audrey") -> bytes:
    assert verdict.head is not None
    made = Checkpoint(verdict.head, verdict.snapshot_seq, verdict.revoked, auditor, SIGNED_AT)
    return sign(made.statement(), hand)
