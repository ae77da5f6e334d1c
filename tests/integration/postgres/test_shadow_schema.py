"""What the shadow writes to is what the trader writes to, and it can write nowhere else."""

import re

import asyncpg
import pytest

from tests.integration.postgres.catalog import catalog_of

_COPIED = re.compile(r"\btrading\.|\baudit\.(?=entry\b)|\badvice\.(?=request\b)")
_BESIDES = {("audit", "entry"), ("advice", "request")}
_SCHEMA_FIRST = {"columns": 2, "constraints": 2}


def _as_shadow(rows: list[tuple[str, ...]], kind: str) -> list[tuple[str, ...]]:
    """The rows of what the trader writes to, named as their copies are."""
    named = _SCHEMA_FIRST.get(kind)
    found = []
    for row in rows:
        schema, *rest = row
        if named is not None and not (schema == "trading" or row[:named] in _BESIDES):
            continue
        if named is None and _COPIED.sub("shadow.", " ".join(row)) == " ".join(row) and schema != "trading":
            continue
        found.append(tuple(_COPIED.sub("shadow.", value) for value in ("shadow", *rest)))
    return sorted(found)


@pytest.mark.parametrize("kind", ["columns", "constraints"])
async def test_the_shadows_tables_are_those_of_the_trader(shared_database_url: str, kind: str) -> None:
    rows = (await catalog_of(shared_database_url, kind))[kind]
    shadow = [row for row in rows if row[0] == "shadow"]
    assert len(shadow) > 50
    assert shadow == _as_shadow([row for row in rows if row[0] != "shadow"], kind)


async def test_the_shadows_indexes_are_those_of_the_trader(shared_database_url: str) -> None:
    rows = (await catalog_of(shared_database_url, "indexes"))["indexes"]
    shadow = [row[1:] for row in rows if row[0] == "shadow"]
    others = [(name, _COPIED.sub("shadow.", made)) for schema, name, made in rows if schema != "shadow"]
    assert len(shadow) > 20
    assert shadow == sorted(row for row in others if " ON shadow." in row[1])


async def test_the_same_triggers_guard_the_shadows_tables(shared_database_url: str) -> None:
    rows = (await catalog_of(shared_database_url, "triggers"))["triggers"]
    shadow = [row for row in rows if row[0].startswith("shadow.")]
    renamed = [tuple(_COPIED.sub("shadow.", value) for value in row) for row in rows if row not in shadow]
    assert len(shadow) >= 14
    assert shadow == sorted(row for row in renamed if row[0].startswith("shadow."))


async def test_the_shadows_triggers_do_what_the_traders_do(shared_database_url: str) -> None:
    rows = (await catalog_of(shared_database_url, "functions"))["functions"]
    shadow = [row for row in rows if row[0] == "shadow" and row[1] != "lock_end"]
    renamed = [(_COPIED.sub("shadow.", f"{row[0]}.")[:-1], *row[1:]) for row in rows if row[0] == "trading"]
    assert len(shadow) >= 4
    assert shadow == [(row[0], row[1], _COPIED.sub("shadow.", row[2]), *row[3:]) for row in renamed]


async def test_the_steps_of_the_shadows_orders_are_the_same(sql: asyncpg.Connection) -> None:
    steps = "SELECT from_status, to_status FROM {}.order_transition ORDER BY 1, 2"
    ours, theirs = [await sql.fetch(steps.format(schema)) for schema in ("shadow", "trading")]
    assert ours == theirs
    assert len(ours) > 20


async def test_the_shadow_may_write_nothing_outside_its_schema(sql: asyncpg.Connection) -> None:
    writable = await sql.fetch(
        """
        SELECT oid::regclass::text AS name FROM pg_class
        WHERE relkind IN ('r', 'v') AND relnamespace::regnamespace::text IN
                ('trading', 'audit', 'advice', 'gate', 'reference', 'public')
          AND (has_any_column_privilege('jax_shadow', oid, 'INSERT, UPDATE')
               OR has_table_privilege('jax_shadow', oid, 'DELETE, TRUNCATE, TRIGGER'))
        """
    )
    assert writable == []


async def test_the_shadow_may_write_in_its_schema_what_the_trader_may_in_the_other(
    sql: asyncpg.Connection,
) -> None:
    question = """
        SELECT relname, attname, right_of FROM pg_class
        JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
        CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS right_of
        WHERE relkind = 'r' AND relnamespace = $1::text::regnamespace AND (relname = ANY ($2) OR $2 IS NULL)
          AND has_column_privilege($3, pg_class.oid, attname, right_of)
        ORDER BY 1, 2, 3
    """
    theirs = await sql.fetch(question, "trading", None, "jax_trader")
    theirs += await sql.fetch(question, "audit", ["entry"], "jax_trader")
    theirs += await sql.fetch(question, "advice", ["request"], "jax_trader")
    ours = await sql.fetch(question, "shadow", None, "jax_shadow")
    assert len(ours) > 100
    assert sorted(map(tuple, ours)) == sorted(map(tuple, theirs))
    assert await sql.fetch(question, "shadow", None, "jax_trader") == []
