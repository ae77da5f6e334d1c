"""All tables together."""

from typing import Final

from jax.adapters.postgres.schema import (
    advice_tables,
    audit_tables,
    gate_tables,
    reference_tables,
    shadow_tables,
    signed_tables,
    trading_tables,
)
from jax.adapters.postgres.schema.registry import registry

SCHEMAS: Final = frozenset({"advice", "gate", "trading", "reference", "audit", "shadow"})
TABLES: Final = (
    advice_tables,
    audit_tables,
    gate_tables,
    reference_tables,
    shadow_tables,
    signed_tables,
    trading_tables,
)
metadata: Final = registry
