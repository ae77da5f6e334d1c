"""Memories in `advice.memory`, found by their words."""

from collections.abc import Sequence

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY, insert

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.rows import values_of
from jax.adapters.postgres.schema.advice_tables import memory as table
from jax.adapters.postgres.unit_of_work import open_session
from jax.domain.advice import MOST_MEMORIES, Memory, RecallQuery
from jax.ports.errors import NotFound

_SAID = ("memory_id", "text", "symbol", "at")
_ENGLISH = cast("english", REGCONFIG)


class PostgresAdviceMemory:
    """Full-text search: it needs nobody, and understands nothing."""

    name = "postgres"

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    async def recall(self, query: RecallQuery) -> Sequence[Memory]:
        # Any of the words will do; the parser has made each of them harmless.
        all_of_them = cast(func.plainto_tsquery(_ENGLISH, query.words), Text)
        any_of_them = cast(func.replace(all_of_them, "&", "|"), TSQUERY)
        of_symbol = func.coalesce(table.c.symbol == query.symbol, False)
        found = (
            select(*(table.c[name] for name in _SAID))
            .where(or_(of_symbol, table.c.words.bool_op("@@")(any_of_them)))
            .where(table.c.memory_id != query.besides)
            .order_by(
                of_symbol.desc(),
                func.ts_rank(table.c.words, any_of_them).desc(),
                table.c.at.desc().nulls_last(),
                table.c.memory_id,
            )
            .limit(MOST_MEMORIES)
        )
        async with open_session(self._database) as session:
            return [Memory(**row._mapping) for row in await session.execute(found)]

    async def retain(self, memory: Memory) -> None:
        values = values_of(memory)
        kept = insert(table).values(**values)
        changed = {name: value for name, value in values.items() if name != "memory_id"}
        async with open_session(self._database) as session:
            await session.change(kept.on_conflict_do_update(index_elements=["memory_id"], set_=changed))
            await session.commit()

    async def reflect(self, question: str) -> str:
        raise NotFound(f"Full-text search recalls and does not reflect on {question!r}.")
