"""The tables as SQLAlchemy sees them, and the rules of the domain, are those of the database."""

from decimal import Decimal

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine.default import DefaultDialect

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.schema.columns import Amount
from jax.adapters.postgres.schema.metadata import SCHEMAS, metadata
from jax.domain.artifact import ARTIFACT_TRANSITIONS, ArtifactState
from jax.domain.errors import InvalidValue
from jax.domain.order_status import FIRST_STATUSES, ORDER_TRANSITIONS
from tests.integration.postgres.catalog import catalog_of

# A generated column needs its function; SQLAlchemy has no word for one.
_FUNCTIONS = (
    "payload_field(payload bytea, field text) RETURNS text RETURN NULL::text",
    "payload_at(payload bytea, path text[]) RETURNS text RETURN NULL::text",
    "statement(envelope bytea) RETURNS jsonb RETURN NULL::jsonb",
    "signing_key(envelope bytea) RETURNS text RETURN NULL::text",
    "moment(written text) RETURNS timestamptz RETURN NULL::timestamptz",
)


async def _create_from_metadata(url: str) -> None:
    database = PostgresDatabase(url)
    async with database.engine().begin() as connection:
        for schema in sorted(SCHEMAS):
            await connection.execute(text(f"CREATE SCHEMA {schema}"))
        for function in _FUNCTIONS:
            signature, _, body = function.partition(" RETURN ")
            await connection.execute(
                text(f"CREATE FUNCTION gate.{signature} LANGUAGE sql IMMUTABLE RETURN {body}")
            )
        await connection.run_sync(metadata.create_all)
    await database.close()


@pytest.mark.parametrize("kind", ["schemas", "columns", "constraints", "indexes"])
async def test_metadata_and_migrations_make_the_same(
    empty_database_url: str, database_url: str, kind: str
) -> None:
    await _create_from_metadata(empty_database_url)
    from_metadata = (await catalog_of(empty_database_url, kind))[kind]
    migrated = await catalog_of(database_url, kind, "views")
    # A view is no table to SQLAlchemy.
    views = {row[:2] for row in migrated["views"]}
    assert from_metadata == [row for row in migrated[kind] if row[:2] not in views]
    assert len(from_metadata) >= len(SCHEMAS)


async def test_the_steps_of_artifacts_are_those_of_the_domain(sql: asyncpg.Connection) -> None:
    rows = await sql.fetch("SELECT from_state, to_state FROM gate.artifact_transition")
    expected = {(old.value, new.value) for old, steps in ARTIFACT_TRANSITIONS.items() for new in steps}
    assert {tuple(row) for row in rows} == expected | {("NONE", ArtifactState.DRAFT.value)}


async def test_the_steps_of_orders_are_those_of_the_domain(sql: asyncpg.Connection) -> None:
    rows = await sql.fetch("SELECT from_status, to_status FROM trading.order_transition")
    expected = {(old.value, new.value) for old, steps in ORDER_TRANSITIONS.items() for new in steps}
    assert {tuple(row) for row in rows} == expected | {("NONE", first.value) for first in FIRST_STATUSES}


async def test_no_trigger_sleeps_while_rows_are_replicated(sql: asyncpg.Connection) -> None:
    rows = await sql.fetch("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal")
    assert len(rows) >= 14
    assert {row["tgenabled"] for row in rows} == {b"A"}, "ENABLE ALWAYS is missing"


@pytest.mark.parametrize("number", ["0.000000001", "1000000000000", "NaN", "Infinity"])
def test_a_number_that_the_column_would_round_or_refuse_never_reaches_it(number: str) -> None:
    with pytest.raises(InvalidValue, match="amount"):
        Amount().process_bind_param(Decimal(number), DefaultDialect())
