"""Schema `gate`: artifacts, the steps of their lives, and who approved them."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from jax.adapters.postgres.schema.columns import Word, known, length, moment, text, word
from jax.adapters.postgres.schema.registry import registry
from jax.domain.artifact import ApprovalKind, ArtifactState
from jax.domain.canonical_json import LARGEST_DOCUMENT_BYTES


def _read_from_payload(field: str) -> Column[str]:
    return Column(
        field, Text, Computed(f"gate.payload_field(payload, '{field}')", persisted=True), nullable=False
    )


artifact = Table(
    "artifact",
    registry,
    text("artifact_id", primary_key=True),
    Column("payload", LargeBinary, nullable=False),
    Column(
        "payload_sha256",
        Text,
        Computed("'sha256:' || encode(sha256(payload), 'hex')", persisted=True),
        nullable=False,
    ),
    _read_from_payload("name"),
    _read_from_payload("version"),
    _read_from_payload("author"),
    moment("created_at"),
    UniqueConstraint("name", "version", name="artifact_name_version_once"),
    UniqueConstraint("payload_sha256", name="artifact_payload_once"),
    UniqueConstraint("artifact_id", "payload_sha256", name="artifact_id_sha256"),
    UniqueConstraint("artifact_id", "payload_sha256", "author", name="artifact_id_sha256_author"),
    length("artifact_id", 64),
    CheckConstraint(f"octet_length(payload) <= {LARGEST_DOCUMENT_BYTES}", name="payload_size"),
    length("name", 64),
    length("version", 32),
    length("author", 200),
    schema="gate",
)

artifact_transition = Table(
    "artifact_transition",
    registry,
    text("from_state", primary_key=True),
    text("to_state", primary_key=True),
    schema="gate",
)

artifact_event = Table(
    "artifact_event",
    registry,
    text("artifact_id", primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("prev_n", Integer, Computed("NULLIF(n - 1, 0)", persisted=True)),
    text("from_state"),
    text("to_state"),
    text("payload_sha256"),
    text("actor"),
    text("reason"),
    moment("at"),
    UniqueConstraint("artifact_id", "n", "to_state", name="artifact_event_to_state"),
    ForeignKeyConstraint(
        ["from_state", "to_state"],
        ["gate.artifact_transition.from_state", "gate.artifact_transition.to_state"],
        name="artifact_event_legal",
    ),
    ForeignKeyConstraint(
        ["artifact_id", "prev_n", "from_state"],
        ["gate.artifact_event.artifact_id", "gate.artifact_event.n", "gate.artifact_event.to_state"],
        name="artifact_event_follows",
    ),
    ForeignKeyConstraint(
        ["artifact_id", "payload_sha256"],
        ["gate.artifact.artifact_id", "gate.artifact.payload_sha256"],
        name="artifact_event_of_payload",
    ),
    CheckConstraint("n >= 1", name="n_from_one"),
    CheckConstraint("(n = 1) = (from_state = 'NONE')", name="first"),
    length("actor", 200),
    length("reason", 2000),
    schema="gate",
)

artifact_approval = Table(
    "artifact_approval",
    registry,
    text("artifact_id", primary_key=True),
    text("payload_sha256"),
    text("author"),
    Column("kind", Word(ApprovalKind), primary_key=True),
    text("approver", primary_key=True),
    text("notes"),
    moment("approved_at"),
    ForeignKeyConstraint(
        ["artifact_id", "payload_sha256", "author"],
        ["gate.artifact.artifact_id", "gate.artifact.payload_sha256", "gate.artifact.author"],
        name="artifact_approval_of_payload",
    ),
    CheckConstraint("approver <> author", name="not_by_author"),
    known("kind", ApprovalKind),
    length("approver", 200),
    length("notes", 2000),
    schema="gate",
)

# A view, so it is kept apart from what the migrations are compared with.
artifact_state = Table(
    "artifact_state",
    MetaData(),
    text("artifact_id"),
    Column("n", Integer, nullable=False),
    word("state", ArtifactState),
    moment("since"),
    schema="gate",
)
