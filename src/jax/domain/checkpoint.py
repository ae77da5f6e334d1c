"""Where the record stood at one moment, signed, and kept outside the database."""

from dataclasses import dataclass
from datetime import datetime

from jax.domain import checks, payload_fields
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateRole
from jax.domain.payload_fields import timestamp
from jax.domain.signed import SignatureRefused, Trust, check_signer
from jax.domain.snapshot import SUBJECT, LogHead
from jax.domain.statement import Statement

PREDICATE = "urn:jax:checkpoint:v1"
_KEYS = ("n", "entry_sha256", "snapshot_seq", "revoked", "auditor", "issued")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of the log, the newest snapshot's number (0: none), and the revoked hashes, sorted."""

    log_head: LogHead
    snapshot_seq: int
    revoked: tuple[str, ...]
    auditor: str
    issued_at: datetime

    def __post_init__(self) -> None:
        if self.snapshot_seq < 0:
            raise InvalidValue("snapshot_seq", f"must not be negative, not {self.snapshot_seq}")
        for payload_sha256 in self.revoked:
            checks.sha256("revoked", payload_sha256)
        if list(self.revoked) != sorted(set(self.revoked)):
            raise InvalidValue("revoked", "must be sorted, each once")
        checks.person("auditor", self.auditor)
        checks.utc("issued", self.issued_at)

    def statement(self) -> Statement:
        """What is signed for it; the time to the second."""
        return Statement(
            PREDICATE,
            SUBJECT,
            self.log_head.entry_sha256,
            {
                "n": self.log_head.n,
                "entry_sha256": self.log_head.entry_sha256,
                "snapshot_seq": self.snapshot_seq,
                "revoked": list(self.revoked),
                "auditor": self.auditor,
                "issued": timestamp(self.issued_at),
            },
        )


def open_checkpoint(envelope: bytes, trust: Trust) -> Checkpoint:
    """The checkpoint, if an auditor's key signed it; SignatureRefused otherwise."""
    signed = trust.open(envelope)
    try:
        checkpoint = _checkpoint_of(signed.statement)
    except InvalidValue as error:
        raise SignatureRefused(f"it is no checkpoint: {error}") from error
    check_signer(signed, person=checkpoint.auditor, role=GateRole.AUDITOR)
    return checkpoint


def _checkpoint_of(statement: Statement) -> Checkpoint:
    found = statement.fields(PREDICATE, *_KEYS)
    revoked = payload_fields.items("revoked", found["revoked"])
    checkpoint = Checkpoint(
        log_head=LogHead(
            n=payload_fields.whole("n", found["n"]),
            entry_sha256=payload_fields.sha256("entry_sha256", found["entry_sha256"]),
        ),
        snapshot_seq=payload_fields.whole("snapshot_seq", found["snapshot_seq"]),
        revoked=tuple(payload_fields.sha256("revoked", value) for value in revoked),
        auditor=payload_fields.text("auditor", found["auditor"]),
        issued_at=payload_fields.time("issued", found["issued"]),
    )
    if (statement.subject_name, statement.subject_sha256) != (SUBJECT, checkpoint.log_head.entry_sha256):
        raise InvalidValue("subject", "is not the head of the log that the predicate names")
    return checkpoint
