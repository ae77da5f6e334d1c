"""Statements that only write, sent together."""

import asyncpg
import pytest
from sqlalchemy import bindparam, column, func, insert, select, table, update

from jax.adapters.postgres.one_command import one_command
from jax.adapters.postgres.statement import Statement

_THING = table("thing", column("name"), column("size"))
_ADD = Statement(insert(_THING).values(name=bindparam("new_name"), size=bindparam("new_size")))
_GROW = Statement(
    update(_THING).where(_THING.c.name == bindparam("of")).values(size=_THING.c.size + bindparam("by"))
)
_CALL = Statement(select(func.remember(bindparam("what"))))


@pytest.fixture
async def things(sql: asyncpg.Connection) -> asyncpg.Connection:
    """A table, and a function that is called for what it does."""
    await sql.execute("CREATE TABLE thing (name varchar PRIMARY KEY, size integer CHECK (size < 100))")
    await sql.execute("CREATE FUNCTION remember(what varchar) RETURNS void LANGUAGE sql VOLATILE AS "
                      "$$ INSERT INTO thing VALUES (what, 0) $$")  # fmt: skip
    await sql.execute("INSERT INTO thing VALUES ('old', 1)")
    return sql


async def _sizes(sql: asyncpg.Connection) -> dict[str, int]:
    return {row["name"]: row["size"] for row in await sql.fetch("SELECT * FROM thing")}


async def test_every_statement_has_its_own_arguments_and_says_how_many_rows_it_touched(
    things: asyncpg.Connection,
) -> None:
    command = one_command((_ADD, _GROW, _CALL))
    counts = await things.fetchrow(command, "new", 5, 10, "old", "told")
    assert tuple(counts) == (1, 1, 1)
    assert await _sizes(things) == {"old": 11, "new": 5, "told": 0}
    assert tuple(await things.fetchrow(command, "newer", 6, 1, "nobody", "again")) == (1, 0, 1)


async def test_all_or_none(things: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await things.fetchrow(one_command((_ADD, _GROW)), "new", 5, 100, "old")
    assert await _sizes(things) == {"old": 1}


async def test_the_first_that_is_refused_is_heard(things: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await things.fetchrow(one_command((_ADD, _GROW)), "old", 5, 100, "old")
    with pytest.raises(asyncpg.CheckViolationError):
        await things.fetchrow(one_command((_GROW, _ADD)), 100, "old", "old", 5)
