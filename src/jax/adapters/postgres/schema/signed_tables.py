"""Schema `gate`: policies, people's keys, and what they have signed.

The columns of a signed document are generated from its envelope: they are read, never written.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from jax.adapters.postgres.schema.columns import known, length, moment, text
from jax.adapters.postgres.schema.registry import registry
from jax.domain.artifact import ApprovalKind
from jax.domain.canonical_json import LARGEST_DOCUMENT_BYTES

_STATEMENT = "gate.statement(envelope)"
_SUBJECT_SHA256 = f"'sha256:' || ({_STATEMENT} #>> '{{subject,0,digest,sha256}}')"
_RERUN = "urn:jax:rerun:v1"
_GOLDEN = "https://in-toto.io/attestation/test-result/v0.1"


def _generated(name: str, kind: TypeEngine[Any], expression: str, **options: Any) -> Column[Any]:
    nullable = options.pop("nullable", False)
    return Column(name, kind, Computed(expression, persisted=True), nullable=nullable, **options)


def _said(field: str) -> str:
    return f"{_STATEMENT} #>> '{{predicate,{field}}}'"


def _text(name: str, field: str | None = None, **options: Any) -> Column[Any]:
    return _generated(name, Text(), _said(field or name), **options)


def _moment(name: str, field: str) -> Column[Any]:
    return _generated(name, DateTime(timezone=True), f"gate.moment({_said(field)})")


def _hash_of(name: str, column: str, **options: Any) -> Column[Any]:
    return _generated(name, Text(), f"'sha256:' || encode(sha256({column}), 'hex')", **options)


def _subject() -> Column[Any]:
    return _generated("payload_sha256", Text(), _SUBJECT_SHA256)


def _key() -> Column[Any]:
    return _generated("key_id", Text(), "gate.signing_key(envelope)")


def _envelope() -> Column[bytes]:
    return Column("envelope", LargeBinary, nullable=False)


def _size(column: str) -> CheckConstraint:
    return CheckConstraint(f"octet_length({column}) <= {LARGEST_DOCUMENT_BYTES}", name=f"{column}_size")


def _form(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} ~ '^sha256:[0-9a-f]{{64}}$'", name=f"{column}_form")


def _one_of(column: str, *words: str) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _references(name: str, columns: str, table: str, keys: str | None = None) -> ForeignKeyConstraint:
    """`columns` of the row name `keys` (or columns of the same names) of `table`."""
    named = (keys or columns).split()
    return ForeignKeyConstraint(columns.split(), [f"{table}.{key}" for key in named], name=name)


policy = Table(
    "policy",
    registry,
    Column("document", LargeBinary, nullable=False),
    _hash_of("sha256", "document", primary_key=True),
    _generated("name", Text(), "gate.payload_field(document, 'name')"),
    _generated("version", Integer(), "(gate.payload_field(document, 'version'))::integer"),
    _generated("solo", Boolean(), "(gate.payload_field(document, 'solo'))::boolean"),
    UniqueConstraint("version", name="policy_version_once"),
    UniqueConstraint("sha256", "solo", name="policy_sha256_solo"),
    _size("document"),
    length("name", 64),
    CheckConstraint("version >= 1", name="version_from_one"),
    schema="gate",
)

member_key = Table(
    "member_key",
    registry,
    Column("public_key", LargeBinary, nullable=False),
    _hash_of("key_id", "public_key", primary_key=True),
    text("person"),
    UniqueConstraint("key_id", "person", name="member_key_id_person"),
    CheckConstraint("octet_length(public_key) = 32", name="public_key_size"),
    CheckConstraint("person ~ '^[a-z][a-z0-9_]{0,62}$'", name="person_form"),
    schema="gate",
)

key_role = Table(
    "key_role",
    registry,
    text("key_id", primary_key=True),
    text("role", primary_key=True),
    _references("key_role_of_key", "key_id", "gate.member_key"),
    _one_of(
        "role", "AUTHOR", "VALIDATOR", "TECHNICAL", "RISK", "COMPLIANCE", "RELEASE", "REVOKER", "AUDITOR"
    ),
    schema="gate",
)

key_end = Table(
    "key_end",
    registry,
    text("key_id", primary_key=True),
    moment("ended_at"),
    _references("key_end_of_key", "key_id", "gate.member_key"),
    schema="gate",
)

evidence = Table(
    "evidence",
    registry,
    text("artifact_id"),
    _envelope(),
    _hash_of("evidence_sha256", "envelope", primary_key=True),
    _subject(),
    _generated("predicate_type", Text(), f"{_STATEMENT} ->> 'predicateType'"),
    _text("signer", "validator"),
    _key(),
    _generated("needs_role", Text(), "'VALIDATOR'"),
    _moment("issued_at", "issued"),
    _text("orders_sha256", nullable=True),
    _generated(
        "golden_suite_sha256",
        Text(),
        f"CASE WHEN {_said('configuration,0,name')} = 'golden-suite' "
        f"AND ({_said('configuration,1')}) IS NULL "
        f"THEN 'sha256:' || ({_said('configuration,0,digest,sha256')}) END",
        nullable=True,
    ),
    _text("result", nullable=True),
    _references("evidence_of_payload", "artifact_id payload_sha256", "gate.artifact"),
    _references("evidence_by_person", "key_id signer", "gate.member_key", "key_id person"),
    _references("evidence_by_validator", "key_id needs_role", "gate.key_role", "key_id role"),
    _size("envelope"),
    _one_of("predicate_type", _RERUN, _GOLDEN),
    CheckConstraint(f"(predicate_type = '{_RERUN}') = (orders_sha256 IS NOT NULL)", name="of_rerun"),
    CheckConstraint(
        f"predicate_type = '{_RERUN}' OR num_nulls(golden_suite_sha256, result) = 0", name="of_golden_suite"
    ),
    _form("orders_sha256"),
    _form("golden_suite_sha256"),
    _one_of("result", "PASSED", "FAILED"),
    Index("evidence_artifact", "artifact_id"),
    schema="gate",
)

approval = Table(
    "approval",
    registry,
    text("artifact_id"),
    text("author"),
    Column("solo", Boolean, nullable=False),
    Column("renewal", Integer, nullable=False),
    _envelope(),
    _hash_of("approval_sha256", "envelope"),
    _subject(),
    _text("kind"),
    _text("decision"),
    _text("approver"),
    _text("policy_sha256"),
    _text("displayed_sha256"),
    _text("reason"),
    _key(),
    _moment("issued_at", "issued"),
    _moment("expires_at", "expires"),
    PrimaryKeyConstraint("artifact_id", "policy_sha256", "approver", "renewal", name="approval_pk"),
    UniqueConstraint("approval_sha256", name="approval_envelope_once"),
    _references("approval_of_payload", "artifact_id payload_sha256 author", "gate.artifact"),
    _references("approval_of_policy", "policy_sha256 solo", "gate.policy", "sha256 solo"),
    _references("approval_by_person", "key_id approver", "gate.member_key", "key_id person"),
    _references("approval_by_role", "key_id kind", "gate.key_role", "key_id role"),
    CheckConstraint("approver <> author OR solo", name="not_by_author"),
    _size("envelope"),
    known("kind", ApprovalKind),
    _one_of("decision", "APPROVE", "REJECT"),
    CheckConstraint("issued_at < expires_at", name="interval"),
    CheckConstraint("renewal >= 0", name="renewal_not_negative"),
    _form("displayed_sha256"),
    length("reason", 2000),
    schema="gate",
)

snapshot = Table(
    "snapshot",
    registry,
    _envelope(),
    _generated("seq", BigInteger(), f"({_said('seq')})::bigint", primary_key=True, autoincrement=False),
    _generated("prev_seq", BigInteger(), f"NULLIF(({_said('seq')})::bigint - 1, 0)", nullable=True),
    _hash_of("snapshot_sha256", "envelope"),
    _generated("log_n", BigInteger(), f"({_said('log_head,n')})::bigint"),
    _text("log_sha256", "log_head,entry_sha256"),
    _generated("active", JSONB(), f"{_STATEMENT} #> '{{predicate,active}}'"),
    _generated("revoked", JSONB(), f"{_STATEMENT} #> '{{predicate,revoked}}'"),
    _text("policy_sha256"),
    _text("signer"),
    _key(),
    _generated("needs_role", Text(), "'RELEASE'"),
    _moment("issued_at", "issued"),
    _moment("expires_at", "expires"),
    _references("snapshot_follows", "prev_seq", "gate.snapshot", "seq"),
    _references("snapshot_of_log", "log_n log_sha256", "audit.entry", "n entry_sha256"),
    _references("snapshot_of_policy", "policy_sha256", "gate.policy", "sha256"),
    _references("snapshot_by_person", "key_id signer", "gate.member_key", "key_id person"),
    _references("snapshot_by_releaser", "key_id needs_role", "gate.key_role", "key_id role"),
    _size("envelope"),
    CheckConstraint("seq >= 1", name="seq_from_one"),
    CheckConstraint("jsonb_typeof(active) = 'object'", name="active_form"),
    CheckConstraint("jsonb_typeof(revoked) = 'array'", name="revoked_form"),
    CheckConstraint(f"log_sha256 = {_SUBJECT_SHA256}", name="subject"),
    CheckConstraint("issued_at < expires_at", name="interval"),
    schema="gate",
)

# A trigger fills what is left out, from the envelope if there is one; `revoker` from who is logged in.
revocation = Table(
    "revocation",
    registry,
    text("revocation_id", primary_key=True),
    text("payload_sha256"),
    text("revoker"),
    text("reason"),
    moment("revoked_at"),
    Column("envelope", LargeBinary, nullable=True),
    length("revocation_id", 64),
    _form("payload_sha256"),
    length("revoker", 200),
    length("reason", 2000),
    _size("envelope"),
    CheckConstraint(
        "envelope IS NULL OR ("
        f"{_STATEMENT} ->> 'predicateType' = 'urn:jax:revocation:v1'"
        f" AND payload_sha256 = {_SUBJECT_SHA256}"
        f" AND revoker = ({_said('revoker')})"
        f" AND reason = ({_said('reason')})"
        f" AND gate.moment({_said('issued')}) IS NOT NULL) IS TRUE",
        name="as_signed",
    ),
    Index("revocation_payload", "payload_sha256"),
    schema="gate",
)

# Views, so they are kept apart from what the migrations are compared with.
_views = MetaData()

# The newest decision of each person under each policy, while it lives and its key is in use.
standing_approval = Table(
    "standing_approval",
    _views,
    *(Column(c.name, c.type, nullable=False) for c in approval.columns),
    schema="gate",
)

# What the newest snapshot names, while it lives and its key is in use; no row otherwise.
released = Table(
    "released",
    _views,
    Column("seq", BigInteger, nullable=False),
    text("policy_sha256"),
    text("name"),
    text("payload_sha256"),
    schema="gate",
)
