"""The emergency stop of one artifact: one person, with a reason, for good."""

from dataclasses import dataclass
from datetime import datetime

from jax.domain import checks, payload_fields
from jax.domain.payload_fields import timestamp
from jax.domain.statement import Statement

PREDICATE = "urn:jax:revocation:v1"


@dataclass(frozen=True, slots=True)
class Revocation:
    """`revoker` ends what hashes to `payload_sha256`; `subject` is strategy and version."""

    subject: str
    payload_sha256: str
    revoker: str
    reason: str
    issued_at: datetime

    def __post_init__(self) -> None:
        checks.text("subject", self.subject)
        checks.sha256("payload_sha256", self.payload_sha256)
        checks.person("revoker", self.revoker)
        checks.text("reason", self.reason, longest=2000)
        checks.utc("issued", self.issued_at)

    def statement(self) -> Statement:
        """What is signed for it; the time to the second."""
        return Statement(
            PREDICATE,
            self.subject,
            self.payload_sha256,
            {"revoker": self.revoker, "reason": self.reason, "issued": timestamp(self.issued_at)},
        )


def revocation_of(statement: Statement) -> Revocation:
    """The revocation that `statement` spells; InvalidValue names the field that is wrong."""
    found = statement.fields(PREDICATE, "revoker", "reason", "issued")
    return Revocation(
        subject=statement.subject_name,
        payload_sha256=statement.subject_sha256,
        revoker=payload_fields.text("revoker", found["revoker"]),
        reason=payload_fields.text("reason", found["reason"], longest=2000),
        issued_at=payload_fields.time("issued", found["issued"]),
    )


@dataclass(frozen=True, slots=True)
class RecordedRevocation:
    """A row that stops an artifact. It does so with no envelope, too: stopping needs no proof."""

    revocation_id: str
    payload_sha256: str
    revoker: str
    reason: str
    revoked_at: datetime
    envelope: bytes | None
