"""Schema `shadow`: the tables of a trader that decides and places nothing, and a role that writes no others.

They are made from those of schema `trading` as these are at this revision, with the record and the outbox
that a trader writes beside them. Whoever changes `trading` in a later migration changes `shadow` with it: a
test compares the two.
"""

import re

from alembic import op
from sqlalchemy import text

revision = "0014"
down_revision: str | None = "0013"

# What a trader writes.
COPIED = """
    relkind = 'r' AND (relnamespace = 'trading'::regnamespace
                       OR pg_class.oid IN ('audit.entry'::regclass, 'advice.request'::regclass))
"""
ORIGINAL = re.compile(r"\b(?:trading|audit(?=\.entry\b)|advice(?=\.request\b))\.")
# Databases of one server may be migrated at the same moment: who comes second finds the role there.
CREATE_ROLE = """
    DO $$
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'jax_shadow') THEN
            CREATE ROLE jax_shadow NOLOGIN;
        END IF;
    EXCEPTION
        WHEN duplicate_object OR unique_violation THEN
            NULL;
        WHEN insufficient_privilege THEN
            RAISE EXCEPTION
                '% may not make the role of the shadow (%): let a superuser run '
                '"CREATE ROLE jax_shadow NOLOGIN", and migrate again', session_user, SQLERRM
                USING ERRCODE = 'JX019';
    END
    $$
"""
TABLES = f"""
    SELECT format('CREATE TABLE shadow.%I
                       (LIKE %s INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING GENERATED)',
                  relname, pg_class.oid::regclass)
    FROM pg_class WHERE {COPIED} ORDER BY relname
"""  # noqa: S608
# Keys before what refers to them.
CONSTRAINTS = f"""
    SELECT format('ALTER TABLE shadow.%I ADD CONSTRAINT %I %s', relname, conname,
                  pg_get_constraintdef(pg_constraint.oid))
    FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE contype IN ('p', 'u', 'c', 'f') AND {COPIED} ORDER BY contype = 'f', contype = 'c', conname
"""  # noqa: S608
INDEXES = f"""
    SELECT pg_get_indexdef(indexrelid)
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
    WHERE {COPIED} AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    ORDER BY 1
"""  # noqa: S608
FUNCTIONS = """
    SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'trading'::regnamespace ORDER BY proname
"""
TRIGGERS = f"""
    SELECT pg_get_triggerdef(pg_trigger.oid)
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND {COPIED} ORDER BY tgname
"""  # noqa: S608
ALWAYS = f"""
    SELECT format('ALTER TABLE shadow.%I ENABLE ALWAYS TRIGGER %I', relname, tgname)
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND {COPIED} ORDER BY tgname
"""  # noqa: S608
# What the trader may do there, the shadow may do here; who reads there reads here.
GRANTS = f"""
    SELECT format('GRANT %s ON shadow.%I TO %I', privilege_type, relname,
                  CASE rolname WHEN 'jax_trader' THEN 'jax_shadow' ELSE rolname END)
    FROM pg_class CROSS JOIN aclexplode(relacl) JOIN pg_roles ON pg_roles.oid = grantee
    WHERE {COPIED} AND (rolname = 'jax_trader' OR rolname = 'jax_auditor' AND privilege_type = 'SELECT')
    UNION ALL
    SELECT format('GRANT %s (%I) ON shadow.%I TO jax_shadow', privilege_type, attname, relname)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    CROSS JOIN aclexplode(attacl) JOIN pg_roles ON pg_roles.oid = grantee
    WHERE {COPIED} AND rolname = 'jax_trader'
"""  # noqa: S608
OTHERS = (
    "INSERT INTO shadow.order_transition SELECT * FROM trading.order_transition",
    # Another lock than that of the chain of record: neither waits for the other.
    """
    CREATE FUNCTION shadow.lock_end(chain bigint) RETURNS TABLE (n bigint, entry_sha256 text)
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(chain + 1);
        RETURN QUERY SELECT entry.n, entry.entry_sha256 FROM shadow.entry ORDER BY entry.n DESC LIMIT 1;
    END
    $$
    """,
    "GRANT USAGE ON SCHEMA shadow TO jax_shadow, jax_auditor",
    "GRANT USAGE ON SEQUENCE shadow.fill_seq_seq TO jax_shadow",
    "GRANT USAGE ON SCHEMA gate, reference TO jax_shadow",
    "GRANT SELECT ON ALL TABLES IN SCHEMA gate, reference TO jax_shadow",
    "GRANT SELECT ON public.alembic_version TO jax_shadow",
)
DOWN = (
    "REVOKE ALL ON public.alembic_version FROM jax_shadow",
    "REVOKE ALL ON ALL TABLES IN SCHEMA gate, reference FROM jax_shadow",
    "REVOKE ALL ON SCHEMA gate, reference FROM jax_shadow",
    "DROP SCHEMA shadow CASCADE",
)


def upgrade() -> None:
    op.execute(CREATE_ROLE)
    op.execute("CREATE SCHEMA shadow")
    connection = op.get_bind()
    for question in (TABLES, CONSTRAINTS, INDEXES, FUNCTIONS, TRIGGERS, ALWAYS, GRANTS):
        for (statement,) in connection.execute(text(question)).all():
            connection.exec_driver_sql(
                statement if question is TABLES else ORIGINAL.sub("shadow.", statement)
            )
    for statement in OTHERS:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
