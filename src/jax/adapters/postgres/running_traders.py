"""Which traders are running, in `trading.running`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.rows import values_of
from jax.adapters.postgres.schema.trading_tables import running
from jax.adapters.postgres.session import Session
from jax.domain.canonical_json import canonical_bytes, strict_parse
from jax.domain.errors import InvalidValue
from jax.domain.running_trader import RunningTrader


class PostgresRunningTraders:
    """One row a process; the hashes are spelled as a canonical JSON list."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def report(self, trader: RunningTrader) -> None:
        spelled = canonical_bytes(list(trader.artifact_hashes)).decode()
        values = values_of(trader) | {"artifact_hashes": spelled}
        said = {name: value for name, value in values.items() if name != "boot_id"}
        adding = insert(running).values(**values)
        await self._session.execute(adding.on_conflict_do_update(index_elements=["boot_id"], set_=said))

    async def reported_after(self, moment: datetime) -> Sequence[RunningTrader]:
        query = select(running).where(running.c.reported_at > moment).order_by(running.c.boot_id.collate("C"))
        return [_trader(row) for row in await self._session.execute(query)]


def _trader(row: Row[Any]) -> RunningTrader:
    hashes = strict_parse(row.artifact_hashes.encode())
    if not isinstance(hashes, list) or not all(isinstance(found, str) for found in hashes):
        raise InvalidValue("artifact_hashes", f"trader {row.boot_id} reports {row.artifact_hashes[:200]}")
    return RunningTrader(**{**row._mapping, "artifact_hashes": tuple(hashes)})
