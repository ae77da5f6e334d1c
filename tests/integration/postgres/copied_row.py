"""A stored row written again with something changed: how SQL tries what the adapters would not."""

import json
from collections.abc import Mapping

import asyncpg


async def copy_row(sql: asyncpg.Connection, table: str, changed: Mapping[str, str | None]) -> None:
    """Inserts the only row of `table` once more, with `changed` values in their text form."""
    await sql.execute(
        f"INSERT INTO {table} OVERRIDING SYSTEM VALUE "
        f"SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(stored) || $1::jsonb)).* FROM {table} stored",
        json.dumps(dict(changed)),
    )
