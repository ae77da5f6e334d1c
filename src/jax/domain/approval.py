"""A person's decision about the bytes of an artifact, as it is signed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jax.domain import checks, payload_fields
from jax.domain.artifact import ApprovalKind
from jax.domain.errors import InvalidValue
from jax.domain.payload_fields import timestamp
from jax.domain.statement import Statement

PREDICATE = "urn:jax:approval:v1"
_KEYS = (
    "kind",
    "decision",
    "approver",
    "policy_sha256",
    "displayed_sha256",
    "reason",
    "issued",
    "expires",
)


class Decision(StrEnum):
    """What an approver says of an artifact."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True)
class Approval:
    """`approver` decides as one `kind` under one policy, having been shown what hashes to `displayed_sha256`.

    `subject` is strategy and version; it counts from `issued_at` until before `expires_at`.
    """

    subject: str
    payload_sha256: str
    kind: ApprovalKind
    decision: Decision
    approver: str
    policy_sha256: str
    displayed_sha256: str
    reason: str
    issued_at: datetime
    expires_at: datetime

    def __post_init__(self) -> None:
        checks.text("subject", self.subject)
        for field in ("payload_sha256", "policy_sha256", "displayed_sha256"):
            checks.sha256(field, getattr(self, field))
        checks.person("approver", self.approver)
        checks.text("reason", self.reason, longest=2000)
        checks.utc("issued", self.issued_at)
        if not (self.issued_at < checks.utc("expires", self.expires_at)):
            raise InvalidValue("expires", "is not after issued")

    def statement(self) -> Statement:
        """What is signed for it; times to the second."""
        return Statement(
            PREDICATE,
            self.subject,
            self.payload_sha256,
            {
                "kind": self.kind,
                "decision": self.decision,
                "approver": self.approver,
                "policy_sha256": self.policy_sha256,
                "displayed_sha256": self.displayed_sha256,
                "reason": self.reason,
                "issued": timestamp(self.issued_at),
                "expires": timestamp(self.expires_at),
            },
        )


def approval_of(statement: Statement) -> Approval:
    """The approval that `statement` spells; InvalidValue names the field that is wrong."""
    found = statement.fields(PREDICATE, *_KEYS)
    return Approval(
        subject=statement.subject_name,
        payload_sha256=statement.subject_sha256,
        kind=payload_fields.word("kind", found["kind"], ApprovalKind),
        decision=payload_fields.word("decision", found["decision"], Decision),
        approver=payload_fields.text("approver", found["approver"]),
        policy_sha256=payload_fields.sha256("policy_sha256", found["policy_sha256"]),
        displayed_sha256=payload_fields.sha256("displayed_sha256", found["displayed_sha256"]),
        reason=payload_fields.text("reason", found["reason"], longest=2000),
        issued_at=payload_fields.time("issued", found["issued"]),
        expires_at=payload_fields.time("expires", found["expires"]),
    )
