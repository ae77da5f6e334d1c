"""The one place that says which adapters a comparison reads with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.legacy_trades import LegacyTable, PostgresLegacyTrades
from jax.adapters.postgres.shadow_decisions import PostgresShadowDecisions
from jax.adapters.system.system_clock import SystemClock
from jax.app.shadow.comparing import Sides
from jax.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Places:
    """Two databases, with their passwords, and how the older one names things (`name=column`)."""

    legacy_url: str
    shadow_url: str
    legacy_table: str
    legacy_columns: tuple[str, ...]


@asynccontextmanager
async def open_sides(places: Places) -> AsyncIterator[Sides]:
    """Both executors' records, closed when the block ends; InvalidValue, Unavailable."""
    table = LegacyTable(places.legacy_table, dict(map(_named, places.legacy_columns)))
    legacy, shadow = PostgresDatabase(places.legacy_url), PostgresDatabase(places.shadow_url)
    try:
        yield Sides(
            PostgresLegacyTrades(legacy, table),
            PostgresShadowDecisions(shadow),
            SystemClock(),
            f"{places.legacy_table} in the {legacy.address}, and the {shadow.address}",
        )
    finally:
        await legacy.close()
        await shadow.close()


def _named(written: str) -> tuple[str, str]:
    name, equals, column = written.partition("=")
    if not equals:
        raise InvalidValue("legacy-column", f"{written!r} is not like quantity=risk.quantity")
    return name, column
