"""Schema `gate`: artifacts and the steps of their lives."""

from sqlalchemy import (
    BigInteger,
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

from jax.adapters.postgres.schema.columns import Word, length, moment, text, word
from jax.adapters.postgres.schema.registry import registry
from jax.domain.artifact import ApprovalKind, ArtifactState
from jax.domain.canonical_json import LARGEST_DOCUMENT_BYTES


def _read_from_payload(field: str) -> Column[str]:
    return Column(
        field, Text, Computed(f"gate.payload_field(payload, '{field}')", persisted=True), nullable=False
    )


def _read_at(field: str, path: str) -> Column[str]:
    """Payloads from before the signed gate may lack it."""
    return Column(field, Text, Computed(f"gate.payload_at(payload, '{{{path}}}')", persisted=True))


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
    _read_at("bundle_sha256", "code,bundle_sha256"),
    Column(
        "golden_suite_sha256",
        Text,
        Computed("gate.payload_field(payload, 'golden_suite_sha256')", persisted=True),
    ),
    _read_at("orders_sha256", "backtest,orders_sha256"),
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
    # Absent in steps from before the signed gate only.
    Column("entry_n", BigInteger),
    text("entry_sha256", nullable=True),
    UniqueConstraint("entry_n", name="artifact_event_entry_once"),
    ForeignKeyConstraint(
        ["entry_n", "entry_sha256"],
        ["audit.entry.n", "audit.entry.entry_sha256"],
        name="artifact_event_in_chain",
    ),
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

# Gone from the database; here until the store that names it has gone as well.
artifact_approval = Table(
    "artifact_approval",
    MetaData(),
    text("artifact_id", primary_key=True),
    text("payload_sha256"),
    text("author"),
    Column("kind", Word(ApprovalKind), primary_key=True),
    text("approver", primary_key=True),
    text("notes"),
    moment("approved_at"),
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
    # What the history says, which may not have heard of a revocation yet.
    word("recorded_state", ArtifactState),
    schema="gate",
)
