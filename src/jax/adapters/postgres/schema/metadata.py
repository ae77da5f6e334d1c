"""All tables together."""

from typing import Final

from jax.adapters.postgres.schema import (
    audit_tables,
    gate_tables,
    reference_tables,
    signed_tables,
    trading_tables,
)
from jax.adapters.postgres.schema.registry import registry

SCHEMAS: Final = frozenset({"gate", "trading", "reference", "audit"})
TABLES: Final = (audit_tables, gate_tables, reference_tables, signed_tables, trading_tables)
metadata: Final = registry
