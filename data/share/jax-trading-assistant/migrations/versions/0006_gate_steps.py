"""What must hold before an artifact takes a step, and what may trade.

The keys make a step safe against races; the triggers here ask for its reasons and say which is missing.
They look at what is committed now, which is true at READ COMMITTED only.
"""

from alembic import op

revision = "0006"
down_revision: str | None = "0005"


STATE = (
    "DROP VIEW gate.artifact_state",
    # REVOKED as soon as one row says so, whatever the history says yet: that is `recorded_state`.
    """
    CREATE VIEW gate.artifact_state WITH (security_invoker = true) AS
    SELECT last_step.artifact_id, last_step.n,
        CASE WHEN stop.revoked_at IS NULL THEN last_step.to_state ELSE 'REVOKED' END AS state,
        COALESCE(stop.revoked_at, last_step.at) AS since,
        last_step.to_state AS recorded_state
    FROM (
        SELECT DISTINCT ON (artifact_id) artifact_id, n, to_state, at, payload_sha256
        FROM gate.artifact_event
        ORDER BY artifact_id, n DESC
    ) AS last_step
    LEFT JOIN LATERAL (
        SELECT min(revoked_at) AS revoked_at FROM gate.revocation
        WHERE revocation.payload_sha256 = last_step.payload_sha256
    ) AS stop ON true
    """,
    # One row a person: the newest, unless it has expired or its key was ended.
    """
    CREATE VIEW gate.standing_approval WITH (security_invoker = true) AS
    SELECT newest.* FROM (
        SELECT DISTINCT ON (artifact_id, policy_sha256, approver) *
        FROM gate.approval
        ORDER BY artifact_id, policy_sha256, approver, renewal DESC
    ) AS newest
    WHERE newest.expires_at > clock_timestamp()
        AND NOT EXISTS (SELECT FROM gate.key_end WHERE key_end.key_id = newest.key_id)
    """,
    # What the newest snapshot lets trade, if it counts: an older one never comes back.
    """
    CREATE VIEW gate.released WITH (security_invoker = true) AS
    SELECT newest.seq, newest.policy_sha256, named.name, named.payload_sha256
    FROM (SELECT * FROM gate.snapshot ORDER BY seq DESC LIMIT 1) AS newest
    CROSS JOIN LATERAL jsonb_each_text(newest.active) AS named (name, payload_sha256)
    WHERE newest.expires_at > clock_timestamp()
        AND NOT EXISTS (SELECT FROM gate.key_end WHERE key_end.key_id = newest.key_id)
    """,
    """
    CREATE OR REPLACE FUNCTION gate.is_loadable(artifact text) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
        SELECT EXISTS (
            SELECT FROM gate.artifact_state AS stands
            JOIN gate.artifact AS stored ON stored.artifact_id = stands.artifact_id
            JOIN gate.released AS named
                ON named.name = stored.name AND named.payload_sha256 = stored.payload_sha256
            WHERE stands.artifact_id = $1 AND stands.state IN ('APPROVED', 'ACTIVE')
        )
    $$
    """,
)

STEPS = (
    """
    CREATE FUNCTION gate.check_step_role(to_state text) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        needed CONSTANT text[] := CASE
            WHEN to_state = 'DRAFT' THEN ARRAY['jax_research']
            WHEN to_state IN ('ACTIVE', 'DEPRECATED') THEN ARRAY['jax_release']
            WHEN to_state = 'REVOKED' THEN ARRAY['jax_revoker', 'jax_approver', 'jax_release']
            ELSE ARRAY['jax_approver'] END;
    BEGIN
        IF NOT EXISTS (SELECT FROM unnest(needed || 'jax_owner'::text) AS role
                       WHERE pg_has_role(session_user, role, 'MEMBER')) THEN
            RAISE EXCEPTION 'a step to % is for members of %, and % is none',
                to_state, array_to_string(needed, ' or '), session_user USING ERRCODE = 'JX014';
        END IF;
    END
    $$
    """,
    """
    CREATE FUNCTION gate.check_evidence_of(of_artifact gate.artifact) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        solo CONSTANT boolean := COALESCE(
            (SELECT policy.solo FROM gate.policy ORDER BY version DESC LIMIT 1), false);
    BEGIN
        IF NOT EXISTS (SELECT FROM gate.evidence AS rerun
                       WHERE rerun.artifact_id = of_artifact.artifact_id
                           AND rerun.predicate_type = 'urn:jax:rerun:v1'
                           AND rerun.orders_sha256 = of_artifact.orders_sha256
                           AND (rerun.signer <> of_artifact.author OR solo)
                           AND NOT EXISTS (SELECT FROM gate.key_end WHERE key_id = rerun.key_id)) THEN
            RAISE EXCEPTION 'artifact % has no re-run by another person than % that made the same orders',
                of_artifact.artifact_id, of_artifact.author USING ERRCODE = 'JX015';
        END IF;
        IF NOT EXISTS (SELECT FROM gate.evidence AS golden
                       WHERE golden.artifact_id = of_artifact.artifact_id
                           AND golden.result = 'PASSED'
                           AND golden.golden_suite_sha256 = of_artifact.golden_suite_sha256
                           AND (golden.signer <> of_artifact.author OR solo)
                           AND NOT EXISTS (SELECT FROM gate.key_end WHERE key_id = golden.key_id)) THEN
            RAISE EXCEPTION 'artifact % has no report by another person than % that its golden suite passed',
                of_artifact.artifact_id, of_artifact.author USING ERRCODE = 'JX015';
        END IF;
    END
    $$
    """,
    """
    CREATE FUNCTION gate.check_quorum(of_artifact text, kinds text[]) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        policy gate.policy;
        rejection record;
        missing text;
    BEGIN
        SELECT * INTO policy FROM gate.policy ORDER BY version DESC LIMIT 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no policy is stored, so nothing says what artifact % needs', of_artifact
                USING ERRCODE = 'JX016';
        END IF;
        SELECT approver, kind, expires_at INTO rejection FROM gate.standing_approval
            WHERE artifact_id = of_artifact AND policy_sha256 = policy.sha256 AND decision = 'REJECT';
        IF FOUND THEN
            RAISE EXCEPTION '% rejected artifact % as %, until %: submit a new version',
                rejection.approver, of_artifact, rejection.kind, rejection.expires_at
                USING ERRCODE = 'JX017';
        END IF;
        SELECT string_agg(needed - given || ' ' || asked.kind, ', ') INTO missing
            FROM unnest(kinds) AS asked (kind)
            CROSS JOIN LATERAL (SELECT
                gate.payload_at(policy.document, ARRAY['quorum', asked.kind])::integer AS needed,
                (SELECT count(*) FROM gate.standing_approval AS stands
                 WHERE stands.artifact_id = of_artifact AND stands.policy_sha256 = policy.sha256
                    AND stands.decision = 'APPROVE' AND stands.kind = asked.kind) AS given) AS counted
            WHERE given < needed;
        IF missing IS NOT NULL THEN
            RAISE EXCEPTION 'artifact % lacks approvals under policy % version %: %',
                of_artifact, policy.name, policy.version, missing USING ERRCODE = 'JX016';
        END IF;
    END
    $$
    """,
    """
    CREATE FUNCTION gate.check_in_chain(step gate.artifact_event) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM audit.entry WHERE n = step.entry_n AND entry_sha256 = step.entry_sha256
                AND starts_with(kind, 'artifact.') AND subject = step.artifact_id
                AND actor = step.actor) THEN
            RAISE EXCEPTION 'step % of artifact % names no entry of the audit log of this artifact by %',
                step.n, step.artifact_id, step.actor USING ERRCODE = 'JX018';
        END IF;
    END
    $$
    """,
    """
    CREATE FUNCTION gate.check_step() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        stored gate.artifact;
        is_revoked CONSTANT boolean := EXISTS (
            SELECT FROM gate.revocation WHERE payload_sha256 = NEW.payload_sha256);
    BEGIN
        PERFORM gate.check_read_committed('a step of an artifact');
        PERFORM gate.check_person(NEW.actor, 'actor');
        PERFORM gate.check_step_role(NEW.to_state);
        PERFORM gate.check_in_chain(NEW);
        IF is_revoked <> (NEW.to_state = 'REVOKED') THEN
            RAISE EXCEPTION USING ERRCODE = 'JX013', MESSAGE = CASE WHEN is_revoked
                THEN format('artifact %s is revoked, for good: submit a new version', NEW.artifact_id)
                ELSE format('no revocation names artifact %s: add one first', NEW.artifact_id) END;
        END IF;
        SELECT * INTO stored FROM gate.artifact WHERE artifact_id = NEW.artifact_id;
        IF NEW.to_state = 'VALIDATED' THEN
            PERFORM gate.check_evidence_of(stored);
        ELSIF NEW.to_state = 'REVIEWED' THEN
            PERFORM gate.check_quorum(NEW.artifact_id, ARRAY['TECHNICAL']);
        ELSIF NEW.to_state IN ('APPROVED', 'ACTIVE') THEN
            PERFORM gate.check_quorum(NEW.artifact_id, ARRAY['TECHNICAL', 'RISK', 'COMPLIANCE']);
        END IF;
        IF NEW.to_state = 'ACTIVE' AND NOT EXISTS (
            SELECT FROM gate.released
            WHERE name = stored.name AND payload_sha256 = stored.payload_sha256) THEN
            RAISE EXCEPTION 'no snapshot in force names artifact %: release it with a new one',
                NEW.artifact_id USING ERRCODE = 'JX012';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    # Before the advisory lock of artifact_event_single_active, by the order of their names.
    """
    CREATE TRIGGER artifact_event_checked BEFORE INSERT ON gate.artifact_event
        FOR EACH ROW EXECUTE FUNCTION gate.check_step()
    """,
    "ALTER TABLE gate.artifact_event ENABLE ALWAYS TRIGGER artifact_event_checked",
    "ALTER FUNCTION gate.check_single_active() SET search_path = pg_catalog, pg_temp",
)

FENCE = (
    """
    CREATE OR REPLACE FUNCTION trading.check_new_order() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        PERFORM gate.check_read_committed('order ' || NEW.client_order_id);
        IF NOT EXISTS (SELECT FROM trading.order_transition
                       WHERE from_status = 'NONE' AND to_status = NEW.status) THEN
            RAISE EXCEPTION 'order %: no order begins as %', NEW.client_order_id, NEW.status
                USING ERRCODE = 'JX003';
        END IF;
        IF NOT gate.is_loadable(NEW.artifact_id) THEN
            RAISE EXCEPTION 'order %: artifact % is not loadable', NEW.client_order_id, NEW.artifact_id
                USING ERRCODE = 'JX005';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    "ALTER FUNCTION trading.check_order_step() SET search_path = pg_catalog, pg_temp",
    # A trader names the policy it trades by; for one that does not, it is the released one.
    """
    CREATE FUNCTION trading.fill_trade_policy() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF NEW.policy_sha256 IS NULL THEN
            SELECT policy_sha256 INTO NEW.policy_sha256 FROM gate.released
                WHERE payload_sha256 = NEW.artifact_hash;
        END IF;
        IF NEW.policy_sha256 IS NULL THEN
            RAISE EXCEPTION 'trade %: no snapshot in force says by which policy it is made', NEW.trade_id
                USING ERRCODE = 'JX005';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER trade_policy BEFORE INSERT ON trading.trade
        FOR EACH ROW EXECUTE FUNCTION trading.fill_trade_policy()
    """,
    "ALTER TABLE trading.trade ENABLE ALWAYS TRIGGER trade_policy",
)

# The names that the plan's runbook asks by, and where each trade comes from.
VIEWS = {
    "public.strategy_artifacts": """
        SELECT artifact_id AS id, artifact_id, gate.payload_field(payload, 'schema') AS schema_version,
            name AS strategy_name, version AS strategy_version, state, since AS state_changed_at,
            payload_sha256 AS hash, bundle_sha256 AS code_ref, author AS created_by, created_at,
            gate.payload_field(payload, 'params')::jsonb AS params,
            gate.payload_field(payload, 'risk')::jsonb AS risk_profile,
            gate.payload_field(payload, 'backtest')::jsonb AS validation,
            gate.payload_at(payload, '{data,symbols}')::jsonb AS symbols,
            gate.payload_at(payload, '{data,from}') AS data_window_from,
            gate.payload_at(payload, '{data,to}') AS data_window_to
        FROM gate.artifact JOIN gate.artifact_state USING (artifact_id)
    """,
    "public.artifact_approvals": """
        SELECT approval_sha256 AS id, approval.artifact_id, state, kind AS approval_type, decision,
            approver AS approved_by, issued_at AS approved_at, expires_at, reason AS review_notes,
            policy_sha256, solo, approval_sha256 IN (
                SELECT approval_sha256 FROM gate.standing_approval
            ) AND policy_sha256 = (
                SELECT sha256 FROM gate.policy ORDER BY policy.version DESC LIMIT 1
            ) AS in_force
        FROM gate.approval JOIN gate.artifact_state USING (artifact_id)
    """,
    "public.artifact_promotions": """
        SELECT artifact_id || '/' || n AS id, artifact_id, n, from_state, to_state,
            actor AS promoted_by, at AS promoted_at, reason, payload_sha256 AS hash, entry_n, entry_sha256
        FROM gate.artifact_event
    """,
    "public.artifact_validation_reports": """
        SELECT evidence_sha256 AS id, evidence_sha256 AS run_id, artifact_id,
            CASE predicate_type WHEN 'urn:jax:rerun:v1' THEN 'RERUN' ELSE 'GOLDEN' END AS test_type,
            CASE predicate_type WHEN 'urn:jax:rerun:v1' THEN evidence.orders_sha256 = artifact.orders_sha256
                ELSE result = 'PASSED' AND evidence.golden_suite_sha256 = artifact.golden_suite_sha256
            END AS passed,
            gate.statement(envelope) #> '{predicate,metrics}' AS metrics,
            gate.statement(envelope) #> '{predicate,overfitting}' AS overfitting,
            gate.statement(envelope) #> '{predicate,failedTests}' AS errors,
            signer AS validated_by, issued_at AS completed_at
        FROM gate.evidence JOIN gate.artifact USING (artifact_id)
    """,
    "gate.trade_provenance": """
        SELECT trade.trade_id, trade.submitted_at, trade.symbol, trade.side, trade.quantity,
            trade.approved_by AS signal_approved_by, trade.signal_id, trade.client_order_id,
            orders.account, trade.artifact_id, artifact.name AS strategy, artifact.version,
            artifact.author, artifact.payload_sha256, artifact.bundle_sha256,
            trade.policy_sha256, policy.name AS policy, policy.version AS policy_version, policy.solo,
            (SELECT COALESCE(jsonb_agg(jsonb_build_object(
                    'approver', approver, 'kind', kind, 'issued_at', issued_at, 'expires_at', expires_at,
                    'reason', reason, 'approval_sha256', approval_sha256)
                    ORDER BY issued_at, approver), '[]')
                FROM gate.approval
                WHERE approval.artifact_id = trade.artifact_id
                    AND approval.policy_sha256 = trade.policy_sha256 AND decision = 'APPROVE'
                    AND issued_at <= trade.submitted_at AND trade.submitted_at < expires_at
            ) AS approvals
        FROM trading.trade
        JOIN trading.orders USING (client_order_id)
        JOIN gate.artifact ON artifact.artifact_id = trade.artifact_id
        LEFT JOIN gate.policy ON policy.sha256 = trade.policy_sha256
    """,
}

# As 0002 and 0003 made them.
DOWN = (
    *(f"DROP VIEW {view}" for view in VIEWS),
    "DROP TRIGGER trade_policy ON trading.trade",
    "DROP FUNCTION trading.fill_trade_policy()",
    "ALTER FUNCTION trading.check_order_step() RESET search_path",
    """
    CREATE OR REPLACE FUNCTION trading.check_new_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM trading.order_transition
                       WHERE from_status = 'NONE' AND to_status = NEW.status) THEN
            RAISE EXCEPTION 'order %: no order begins as %', NEW.client_order_id, NEW.status
                USING ERRCODE = 'JX003';
        END IF;
        IF NOT gate.is_loadable(NEW.artifact_id) THEN
            RAISE EXCEPTION 'order %: artifact % is not loadable', NEW.client_order_id, NEW.artifact_id
                USING ERRCODE = 'JX005';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    "ALTER FUNCTION gate.check_single_active() RESET search_path",
    "DROP TRIGGER artifact_event_checked ON gate.artifact_event",
    "DROP FUNCTION gate.check_step()",
    "DROP FUNCTION gate.check_in_chain(gate.artifact_event)",
    "DROP FUNCTION gate.check_quorum(text, text[])",
    "DROP FUNCTION gate.check_evidence_of(gate.artifact)",
    "DROP FUNCTION gate.check_step_role(text)",
    """
    CREATE OR REPLACE FUNCTION gate.is_loadable(artifact text) RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT EXISTS (
        SELECT FROM gate.artifact_state WHERE artifact_id = artifact AND state IN ('APPROVED', 'ACTIVE')
    ) $$
    """,
    "DROP VIEW gate.released",
    "DROP VIEW gate.standing_approval",
    "DROP VIEW gate.artifact_state",
    """
    CREATE VIEW gate.artifact_state AS
    SELECT DISTINCT ON (artifact_id) artifact_id, n, to_state AS state, at AS since
    FROM gate.artifact_event
    ORDER BY artifact_id, n DESC
    """,
)


def upgrade() -> None:
    for statement in (*STATE, *STEPS, *FENCE):
        op.execute(statement)
    for view, query in VIEWS.items():
        op.execute(f"CREATE VIEW {view} WITH (security_invoker = true) AS {query}")


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
