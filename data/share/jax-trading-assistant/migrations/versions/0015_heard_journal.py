"""How far an account's trader has heard a broker's journal: what comes before is booked."""

from alembic import op

revision = "0015"
down_revision: str | None = "0014"

TABLE = """
    CREATE TABLE {schema}.heard_journal (
        account text NOT NULL,
        journal text NOT NULL,
        seq bigint NOT NULL,
        CONSTRAINT heard_journal_pk PRIMARY KEY (account),
        CONSTRAINT heard_journal_of_account FOREIGN KEY (account) REFERENCES {schema}.account (account),
        CONSTRAINT heard_journal_journal_length CHECK (char_length(journal) BETWEEN 1 AND 64),
        CONSTRAINT heard_journal_seq_from_zero CHECK (seq >= 0)
    )
"""
WRITERS = {"trading": "jax_trader", "shadow": "jax_shadow"}


def upgrade() -> None:
    for schema, writer in WRITERS.items():
        op.execute(TABLE.format(schema=schema))
        op.execute(f"GRANT SELECT, INSERT, UPDATE (journal, seq) ON {schema}.heard_journal TO {writer}")
        op.execute(f"GRANT SELECT ON {schema}.heard_journal TO jax_auditor")


def downgrade() -> None:
    for schema in WRITERS:
        op.execute(f"DROP TABLE {schema}.heard_journal")
