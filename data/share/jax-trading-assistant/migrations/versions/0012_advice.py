"""Advice: the outbox of requests, the runs that answer them, and what is remembered, found by its words."""

from alembic import op

revision = "0012"
down_revision: str | None = "0011"

LARGEST = 1048576
TABLES = (
    "CREATE SCHEMA advice",
    f"""
    CREATE TABLE advice.request (
        run_id text NOT NULL,
        signal_id text,
        document text NOT NULL,
        asked_at timestamptz NOT NULL,
        finished_at timestamptz,
        CONSTRAINT request_pk PRIMARY KEY (run_id),
        CONSTRAINT request_signal_once UNIQUE (signal_id),
        CONSTRAINT request_run_id_length CHECK (char_length(run_id) BETWEEN 1 AND 64),
        CONSTRAINT request_signal_id_length CHECK (char_length(signal_id) BETWEEN 1 AND 64),
        CONSTRAINT request_document_length CHECK (char_length(document) BETWEEN 1 AND {LARGEST})
    )
    """,
    "CREATE INDEX request_waiting ON advice.request (asked_at, run_id) WHERE finished_at IS NULL",
    "CREATE INDEX request_newest ON advice.request (asked_at DESC, run_id)",
    f"""
    CREATE TABLE advice.run (
        run_id text NOT NULL,
        document text NOT NULL,
        CONSTRAINT run_pk PRIMARY KEY (run_id),
        CONSTRAINT run_of_request FOREIGN KEY (run_id) REFERENCES advice.request (run_id),
        CONSTRAINT run_document_length CHECK (char_length(document) BETWEEN 1 AND {LARGEST})
    )
    """,
    """
    CREATE TABLE advice.memory (
        memory_id text NOT NULL,
        symbol text,
        text text NOT NULL,
        at timestamptz,
        words tsvector GENERATED ALWAYS AS (to_tsvector('english'::regconfig, text)) STORED,
        CONSTRAINT memory_pk PRIMARY KEY (memory_id),
        CONSTRAINT memory_memory_id_length CHECK (char_length(memory_id) BETWEEN 1 AND 128),
        CONSTRAINT memory_symbol_length CHECK (char_length(symbol) BETWEEN 1 AND 32),
        CONSTRAINT memory_text_length CHECK (char_length(text) BETWEEN 1 AND 4000)
    )
    """,
    "CREATE INDEX memory_words ON advice.memory USING gin (words)",
    "CREATE INDEX memory_symbol ON advice.memory (symbol, at DESC)",
)
GUARDS = (
    "CREATE TRIGGER request_kept BEFORE DELETE OR TRUNCATE ON advice.request "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()",
    "ALTER TABLE advice.request ENABLE ALWAYS TRIGGER request_kept",
    "CREATE TRIGGER run_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON advice.run "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()",
    "ALTER TABLE advice.run ENABLE ALWAYS TRIGGER run_append_only",
)
# The trader leaves requests and reads no advice; research reads signals and nothing else of trading.
GRANTS = (
    "GRANT USAGE ON SCHEMA advice TO jax_trader, jax_research, jax_auditor",
    "GRANT SELECT ON advice.request, advice.run, advice.memory TO jax_research, jax_auditor",
    "GRANT INSERT ON advice.request TO jax_trader, jax_research",
    "GRANT UPDATE (finished_at) ON advice.request TO jax_research",
    "GRANT INSERT ON advice.run TO jax_research",
    "GRANT INSERT (memory_id, symbol, text, at), UPDATE (symbol, text, at) ON advice.memory TO jax_research",
    "GRANT USAGE ON SCHEMA trading TO jax_research",
    "GRANT SELECT ON trading.signal TO jax_research",
)
DOWN = (
    "REVOKE SELECT ON trading.signal FROM jax_research",
    "REVOKE USAGE ON SCHEMA trading FROM jax_research",
    "DROP SCHEMA advice CASCADE",
)


def upgrade() -> None:
    for statement in (*TABLES, *GUARDS, *GRANTS):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
