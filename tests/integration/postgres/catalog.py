"""What a database is made of, in words that can be compared."""

import asyncpg

_NOT_OURS = "('pg_catalog', 'information_schema', 'pg_toast')"
_QUERIES = {
    "schemas": f"SELECT nspname FROM pg_namespace WHERE nspname NOT IN {_NOT_OURS} AND nspname !~ '^pg_'",
    "columns": f"""
        SELECT table_schema, table_name, column_name, data_type, numeric_precision, numeric_scale,
               is_nullable, column_default, is_identity, identity_generation, is_generated,
               generation_expression
        FROM information_schema.columns WHERE table_schema NOT IN {_NOT_OURS}
    """,
    "constraints": f"""
        SELECT nspname, relname, conname, pg_get_constraintdef(pg_constraint.oid)
        FROM pg_constraint
        JOIN pg_class ON pg_class.oid = conrelid
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname NOT IN {_NOT_OURS} AND contype <> 'n'
    """,
    "indexes": f"SELECT schemaname, indexname, indexdef FROM pg_indexes WHERE schemaname NOT IN {_NOT_OURS}",
    "views": f"SELECT schemaname, viewname, definition FROM pg_views WHERE schemaname NOT IN {_NOT_OURS}",
    "functions": f"""
        SELECT nspname, proname, prosrc, provolatile, proconfig FROM pg_proc
        JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE nspname NOT IN {_NOT_OURS}
    """,
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger
        WHERE NOT tgisinternal
    """,
}


async def catalog_of(url: str, *kinds: str) -> dict[str, list[tuple[str, ...]]]:
    """Each kind of thing (all kinds if none is named), sorted; Alembic's own table is left out."""
    connection = await asyncpg.connect(url)
    try:
        return {kind: _sorted(await connection.fetch(_QUERIES[kind])) for kind in kinds or _QUERIES}
    finally:
        await connection.close()


def _sorted(rows: list[asyncpg.Record]) -> list[tuple[str, ...]]:
    described = [tuple(str(value) for value in row) for row in rows]
    return sorted(row for row in described if not any("alembic_version" in value for value in row))
