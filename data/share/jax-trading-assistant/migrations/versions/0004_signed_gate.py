"""Policies, people's keys, and what they sign: evidence, approvals, snapshots, revocations.

What a signed envelope says is generated from the envelope, so that no column can disagree with what was
signed. Postgres verifies no signature: it keeps the structure, and whoever loads verifies.
"""

from alembic import op

revision = "0004"
down_revision: str | None = "0003"

SHA256 = "^sha256:[0-9a-f]{64}$"
SIGNED = "gate.statement(envelope)"
ENVELOPE_SHA256 = "'sha256:' || encode(sha256(envelope), 'hex')"
SUBJECT_SHA256 = f"'sha256:' || ({SIGNED} #>> '{{subject,0,digest,sha256}}')"
APPEND_ONLY = (
    "policy",
    "member_key",
    "key_role",
    "key_end",
    "evidence",
    "approval",
    "snapshot",
    "revocation",
)


def said(field: str) -> str:
    """What the envelope's predicate says of `field` (a path, its parts separated by commas)."""
    return f"{SIGNED} #>> '{{predicate,{field}}}'"


FUNCTIONS = (
    """
    CREATE FUNCTION gate.payload_at(payload bytea, path text[]) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT pg_catalog.convert_from(payload, 'UTF8')::pg_catalog.jsonb OPERATOR(pg_catalog.#>>) path $$
    """,
    # Only times in UTC with Z are read, which every session reads alike: that is what IMMUTABLE needs.
    r"""
    CREATE FUNCTION gate.moment(written text) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF written !~ '^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?Z$' THEN
            RAISE EXCEPTION '"%" is not a time of RFC 3339 in UTC, such as 2026-03-01T00:00:00Z', written
                USING ERRCODE = 'JX007';
        END IF;
        RETURN left(written, -1)::timestamp AT TIME ZONE 'UTC';
    END
    $$
    """,
    """
    CREATE FUNCTION gate.statement(envelope bytea) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        outside jsonb;
        statement jsonb;
    BEGIN
        BEGIN
            outside := convert_from(envelope, 'UTF8')::jsonb;
            statement := convert_from(decode(outside ->> 'payload', 'base64'), 'UTF8')::jsonb;
        EXCEPTION WHEN data_exception THEN
            RAISE EXCEPTION 'this is no signed envelope (DSSE): %', SQLERRM USING ERRCODE = 'JX007';
        END;
        IF outside ->> 'payloadType' IS DISTINCT FROM 'application/vnd.in-toto+json'
           OR outside #> '{signatures,1}' IS NOT NULL
           OR (outside #>> '{signatures,0,keyid}' ~ '^sha256:[0-9a-f]{64}$') IS NOT TRUE
           OR outside #>> '{signatures,0,sig}' IS NULL THEN
            RAISE EXCEPTION 'this is no signed envelope (DSSE) with exactly one signature of a key id'
                USING ERRCODE = 'JX007';
        END IF;
        IF statement ->> '_type' IS DISTINCT FROM 'https://in-toto.io/Statement/v1'
           OR statement #> '{subject,1}' IS NOT NULL
           OR statement #>> '{subject,0,name}' IS NULL
           OR (statement #>> '{subject,0,digest,sha256}' ~ '^[0-9a-f]{64}$') IS NOT TRUE
           OR jsonb_typeof(statement -> 'predicate') IS DISTINCT FROM 'object' THEN
            RAISE EXCEPTION 'the envelope holds no in-toto statement about exactly one subject'
                USING ERRCODE = 'JX007';
        END IF;
        RETURN statement;
    END
    $$
    """,
    """
    CREATE FUNCTION gate.signing_key(envelope bytea) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT gate.payload_at(envelope, '{signatures,0,keyid}') $$
    """,
)

TABLES = (
    """
    ALTER TABLE gate.artifact
        ADD COLUMN bundle_sha256 text
            GENERATED ALWAYS AS (gate.payload_at(payload, '{code,bundle_sha256}')) STORED,
        ADD COLUMN golden_suite_sha256 text
            GENERATED ALWAYS AS (gate.payload_field(payload, 'golden_suite_sha256')) STORED,
        ADD COLUMN orders_sha256 text
            GENERATED ALWAYS AS (gate.payload_at(payload, '{backtest,orders_sha256}')) STORED
    """,
    # Steps from before the signed gate name no entry of the chain; a trigger asks new ones for it.
    """
    ALTER TABLE gate.artifact_event
        ADD COLUMN entry_n bigint,
        ADD COLUMN entry_sha256 text,
        ADD CONSTRAINT artifact_event_entry_once UNIQUE (entry_n),
        ADD CONSTRAINT artifact_event_in_chain FOREIGN KEY (entry_n, entry_sha256)
            REFERENCES audit.entry (n, entry_sha256)
    """,
    "DROP TABLE gate.artifact_approval",
    """
    CREATE TABLE gate.policy (
        document bytea NOT NULL,
        sha256 text NOT NULL GENERATED ALWAYS AS ('sha256:' || encode(sha256(document), 'hex')) STORED,
        name text NOT NULL GENERATED ALWAYS AS (gate.payload_field(document, 'name')) STORED,
        version integer NOT NULL
            GENERATED ALWAYS AS ((gate.payload_field(document, 'version'))::integer) STORED,
        solo boolean NOT NULL GENERATED ALWAYS AS ((gate.payload_field(document, 'solo'))::boolean) STORED,
        CONSTRAINT policy_pk PRIMARY KEY (sha256),
        CONSTRAINT policy_version_once UNIQUE (version),
        CONSTRAINT policy_sha256_solo UNIQUE (sha256, solo),
        CONSTRAINT policy_document_size CHECK (octet_length(document) <= 1048576),
        CONSTRAINT policy_name_length CHECK (char_length(name) BETWEEN 1 AND 64),
        CONSTRAINT policy_version_from_one CHECK (version >= 1)
    )
    """,
    """
    CREATE TABLE gate.member_key (
        public_key bytea NOT NULL,
        key_id text NOT NULL GENERATED ALWAYS AS ('sha256:' || encode(sha256(public_key), 'hex')) STORED,
        person text NOT NULL,
        CONSTRAINT member_key_pk PRIMARY KEY (key_id),
        CONSTRAINT member_key_id_person UNIQUE (key_id, person),
        CONSTRAINT member_key_public_key_size CHECK (octet_length(public_key) = 32),
        CONSTRAINT member_key_person_form CHECK (person ~ '^[a-z][a-z0-9_]{0,62}$')
    )
    """,
    """
    CREATE TABLE gate.key_role (
        key_id text NOT NULL,
        role text NOT NULL,
        CONSTRAINT key_role_pk PRIMARY KEY (key_id, role),
        CONSTRAINT key_role_of_key FOREIGN KEY (key_id) REFERENCES gate.member_key (key_id),
        CONSTRAINT key_role_role_known CHECK (role IN (
            'AUTHOR', 'VALIDATOR', 'TECHNICAL', 'RISK', 'COMPLIANCE', 'RELEASE', 'REVOKER', 'AUDITOR'))
    )
    """,
    """
    CREATE TABLE gate.key_end (
        key_id text NOT NULL,
        ended_at timestamptz NOT NULL,
        CONSTRAINT key_end_pk PRIMARY KEY (key_id),
        CONSTRAINT key_end_of_key FOREIGN KEY (key_id) REFERENCES gate.member_key (key_id)
    )
    """,
    f"""
    CREATE TABLE gate.evidence (
        artifact_id text NOT NULL,
        envelope bytea NOT NULL,
        evidence_sha256 text NOT NULL GENERATED ALWAYS AS ({ENVELOPE_SHA256}) STORED,
        payload_sha256 text NOT NULL GENERATED ALWAYS AS ({SUBJECT_SHA256}) STORED,
        predicate_type text NOT NULL GENERATED ALWAYS AS ({SIGNED} ->> 'predicateType') STORED,
        signer text NOT NULL GENERATED ALWAYS AS ({said("validator")}) STORED,
        key_id text NOT NULL GENERATED ALWAYS AS (gate.signing_key(envelope)) STORED,
        needs_role text NOT NULL GENERATED ALWAYS AS ('VALIDATOR') STORED,
        issued_at timestamptz NOT NULL GENERATED ALWAYS AS (gate.moment({said("issued")})) STORED,
        orders_sha256 text GENERATED ALWAYS AS ({said("orders_sha256")}) STORED,
        golden_suite_sha256 text GENERATED ALWAYS AS (
            CASE WHEN {said("configuration,0,name")} = 'golden-suite'
                AND ({said("configuration,1")}) IS NULL
            THEN 'sha256:' || ({said("configuration,0,digest,sha256")}) END) STORED,
        result text GENERATED ALWAYS AS ({said("result")}) STORED,
        CONSTRAINT evidence_pk PRIMARY KEY (evidence_sha256),
        CONSTRAINT evidence_of_payload FOREIGN KEY (artifact_id, payload_sha256)
            REFERENCES gate.artifact (artifact_id, payload_sha256),
        CONSTRAINT evidence_by_person FOREIGN KEY (key_id, signer)
            REFERENCES gate.member_key (key_id, person),
        CONSTRAINT evidence_by_validator FOREIGN KEY (key_id, needs_role)
            REFERENCES gate.key_role (key_id, role),
        CONSTRAINT evidence_envelope_size CHECK (octet_length(envelope) <= 1048576),
        CONSTRAINT evidence_predicate_type_known CHECK (predicate_type IN (
            'urn:jax:rerun:v1', 'https://in-toto.io/attestation/test-result/v0.1')),
        CONSTRAINT evidence_of_rerun
            CHECK ((predicate_type = 'urn:jax:rerun:v1') = (orders_sha256 IS NOT NULL)),
        CONSTRAINT evidence_of_golden_suite CHECK (
            predicate_type = 'urn:jax:rerun:v1' OR num_nulls(golden_suite_sha256, result) = 0),
        CONSTRAINT evidence_orders_sha256_form CHECK (orders_sha256 ~ '{SHA256}'),
        CONSTRAINT evidence_golden_suite_sha256_form CHECK (golden_suite_sha256 ~ '{SHA256}'),
        CONSTRAINT evidence_result_known CHECK (result IN ('PASSED', 'FAILED'))
    )
    """,
    "CREATE INDEX evidence_artifact ON gate.evidence (artifact_id)",
    f"""
    CREATE TABLE gate.approval (
        artifact_id text NOT NULL,
        author text NOT NULL,
        solo boolean NOT NULL,
        renewal integer NOT NULL,
        envelope bytea NOT NULL,
        approval_sha256 text NOT NULL GENERATED ALWAYS AS ({ENVELOPE_SHA256}) STORED,
        payload_sha256 text NOT NULL GENERATED ALWAYS AS ({SUBJECT_SHA256}) STORED,
        kind text NOT NULL GENERATED ALWAYS AS ({said("kind")}) STORED,
        decision text NOT NULL GENERATED ALWAYS AS ({said("decision")}) STORED,
        approver text NOT NULL GENERATED ALWAYS AS ({said("approver")}) STORED,
        policy_sha256 text NOT NULL GENERATED ALWAYS AS ({said("policy_sha256")}) STORED,
        displayed_sha256 text NOT NULL GENERATED ALWAYS AS ({said("displayed_sha256")}) STORED,
        reason text NOT NULL GENERATED ALWAYS AS ({said("reason")}) STORED,
        key_id text NOT NULL GENERATED ALWAYS AS (gate.signing_key(envelope)) STORED,
        issued_at timestamptz NOT NULL GENERATED ALWAYS AS (gate.moment({said("issued")})) STORED,
        expires_at timestamptz NOT NULL GENERATED ALWAYS AS (gate.moment({said("expires")})) STORED,
        CONSTRAINT approval_pk PRIMARY KEY (artifact_id, policy_sha256, approver, renewal),
        CONSTRAINT approval_envelope_once UNIQUE (approval_sha256),
        CONSTRAINT approval_of_payload FOREIGN KEY (artifact_id, payload_sha256, author)
            REFERENCES gate.artifact (artifact_id, payload_sha256, author),
        CONSTRAINT approval_of_policy FOREIGN KEY (policy_sha256, solo)
            REFERENCES gate.policy (sha256, solo),
        CONSTRAINT approval_by_person FOREIGN KEY (key_id, approver)
            REFERENCES gate.member_key (key_id, person),
        CONSTRAINT approval_by_role FOREIGN KEY (key_id, kind) REFERENCES gate.key_role (key_id, role),
        CONSTRAINT approval_not_by_author CHECK (approver <> author OR solo),
        CONSTRAINT approval_envelope_size CHECK (octet_length(envelope) <= 1048576),
        CONSTRAINT approval_kind_known CHECK (kind IN ('TECHNICAL', 'RISK', 'COMPLIANCE')),
        CONSTRAINT approval_decision_known CHECK (decision IN ('APPROVE', 'REJECT')),
        CONSTRAINT approval_interval CHECK (issued_at < expires_at),
        CONSTRAINT approval_renewal_not_negative CHECK (renewal >= 0),
        CONSTRAINT approval_displayed_sha256_form CHECK (displayed_sha256 ~ '{SHA256}'),
        CONSTRAINT approval_reason_length CHECK (char_length(reason) BETWEEN 1 AND 2000)
    )
    """,
    # As for the steps of artifacts, keys alone keep out a gap, a fork and a second first snapshot.
    f"""
    CREATE TABLE gate.snapshot (
        envelope bytea NOT NULL,
        seq bigint NOT NULL GENERATED ALWAYS AS (({said("seq")})::bigint) STORED,
        prev_seq bigint GENERATED ALWAYS AS (NULLIF(({said("seq")})::bigint - 1, 0)) STORED,
        snapshot_sha256 text NOT NULL GENERATED ALWAYS AS ({ENVELOPE_SHA256}) STORED,
        log_n bigint NOT NULL GENERATED ALWAYS AS (({said("log_head,n")})::bigint) STORED,
        log_sha256 text NOT NULL GENERATED ALWAYS AS ({said("log_head,entry_sha256")}) STORED,
        active jsonb NOT NULL GENERATED ALWAYS AS ({SIGNED} #> '{{predicate,active}}') STORED,
        revoked jsonb NOT NULL GENERATED ALWAYS AS ({SIGNED} #> '{{predicate,revoked}}') STORED,
        policy_sha256 text NOT NULL GENERATED ALWAYS AS ({said("policy_sha256")}) STORED,
        signer text NOT NULL GENERATED ALWAYS AS ({said("signer")}) STORED,
        key_id text NOT NULL GENERATED ALWAYS AS (gate.signing_key(envelope)) STORED,
        needs_role text NOT NULL GENERATED ALWAYS AS ('RELEASE') STORED,
        issued_at timestamptz NOT NULL GENERATED ALWAYS AS (gate.moment({said("issued")})) STORED,
        expires_at timestamptz NOT NULL GENERATED ALWAYS AS (gate.moment({said("expires")})) STORED,
        CONSTRAINT snapshot_pk PRIMARY KEY (seq),
        CONSTRAINT snapshot_follows FOREIGN KEY (prev_seq) REFERENCES gate.snapshot (seq),
        CONSTRAINT snapshot_of_log FOREIGN KEY (log_n, log_sha256)
            REFERENCES audit.entry (n, entry_sha256),
        CONSTRAINT snapshot_of_policy FOREIGN KEY (policy_sha256) REFERENCES gate.policy (sha256),
        CONSTRAINT snapshot_by_person FOREIGN KEY (key_id, signer)
            REFERENCES gate.member_key (key_id, person),
        CONSTRAINT snapshot_by_releaser FOREIGN KEY (key_id, needs_role)
            REFERENCES gate.key_role (key_id, role),
        CONSTRAINT snapshot_envelope_size CHECK (octet_length(envelope) <= 1048576),
        CONSTRAINT snapshot_seq_from_one CHECK (seq >= 1),
        CONSTRAINT snapshot_active_form CHECK (jsonb_typeof(active) = 'object'),
        CONSTRAINT snapshot_revoked_form CHECK (jsonb_typeof(revoked) = 'array'),
        CONSTRAINT snapshot_subject CHECK (log_sha256 = {SUBJECT_SHA256}),
        CONSTRAINT snapshot_interval CHECK (issued_at < expires_at)
    )
    """,
    # No foreign key and no key but a random one: an emergency stop must not wait for anybody.
    f"""
    CREATE TABLE gate.revocation (
        revocation_id text NOT NULL,
        payload_sha256 text NOT NULL,
        revoker text NOT NULL,
        reason text NOT NULL,
        revoked_at timestamptz NOT NULL,
        envelope bytea,
        CONSTRAINT revocation_pk PRIMARY KEY (revocation_id),
        CONSTRAINT revocation_revocation_id_length CHECK (char_length(revocation_id) BETWEEN 1 AND 64),
        CONSTRAINT revocation_payload_sha256_form CHECK (payload_sha256 ~ '{SHA256}'),
        CONSTRAINT revocation_revoker_length CHECK (char_length(revoker) BETWEEN 1 AND 200),
        CONSTRAINT revocation_reason_length CHECK (char_length(reason) BETWEEN 1 AND 2000),
        CONSTRAINT revocation_envelope_size CHECK (octet_length(envelope) <= 1048576),
        CONSTRAINT revocation_as_signed CHECK (envelope IS NULL OR (
            {SIGNED} ->> 'predicateType' = 'urn:jax:revocation:v1'
            AND payload_sha256 = {SUBJECT_SHA256}
            AND revoker = ({said("revoker")})
            AND reason = ({said("reason")})
            AND gate.moment({said("issued")}) IS NOT NULL) IS TRUE)
    )
    """,
    "CREATE INDEX revocation_payload ON gate.revocation (payload_sha256)",
    # Trades from before the signed gate name no policy; a trigger sees to it that new ones do.
    """
    ALTER TABLE trading.trade
        ADD COLUMN policy_sha256 text,
        ADD CONSTRAINT trade_under_policy FOREIGN KEY (policy_sha256) REFERENCES gate.policy (sha256)
    """,
    """
    CREATE TABLE trading.running (
        boot_id text NOT NULL,
        account text NOT NULL,
        artifact_hashes text NOT NULL,
        snapshot_seq bigint,
        reported_at timestamptz NOT NULL,
        CONSTRAINT running_pk PRIMARY KEY (boot_id),
        CONSTRAINT running_boot_id_length CHECK (char_length(boot_id) BETWEEN 1 AND 64),
        CONSTRAINT running_account_length CHECK (char_length(account) BETWEEN 1 AND 64),
        CONSTRAINT running_artifact_hashes_form
            CHECK (jsonb_typeof((artifact_hashes)::jsonb) = 'array'),
        CONSTRAINT running_snapshot_seq_from_one CHECK (snapshot_seq >= 1)
    )
    """,
    "CREATE INDEX running_newest ON trading.running (account, reported_at DESC)",
    *(
        statement
        for table in APPEND_ONLY
        for statement in (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gate.{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()",
            f"ALTER TABLE gate.{table} ENABLE ALWAYS TRIGGER {table}_append_only",
        )
    ),
)

# The table of unsigned approvals as 0002 made it: what was in it does not come back.
UNSIGNED_APPROVALS = (
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
    "CREATE TRIGGER artifact_approval_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
    "ON gate.artifact_approval FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()",
    "ALTER TABLE gate.artifact_approval ENABLE ALWAYS TRIGGER artifact_approval_append_only",
)
DOWN = (
    "DROP TABLE trading.running",
    "ALTER TABLE trading.trade DROP COLUMN policy_sha256",
    *(f"DROP TABLE gate.{table}" for table in reversed(APPEND_ONLY)),
    *UNSIGNED_APPROVALS,
    "ALTER TABLE gate.artifact_event DROP COLUMN entry_n, DROP COLUMN entry_sha256",
    "ALTER TABLE gate.artifact "
    "DROP COLUMN bundle_sha256, DROP COLUMN golden_suite_sha256, DROP COLUMN orders_sha256",
    "DROP FUNCTION gate.signing_key(bytea)",
    "DROP FUNCTION gate.statement(bytea)",
    "DROP FUNCTION gate.moment(text)",
    "DROP FUNCTION gate.payload_at(bytea, text[])",
)


def upgrade() -> None:
    for statement in (*FUNCTIONS, *TABLES):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
