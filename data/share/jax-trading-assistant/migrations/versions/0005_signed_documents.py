"""Who may write under whose name, and what every document must say before it is stored."""

from alembic import op

revision = "0005"
down_revision: str | None = "0004"


PEOPLE = (
    # A member of the owner's role acts for people by name: a person alone has one login for everybody.
    """
    CREATE FUNCTION gate.check_person(person text, written_as text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF (person ~ '^[a-z][a-z0-9_]{0,62}$') IS NOT TRUE THEN
            RAISE EXCEPTION 'the % "%" is no name of a person: names are like logins, a to z, 0 to 9 and _',
                written_as, person USING ERRCODE = 'JX006';
        END IF;
        IF person <> session_user AND NOT pg_has_role(session_user, 'jax_owner', 'MEMBER') THEN
            RAISE EXCEPTION 'the % is %, and % is logged in: log in as the person who acts',
                written_as, person, session_user USING ERRCODE = 'JX006';
        END IF;
    END
    $$
    """,
    """
    CREATE FUNCTION audit.check_actor() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        -- What is no JSON would keep everybody from reading the log, for good.
        PERFORM NEW.data::json;
        IF starts_with(NEW.kind, 'artifact.') OR starts_with(NEW.kind, 'gate.') THEN
            PERFORM gate.check_person(NEW.actor, 'actor of entry ' || NEW.n);
        END IF;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE FUNCTION gate.check_read_committed(what text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION '% is written at READ COMMITTED only, not at %',
                what, upper(current_setting('transaction_isolation')) USING ERRCODE = 'JX004';
        END IF;
    END
    $$
    """,
)

DOCUMENTS = (
    """
    CREATE FUNCTION gate.check_artifact() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        member text;
    BEGIN
        IF gate.payload_field(NEW.payload, 'schema') IS DISTINCT FROM 'jax/artifact/v2' THEN
            RAISE EXCEPTION 'artifact % has a payload of schema %: submit it again as jax/artifact/v2',
                NEW.artifact_id, gate.payload_field(NEW.payload, 'schema') USING ERRCODE = 'JX008';
        END IF;
        FOREACH member IN ARRAY ARRAY['code.bundle_sha256', 'backtest.orders_sha256', 'golden_suite_sha256']
        LOOP
            IF (gate.payload_at(NEW.payload, string_to_array(member, '.')) ~ '^sha256:[0-9a-f]{64}$')
               IS NOT TRUE THEN
                RAISE EXCEPTION 'artifact % has no hash as % in its payload', NEW.artifact_id, member
                    USING ERRCODE = 'JX008';
            END IF;
        END LOOP;
        -- An id is never the spelling of a hash or of a name with its version: commands take all three.
        IF (NEW.artifact_id ~ '^[A-Za-z0-9][A-Za-z0-9_-]*$'
            AND gate.payload_field(NEW.payload, 'name') ~ '^[a-z][a-z0-9_]{0,63}$'
            AND gate.payload_field(NEW.payload, 'version') ~ '^[!-~]+$'
            AND NEW.created_at BETWEEN '2000-01-01' AND clock_timestamp() + interval '1 day') IS NOT TRUE THEN
            RAISE EXCEPTION 'artifact % has an id, a name, a version or a time that no artifact has',
                NEW.artifact_id USING ERRCODE = 'JX008';
        END IF;
        PERFORM gate.check_person(gate.payload_field(NEW.payload, 'author'), 'author');
        RETURN NEW;
    END
    $$
    """,
    # The floor that every trader keeps as well (domain/gate_policy.py).
    """
    CREATE FUNCTION gate.check_policy() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        low CONSTANT integer := CASE gate.payload_field(NEW.document, 'solo') WHEN 'true' THEN 0 ELSE 1 END;
        bounds CONSTANT jsonb := jsonb_build_object(
            'quorum.TECHNICAL', ARRAY[low, 9], 'quorum.RISK', ARRAY[low, 9], 'quorum.COMPLIANCE', ARRAY[0, 9],
            'approval_days', ARRAY[1, 366], 'snapshot_days', ARRAY[1, 92], 'version', ARRAY[1, 1000000]);
        member text;
        found text;
    BEGIN
        IF gate.payload_field(NEW.document, 'schema') IS DISTINCT FROM 'jax/policy/v1'
           OR (gate.payload_field(NEW.document, 'solo') IN ('true', 'false')) IS NOT TRUE THEN
            RAISE EXCEPTION 'this is no policy of schema jax/policy/v1' USING ERRCODE = 'JX009';
        END IF;
        FOR member IN SELECT jsonb_object_keys(bounds) LOOP
            found := gate.payload_at(NEW.document, string_to_array(member, '.'));
            IF (found ~ '^[0-9]{1,7}$' AND found::integer BETWEEN (bounds -> member -> 0)::integer
                AND (bounds -> member -> 1)::integer) IS NOT TRUE THEN
                RAISE EXCEPTION 'the policy says % for %, and % to % is what every trader takes',
                    found, member, bounds -> member -> 0, bounds -> member -> 1
                    USING ERRCODE = 'JX009';
            END IF;
        END LOOP;
        RETURN NEW;
    END
    $$
    """,
    # Every signed document: whose it is, of which artifact, of when, by a key that is in use.
    """
    CREATE FUNCTION gate.check_signed(envelope bytea, predicate_types text[], signer text, of_artifact text)
    RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        statement CONSTANT jsonb := gate.statement(envelope);
        subject CONSTANT text := statement #>> '{subject,0,name}';
        person CONSTANT text := statement #>> ARRAY['predicate', signer];
    BEGIN
        IF (statement ->> 'predicateType' = ANY (predicate_types)) IS NOT TRUE THEN
            RAISE EXCEPTION 'the statement is of type %, and % is asked for here',
                statement ->> 'predicateType', array_to_string(predicate_types, ' or ')
                USING ERRCODE = 'JX007';
        END IF;
        IF of_artifact IS NOT NULL AND subject IS DISTINCT FROM (
            SELECT name || ' ' || version FROM gate.artifact WHERE artifact_id = of_artifact) THEN
            RAISE EXCEPTION 'the statement is about %, which is not what artifact % is called',
                subject, of_artifact USING ERRCODE = 'JX007';
        END IF;
        IF (gate.moment(statement #>> '{predicate,issued}') <= clock_timestamp() + interval '5 minutes')
           IS NOT TRUE THEN
            RAISE EXCEPTION 'the statement was issued %, which is not before now',
                statement #>> '{predicate,issued}' USING ERRCODE = 'JX007';
        END IF;
        IF EXISTS (SELECT FROM gate.key_end WHERE key_id = gate.signing_key(envelope)) THEN
            RAISE EXCEPTION 'the key of % was ended: sign with one that is in use', person
                USING ERRCODE = 'JX010';
        END IF;
        PERFORM gate.check_person(person, signer);
    END
    $$
    """,
    """
    CREATE FUNCTION gate.check_life(envelope bytea, longest_days integer) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        predicate CONSTANT jsonb := gate.statement(envelope) -> 'predicate';
    BEGIN
        IF (gate.moment(predicate ->> 'expires') - gate.moment(predicate ->> 'issued')
            <= make_interval(hours => 24 * longest_days)) IS NOT TRUE THEN
            RAISE EXCEPTION 'the statement expires %, and the policy lets it live % days from %',
                predicate ->> 'expires', longest_days, predicate ->> 'issued' USING ERRCODE = 'JX007';
        END IF;
    END
    $$
    """,
    """
    CREATE FUNCTION gate.check_evidence() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        PERFORM gate.check_signed(NEW.envelope, ARRAY['urn:jax:rerun:v1',
            'https://in-toto.io/attestation/test-result/v0.1'], 'validator', NEW.artifact_id);
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE FUNCTION gate.check_approval() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        predicate CONSTANT jsonb := gate.statement(NEW.envelope) -> 'predicate';
        earlier gate.approval;
    BEGIN
        PERFORM gate.check_signed(
            NEW.envelope, ARRAY['urn:jax:approval:v1'], 'approver', NEW.artifact_id);
        PERFORM gate.check_life(NEW.envelope, gate.payload_field(document, 'approval_days')::integer)
            FROM gate.policy WHERE sha256 = predicate ->> 'policy_sha256';
        IF NEW.renewal > 0 THEN
            SELECT * INTO earlier FROM gate.approval
                WHERE artifact_id = NEW.artifact_id AND policy_sha256 = predicate ->> 'policy_sha256'
                    AND approver = predicate ->> 'approver' AND renewal = NEW.renewal - 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'renewal % of %''s approval has no approval before it',
                    NEW.renewal, predicate ->> 'approver' USING ERRCODE = 'JX011';
            END IF;
            IF earlier.expires_at > clock_timestamp()
               AND NOT EXISTS (SELECT FROM gate.key_end WHERE key_id = earlier.key_id) THEN
                RAISE EXCEPTION '% has decided on artifact % already, until %: one person counts once',
                    earlier.approver, NEW.artifact_id, earlier.expires_at USING ERRCODE = 'JX011';
            END IF;
        END IF;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE FUNCTION gate.check_snapshot() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        predicate CONSTANT jsonb := gate.statement(NEW.envelope) -> 'predicate';
        policy gate.policy;
        named record;
    BEGIN
        PERFORM gate.check_read_committed('a snapshot');
        PERFORM gate.check_signed(NEW.envelope, ARRAY['urn:jax:snapshot:v1'], 'signer', NULL);
        SELECT * INTO policy FROM gate.policy ORDER BY version DESC LIMIT 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no policy is stored, and a snapshot needs the one in force'
                USING ERRCODE = 'JX012';
        END IF;
        IF policy.sha256 IS DISTINCT FROM predicate ->> 'policy_sha256' THEN
            RAISE EXCEPTION 'the snapshot names another policy than the one in force, % version %',
                policy.name, policy.version USING ERRCODE = 'JX012';
        END IF;
        PERFORM gate.check_life(
            NEW.envelope, gate.payload_field(policy.document, 'snapshot_days')::integer);
        FOR named IN SELECT * FROM jsonb_each_text(predicate -> 'active') AS one (strategy, hash) LOOP
            IF NOT EXISTS (SELECT FROM gate.artifact
                           WHERE name = named.strategy AND payload_sha256 = named.hash) THEN
                RAISE EXCEPTION 'the snapshot names % for %, which is no version of it',
                    named.hash, named.strategy USING ERRCODE = 'JX012';
            END IF;
            IF EXISTS (SELECT FROM gate.revocation WHERE payload_sha256 = named.hash) THEN
                RAISE EXCEPTION 'the snapshot names % for %, which is revoked: draft and sign it again',
                    named.hash, named.strategy USING ERRCODE = 'JX013';
            END IF;
        END LOOP;
        RETURN NEW;
    END
    $$
    """,
    # It reads no table: whatever others hold locked, a revocation goes through.
    """
    CREATE FUNCTION gate.fill_revocation() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        statement CONSTANT jsonb := gate.statement(NEW.envelope);
    BEGIN
        NEW.revocation_id := COALESCE(NEW.revocation_id, gen_random_uuid()::text);
        NEW.payload_sha256 := COALESCE(
            NEW.payload_sha256, 'sha256:' || (statement #>> '{subject,0,digest,sha256}'));
        NEW.reason := COALESCE(NEW.reason, statement #>> '{predicate,reason}');
        NEW.revoker := COALESCE(NEW.revoker, statement #>> '{predicate,revoker}', session_user);
        NEW.revoked_at := COALESCE(NEW.revoked_at, clock_timestamp());
        IF NEW.revoker <> session_user THEN
            PERFORM gate.check_person(NEW.revoker, 'revoker');
        END IF;
        -- A time that nothing else can read would keep everybody from reading the others.
        IF (NEW.revoked_at BETWEEN '2000-01-01' AND clock_timestamp() + interval '1 day') IS NOT TRUE THEN
            RAISE EXCEPTION 'a revocation is of now, not of %: leave the time out', NEW.revoked_at
                USING ERRCODE = 'JX007';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE FUNCTION gate.tell_revocation() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        PERFORM pg_notify('jax_artifact', NEW.payload_sha256);
        RETURN NULL;
    END
    $$
    """,
)
TRIGGERS = (
    ("audit.entry", "entry_checked", "BEFORE", "audit.check_actor"),
    ("gate.artifact", "artifact_checked", "BEFORE", "gate.check_artifact"),
    ("gate.policy", "policy_checked", "BEFORE", "gate.check_policy"),
    ("gate.evidence", "evidence_checked", "BEFORE", "gate.check_evidence"),
    ("gate.approval", "approval_checked", "BEFORE", "gate.check_approval"),
    ("gate.snapshot", "snapshot_checked", "BEFORE", "gate.check_snapshot"),
    ("gate.revocation", "revocation_filled", "BEFORE", "gate.fill_revocation"),
    ("gate.revocation", "revocation_told", "AFTER", "gate.tell_revocation"),
)


def upgrade() -> None:
    for statement in (*PEOPLE, *DOCUMENTS):
        op.execute(statement)
    for table, name, when, function in TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {name} {when} INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    for table, name, _, function in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP FUNCTION gate.check_life(bytea, integer)")
    op.execute("DROP FUNCTION gate.check_signed(bytea, text[], text, text)")
    op.execute("DROP FUNCTION gate.check_read_committed(text)")
    op.execute("DROP FUNCTION gate.check_person(text, text)")
