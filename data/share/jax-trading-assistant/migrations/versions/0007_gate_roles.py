"""Who may do what: roles of the whole server, to be granted to the logins of people and programs.

The roles stay when these migrations are taken back: other databases of the server may use them.
"""

from alembic import op

revision = "0007"
down_revision: str | None = "0006"

GROUPS = ("jax_research", "jax_approver", "jax_release", "jax_revoker", "jax_trader", "jax_auditor")
EVERYBODY = ", ".join(GROUPS)
VIEWS = ", ".join(
    f"public.{view}"
    for view in (
        "strategy_artifacts",
        "artifact_approvals",
        "artifact_promotions",
        "artifact_validation_reports",
    )
)
STEP = "artifact_id, n, from_state, to_state, payload_sha256, actor, reason, at, entry_n, entry_sha256"
# Databases of one server may be migrated at the same moment: who comes second finds the role there.
CREATE_ROLES = """
    DO $$
    DECLARE
        -- The last is of 0013: who may not make roles is told once which to ask for.
        roles CONSTANT text[] := ARRAY['jax_owner', 'jax_research', 'jax_approver', 'jax_release',
            'jax_revoker', 'jax_trader', 'jax_auditor', 'jax_shadow'];
        remedy CONSTANT text := concat_ws('; ',
            (SELECT string_agg('CREATE ROLE ' || name || ' NOLOGIN', '; ' ORDER BY place)
             FROM unnest(roles) WITH ORDINALITY AS missing (name, place)
             WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)),
            format('GRANT jax_owner TO %I', session_user));
        wanted text;
    BEGIN
        FOREACH wanted IN ARRAY roles LOOP
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                BEGIN
                    EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
                EXCEPTION WHEN duplicate_object OR unique_violation THEN
                    NULL;
                END;
            END IF;
        END LOOP;
        IF NOT pg_has_role(session_user, 'jax_owner', 'USAGE') THEN
            EXECUTE format('GRANT jax_owner TO %I', session_user);
        END IF;
    EXCEPTION WHEN insufficient_privilege THEN
        RAISE EXCEPTION
            '% may not make the roles of the gate (%): let a superuser run "%", and migrate again',
            session_user, SQLERRM, remedy USING ERRCODE = 'JX019';
    END
    $$
"""


def give_gate_to(owner: str) -> str:
    """Makes `owner` the owner of schema gate and of everything in it."""
    return f"""
        DO $$
        DECLARE
            one record;
        BEGIN
            ALTER SCHEMA gate OWNER TO {owner};
            FOR one IN SELECT oid::regclass AS name FROM pg_class
                    WHERE relnamespace = 'gate'::regnamespace AND relkind IN ('r', 'v') LOOP
                EXECUTE format('ALTER TABLE %s OWNER TO {owner}', one.name);
            END LOOP;
            FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
                    WHERE pronamespace = 'gate'::regnamespace LOOP
                EXECUTE format('ALTER FUNCTION %s OWNER TO {owner}', one.name);
            END LOOP;
        END
        $$
    """  # noqa: S608  (the owner is one of two words of ours)


# Columns that are generated, or that only the owner may fill, are in no grant.
GRANTS = (
    f"GRANT USAGE ON SCHEMA gate, audit, reference TO {EVERYBODY}",
    f"GRANT SELECT ON ALL TABLES IN SCHEMA gate, audit, reference TO {EVERYBODY}",
    f"GRANT SELECT ON public.alembic_version, {VIEWS} TO {EVERYBODY}",
    "GRANT INSERT (n, kind, subject, actor, at, data, previous_sha256, entry_sha256) ON audit.entry "
    "TO jax_research, jax_approver, jax_release, jax_revoker, jax_trader",
    f"GRANT INSERT ({STEP}) ON gate.artifact_event TO jax_research, jax_approver, jax_release, jax_revoker",
    "GRANT INSERT (revocation_id, payload_sha256, revoker, reason, revoked_at, envelope) ON gate.revocation "
    "TO jax_approver, jax_release, jax_revoker",
    "GRANT INSERT (artifact_id, payload, created_at) ON gate.artifact TO jax_research",
    "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA reference TO jax_research",
    "GRANT INSERT (artifact_id, envelope) ON gate.evidence TO jax_approver",
    "GRANT INSERT (artifact_id, author, solo, renewal, envelope) ON gate.approval TO jax_approver",
    "GRANT INSERT (document) ON gate.policy TO jax_release",
    "GRANT INSERT (public_key, person) ON gate.member_key TO jax_release",
    "GRANT INSERT (key_id, role) ON gate.key_role TO jax_release",
    "GRANT INSERT (key_id, ended_at) ON gate.key_end TO jax_release",
    "GRANT INSERT (envelope) ON gate.snapshot TO jax_release",
    "GRANT USAGE ON SCHEMA trading TO jax_trader, jax_auditor",
    "GRANT SELECT ON ALL TABLES IN SCHEMA trading TO jax_trader, jax_auditor",
    "GRANT INSERT ON trading.account, trading.signal, trading.orders, trading.fill, trading.trade, "
    "trading.bar, trading.running TO jax_trader",
    "GRANT UPDATE (epoch) ON trading.account TO jax_trader",
    "GRANT UPDATE (status, decided_by, decided_at) ON trading.signal TO jax_trader",
    "GRANT UPDATE (status, filled_quantity, average_price, venue_order_id, reason_code, not_found_count, "
    "updated_at) ON trading.orders TO jax_trader",
    "GRANT UPDATE (account, artifact_hashes, snapshot_seq, reported_at) ON trading.running TO jax_trader",
    "GRANT USAGE ON SEQUENCE trading.fill_seq_seq TO jax_trader",
)
REVOKES = (
    f"REVOKE ALL ON ALL TABLES IN SCHEMA gate, audit, reference, trading FROM {EVERYBODY}",
    f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA trading FROM {EVERYBODY}",
    f"REVOKE ALL ON SCHEMA gate, audit, reference, trading FROM {EVERYBODY}",
    f"REVOKE ALL ON public.alembic_version, {VIEWS} FROM {EVERYBODY}",
)


def upgrade() -> None:
    for statement in (CREATE_ROLES, *GRANTS, give_gate_to("jax_owner")):
        op.execute(statement)


def downgrade() -> None:
    for statement in (give_gate_to("CURRENT_USER"), *REVOKES):
        op.execute(statement)
