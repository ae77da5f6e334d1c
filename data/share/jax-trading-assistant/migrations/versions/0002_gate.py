"""Artifacts, the steps of their lives, and who approved them."""

from alembic import op
from sqlalchemy import column, table

revision = "0002"
down_revision: str | None = "0001"

STEPS = (
    ("NONE", "DRAFT"),
    ("DRAFT", "VALIDATED"),
    ("VALIDATED", "REVIEWED"),
    ("REVIEWED", "APPROVED"),
    ("APPROVED", "ACTIVE"),
    ("ACTIVE", "DEPRECATED"),
    ("DEPRECATED", "ACTIVE"),
    ("DRAFT", "REVOKED"),
    ("VALIDATED", "REVOKED"),
    ("REVIEWED", "REVOKED"),
    ("APPROVED", "REVOKED"),
    ("ACTIVE", "REVOKED"),
    ("DEPRECATED", "REVOKED"),
)
TABLES = ("artifact", "artifact_transition", "artifact_event", "artifact_approval")

UP = (
    "CREATE SCHEMA gate",
    # convert_from is only STABLE because encodings can be redefined; UTF8 is not going to be.
    """
    CREATE FUNCTION gate.payload_field(payload bytea, field text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT pg_catalog.convert_from(payload, 'UTF8')::pg_catalog.jsonb OPERATOR(pg_catalog.->>) field $$
    """,
    """
    CREATE TABLE gate.artifact (
        artifact_id text NOT NULL,
        payload bytea NOT NULL,
        payload_sha256 text NOT NULL
            GENERATED ALWAYS AS ('sha256:' || encode(sha256(payload), 'hex')) STORED,
        name text NOT NULL GENERATED ALWAYS AS (gate.payload_field(payload, 'name')) STORED,
        version text NOT NULL GENERATED ALWAYS AS (gate.payload_field(payload, 'version')) STORED,
        author text NOT NULL GENERATED ALWAYS AS (gate.payload_field(payload, 'author')) STORED,
        created_at timestamptz NOT NULL,
        CONSTRAINT artifact_pk PRIMARY KEY (artifact_id),
        CONSTRAINT artifact_name_version_once UNIQUE (name, version),
        CONSTRAINT artifact_payload_once UNIQUE (payload_sha256),
        CONSTRAINT artifact_id_sha256 UNIQUE (artifact_id, payload_sha256),
        CONSTRAINT artifact_id_sha256_author UNIQUE (artifact_id, payload_sha256, author),
        CONSTRAINT artifact_artifact_id_length CHECK (char_length(artifact_id) BETWEEN 1 AND 64),
        CONSTRAINT artifact_payload_size CHECK (octet_length(payload) <= 1048576),
        CONSTRAINT artifact_name_length CHECK (char_length(name) BETWEEN 1 AND 64),
        CONSTRAINT artifact_version_length CHECK (char_length(version) BETWEEN 1 AND 32),
        CONSTRAINT artifact_author_length CHECK (char_length(author) BETWEEN 1 AND 200)
    )
    """,
    """
    CREATE TABLE gate.artifact_transition (
        from_state text NOT NULL,
        to_state text NOT NULL,
        CONSTRAINT artifact_transition_pk PRIMARY KEY (from_state, to_state)
    )
    """,
    # No trigger is needed for a history without forks: step n names the state that step n - 1 led to, the
    # primary key lets only one writer be step n, and only step 1 may come from NONE.
    """
    CREATE TABLE gate.artifact_event (
        artifact_id text NOT NULL,
        n integer NOT NULL,
        prev_n integer GENERATED ALWAYS AS (NULLIF(n - 1, 0)) STORED,
        from_state text NOT NULL,
        to_state text NOT NULL,
        payload_sha256 text NOT NULL,
        actor text NOT NULL,
        reason text NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT artifact_event_pk PRIMARY KEY (artifact_id, n),
        CONSTRAINT artifact_event_to_state UNIQUE (artifact_id, n, to_state),
        CONSTRAINT artifact_event_legal FOREIGN KEY (from_state, to_state)
            REFERENCES gate.artifact_transition (from_state, to_state),
        CONSTRAINT artifact_event_follows FOREIGN KEY (artifact_id, prev_n, from_state)
            REFERENCES gate.artifact_event (artifact_id, n, to_state),
        CONSTRAINT artifact_event_of_payload FOREIGN KEY (artifact_id, payload_sha256)
            REFERENCES gate.artifact (artifact_id, payload_sha256),
        CONSTRAINT artifact_event_n_from_one CHECK (n >= 1),
        CONSTRAINT artifact_event_first CHECK ((n = 1) = (from_state = 'NONE')),
        CONSTRAINT artifact_event_actor_length CHECK (char_length(actor) BETWEEN 1 AND 200),
        CONSTRAINT artifact_event_reason_length CHECK (char_length(reason) BETWEEN 1 AND 2000)
    )
    """,
    """
    CREATE VIEW gate.artifact_state AS
    SELECT DISTINCT ON (artifact_id) artifact_id, n, to_state AS state, at AS since
    FROM gate.artifact_event
    ORDER BY artifact_id, n DESC
    """,
    """
    CREATE FUNCTION gate.is_loadable(artifact text) RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT EXISTS (
        SELECT FROM gate.artifact_state WHERE artifact_id = artifact AND state IN ('APPROVED', 'ACTIVE')
    ) $$
    """,
    """
    CREATE TABLE gate.artifact_approval (
        artifact_id text NOT NULL,
        payload_sha256 text NOT NULL,
        author text NOT NULL,
        kind text NOT NULL,
        approver text NOT NULL,
        notes text NOT NULL,
        approved_at timestamptz NOT NULL,
        CONSTRAINT artifact_approval_pk PRIMARY KEY (artifact_id, kind, approver),
        CONSTRAINT artifact_approval_of_payload FOREIGN KEY (artifact_id, payload_sha256, author)
            REFERENCES gate.artifact (artifact_id, payload_sha256, author),
        CONSTRAINT artifact_approval_not_by_author CHECK (approver <> author),
        CONSTRAINT artifact_approval_kind_known CHECK (kind IN ('TECHNICAL', 'RISK')),
        CONSTRAINT artifact_approval_approver_length CHECK (char_length(approver) BETWEEN 1 AND 200),
        CONSTRAINT artifact_approval_notes_length CHECK (char_length(notes) BETWEEN 1 AND 2000)
    )
    """,
    # The lock makes activations of one name queue; the query after it then sees what was committed before,
    # which is only true at READ COMMITTED.
    """
    CREATE FUNCTION gate.check_single_active() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        strategy text;
        active record;
    BEGIN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION 'an artifact is activated at READ COMMITTED only, not at %',
                upper(current_setting('transaction_isolation')) USING ERRCODE = 'JX004';
        END IF;
        SELECT name INTO strategy FROM gate.artifact WHERE artifact_id = NEW.artifact_id;
        PERFORM pg_advisory_xact_lock(hashtextextended('gate.active ' || strategy, 0));
        SELECT artifact_id, version INTO active
            FROM gate.artifact JOIN gate.artifact_state USING (artifact_id)
            WHERE name = strategy AND state = 'ACTIVE' AND artifact_id <> NEW.artifact_id;
        IF FOUND THEN
            RAISE EXCEPTION 'version % of % is ACTIVE: deprecate it before another version is activated',
                active.version, strategy USING ERRCODE = 'JX002';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER artifact_event_single_active BEFORE INSERT ON gate.artifact_event
        FOR EACH ROW WHEN (NEW.to_state = 'ACTIVE') EXECUTE FUNCTION gate.check_single_active()
    """,
    "ALTER TABLE gate.artifact_event ENABLE ALWAYS TRIGGER artifact_event_single_active",
    *(
        statement
        for table in TABLES
        for statement in (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gate.{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()",
            f"ALTER TABLE gate.{table} ENABLE ALWAYS TRIGGER {table}_append_only",
        )
    ),
)

DOWN = (
    "DROP FUNCTION gate.is_loadable(text)",
    "DROP VIEW gate.artifact_state",
    "DROP TABLE gate.artifact_approval",
    "DROP TABLE gate.artifact_event",
    "DROP FUNCTION gate.check_single_active()",
    "DROP TABLE gate.artifact_transition",
    "DROP TABLE gate.artifact",
    "DROP FUNCTION gate.payload_field(bytea, text)",
    "DROP SCHEMA gate",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)
    op.bulk_insert(
        table("artifact_transition", column("from_state"), column("to_state"), schema="gate"),
        [{"from_state": from_state, "to_state": to_state} for from_state, to_state in STEPS],
    )


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
