"""Requests to execute under keys of their callers: a key means one request and its answer, for good."""

from alembic import op

revision = "0013"
down_revision: str | None = "0012"

UP = (
    """
    CREATE TABLE trading.keyed_request (
        account text NOT NULL,
        key text NOT NULL,
        signal_id text NOT NULL,
        approved_by text NOT NULL,
        asked_at timestamptz NOT NULL,
        denied text,
        CONSTRAINT keyed_request_pk PRIMARY KEY (account, key),
        CONSTRAINT keyed_request_of_account FOREIGN KEY (account) REFERENCES trading.account (account),
        CONSTRAINT keyed_request_of_signal FOREIGN KEY (signal_id) REFERENCES trading.signal (signal_id),
        CONSTRAINT keyed_request_key_length CHECK (char_length(key) BETWEEN 1 AND 64),
        CONSTRAINT keyed_request_approved_by_length CHECK (char_length(approved_by) BETWEEN 1 AND 200),
        CONSTRAINT keyed_request_denied_form CHECK (jsonb_typeof((denied)::jsonb) = 'object')
    )
    """,
    "CREATE TRIGGER keyed_request_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trading.keyed_request "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()",
    "ALTER TABLE trading.keyed_request ENABLE ALWAYS TRIGGER keyed_request_append_only",
    "GRANT SELECT, INSERT ON trading.keyed_request TO jax_trader",
    "GRANT SELECT ON trading.keyed_request TO jax_auditor",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE trading.keyed_request")
