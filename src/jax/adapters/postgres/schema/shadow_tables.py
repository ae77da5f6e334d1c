"""Schema `shadow`: what a trader writes, once more, for one that decides and places nothing."""

from typing import Final

from sqlalchemy import Table

from jax.adapters.postgres.schema import advice_tables, audit_tables, trading_tables
from jax.adapters.postgres.schema.registry import registry

COPIED: Final[tuple[Table, ...]] = (
    *(found for found in vars(trading_tables).values() if isinstance(found, Table)),
    audit_tables.entry,
    advice_tables.request,
)
for _table in COPIED:
    _table.to_metadata(registry, schema="shadow")
