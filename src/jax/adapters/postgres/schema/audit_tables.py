"""Schema `audit`: the hash-chained record."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
)

from jax.adapters.postgres.schema.columns import length, moment, text
from jax.adapters.postgres.schema.registry import registry
from jax.domain.audit import GENESIS

entry = Table(
    "entry",
    registry,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("prev_n", BigInteger, Computed("NULLIF(n - 1, 0)", persisted=True)),
    text("kind"),
    text("subject"),
    text("actor"),
    moment("at"),
    text("data"),
    text("previous_sha256"),
    text("entry_sha256"),
    UniqueConstraint("entry_sha256", name="entry_sha256_once"),
    UniqueConstraint("n", "entry_sha256", name="entry_n_sha256"),
    ForeignKeyConstraint(
        ["prev_n", "previous_sha256"], ["audit.entry.n", "audit.entry.entry_sha256"], name="entry_follows"
    ),
    CheckConstraint("n >= 1", name="n_from_one"),
    CheckConstraint(f"(n = 1) = (previous_sha256 = '{GENESIS}')", name="genesis"),
    CheckConstraint("entry_sha256 ~ '^sha256:[0-9a-f]{64}$'", name="entry_sha256_form"),
    length("kind", 64),
    length("subject", 200),
    length("actor", 200),
    Index("entry_kind", "kind", "n"),
    Index("entry_subject", "subject", "n"),
    schema="audit",
)
