"""What the gate goes by and what it has recorded: policy, keys, log, where a trade comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

from jax.app.research.desk.parts import DeskParts
from jax.domain.audit import AuditEntry
from jax.domain.gate_policy import GatePolicy
from jax.domain.gate_root import GateRoot
from jax.modules.artifacts.gate_authority import policy_in_force
from jax.ports.trade_provenance import TradeProvenance


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries of the hash chain, oldest first, and the mark of the policy in force."""

    entries: Sequence[AuditEntry]
    policy: str


class Record:
    """Reads only."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts

    async def policy(self) -> GatePolicy:
        """The policy in force; GateRefused when there is none, or it is below the floor."""
        async with self._parts.unit_of_work.begin() as transaction:
            return await policy_in_force(transaction, self._parts.trust())

    def root(self) -> GateRoot:
        """The root file of this machine; NotFound, InvalidValue, Unavailable."""
        return self._parts.trust().root

    async def entries_after(self, n: int, *, limit: int) -> LogPage:
        """The oldest `limit` entries behind entry `n`."""
        async with self._parts.unit_of_work.begin() as transaction:
            entries = await transaction.audit.entries_after(n, limit=limit)
        return LogPage(entries, await self._parts.policy_mark())

    async def provenance(self, trade_id: str) -> TradeProvenance:
        """By what a trade was allowed, as the database tells it; NotFound."""
        return await self._parts.provenance.of_trade(trade_id)
