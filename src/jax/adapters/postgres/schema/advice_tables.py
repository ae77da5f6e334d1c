"""Schema `advice`: requests, runs and memories."""

from sqlalchemy import (
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    UniqueConstraint,
    desc,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from jax.adapters.postgres.schema.columns import length, moment
from jax.adapters.postgres.schema.columns import text as text_column
from jax.adapters.postgres.schema.registry import registry
from jax.domain.advice import LONGEST_TEXT
from jax.domain.canonical_json import LARGEST_DOCUMENT_BYTES

request = Table(
    "request",
    registry,
    text_column("run_id", primary_key=True),
    text_column("signal_id", nullable=True),
    text_column("document"),
    moment("asked_at"),
    moment("finished_at", nullable=True),
    UniqueConstraint("signal_id", name="request_signal_once"),
    length("run_id", 64),
    length("signal_id", 64),
    length("document", LARGEST_DOCUMENT_BYTES),
    Index("request_waiting", "asked_at", "run_id", postgresql_where=text("finished_at IS NULL")),
    Index("request_newest", desc("asked_at"), "run_id"),
    schema="advice",
)

run = Table(
    "run",
    registry,
    text_column("run_id", primary_key=True),
    text_column("document"),
    ForeignKeyConstraint(["run_id"], ["advice.request.run_id"], name="run_of_request"),
    length("document", LARGEST_DOCUMENT_BYTES),
    schema="advice",
)

memory = Table(
    "memory",
    registry,
    text_column("memory_id", primary_key=True),
    text_column("symbol", nullable=True),
    Column("text", Text, nullable=False),
    moment("at", nullable=True),
    Column("words", TSVECTOR, Computed("to_tsvector('english'::regconfig, text)", persisted=True)),
    length("memory_id", 128),
    length("symbol", 32),
    length("text", LONGEST_TEXT),
    Index("memory_words", "words", postgresql_using="gin"),
    Index("memory_symbol", "symbol", desc("at")),
    schema="advice",
)
