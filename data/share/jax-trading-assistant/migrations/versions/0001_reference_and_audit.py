"""Instruments, exchange sessions, and the hash-chained record.

The statements are SQL as it runs: what the tables promise should be readable without knowing Python, and
must not change when the code does.
"""

from alembic import op

revision = "0001"
down_revision: str | None = None

UP = (
    "CREATE SCHEMA reference",
    """
    CREATE TABLE reference.instrument (
        symbol text NOT NULL,
        mic text NOT NULL,
        currency text NOT NULL,
        price_increment numeric(20, 8) NOT NULL,
        lot_size numeric(20, 8) NOT NULL,
        multiplier numeric(20, 8) NOT NULL,
        CONSTRAINT instrument_pk PRIMARY KEY (symbol),
        CONSTRAINT instrument_symbol_length CHECK (char_length(symbol) BETWEEN 1 AND 32),
        CONSTRAINT instrument_mic_length CHECK (char_length(mic) BETWEEN 4 AND 4),
        CONSTRAINT instrument_currency_length CHECK (char_length(currency) BETWEEN 3 AND 3),
        -- NaN counts as larger than every number: only a bound above keeps it out, here and below.
        CONSTRAINT instrument_price_increment_bounds
            CHECK (price_increment > 0 AND price_increment < 1000000000000),
        CONSTRAINT instrument_lot_size_bounds CHECK (lot_size > 0 AND lot_size < 1000000000000),
        CONSTRAINT instrument_multiplier_bounds CHECK (multiplier > 0 AND multiplier < 1000000000000)
    )
    """,
    """
    CREATE TABLE reference.exchange_session (
        mic text NOT NULL,
        session_date date NOT NULL,
        opens_at timestamptz NOT NULL,
        closes_at timestamptz NOT NULL,
        is_half_day boolean NOT NULL,
        CONSTRAINT exchange_session_pk PRIMARY KEY (mic, session_date),
        CONSTRAINT exchange_session_mic_length CHECK (char_length(mic) BETWEEN 4 AND 4),
        CONSTRAINT exchange_session_order CHECK (opens_at < closes_at)
    )
    """,
    "CREATE INDEX exchange_session_opens_at ON reference.exchange_session (mic, opens_at)",
    """
    CREATE TABLE reference.exchange_holiday (
        mic text NOT NULL,
        holiday_date date NOT NULL,
        CONSTRAINT exchange_holiday_pk PRIMARY KEY (mic, holiday_date),
        CONSTRAINT exchange_holiday_mic_length CHECK (char_length(mic) BETWEEN 4 AND 4)
    )
    """,
    "CREATE SCHEMA audit",
    """
    CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '%.% is append-only: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'JX001';
    END
    $$
    """,
    # The keys alone keep the chain whole: entry n points at the number and hash of entry n - 1, so that a
    # fork, a gap or a second first entry cannot be written by anybody.
    f"""
    CREATE TABLE audit.entry (
        n bigint NOT NULL,
        prev_n bigint GENERATED ALWAYS AS (NULLIF(n - 1, 0)) STORED,
        kind text NOT NULL,
        subject text NOT NULL,
        actor text NOT NULL,
        at timestamptz NOT NULL,
        data text NOT NULL,
        previous_sha256 text NOT NULL,
        entry_sha256 text NOT NULL,
        CONSTRAINT entry_pk PRIMARY KEY (n),
        CONSTRAINT entry_sha256_once UNIQUE (entry_sha256),
        CONSTRAINT entry_n_sha256 UNIQUE (n, entry_sha256),
        CONSTRAINT entry_follows FOREIGN KEY (prev_n, previous_sha256)
            REFERENCES audit.entry (n, entry_sha256),
        CONSTRAINT entry_n_from_one CHECK (n >= 1),
        CONSTRAINT entry_genesis CHECK ((n = 1) = (previous_sha256 = 'sha256:{"0" * 64}')),
        CONSTRAINT entry_entry_sha256_form CHECK (entry_sha256 ~ '^sha256:[0-9a-f]{{64}}$'),
        CONSTRAINT entry_kind_length CHECK (char_length(kind) BETWEEN 1 AND 64),
        CONSTRAINT entry_subject_length CHECK (char_length(subject) BETWEEN 1 AND 200),
        CONSTRAINT entry_actor_length CHECK (char_length(actor) BETWEEN 1 AND 200)
    )
    """,
    "CREATE INDEX entry_kind ON audit.entry (kind, n)",
    "CREATE INDEX entry_subject ON audit.entry (subject, n)",
    """
    CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()
    """,
    "ALTER TABLE audit.entry ENABLE ALWAYS TRIGGER entry_append_only",
)

DOWN = (
    "DROP TABLE audit.entry",
    "DROP FUNCTION audit.refuse_change()",
    "DROP SCHEMA audit",
    "DROP TABLE reference.exchange_holiday",
    "DROP TABLE reference.exchange_session",
    "DROP TABLE reference.instrument",
    "DROP SCHEMA reference",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
