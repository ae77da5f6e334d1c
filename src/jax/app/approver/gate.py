"""What every command of the approver works on, and the mark that its lines carry."""

from dataclasses import dataclass
from pathlib import Path

from jax.domain.approval_count import GateRefused
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import GatePolicy, parse_policy
from jax.modules.artifacts.gate_authority import TrustSource
from jax.modules.artifacts.view_artifact import ViewArtifact, ViewParts
from jax.ports.clock import Clock
from jax.ports.errors import NotFound
from jax.ports.id_source import IdSource
from jax.ports.object_store import ObjectStore
from jax.ports.trade_provenance import TradeProvenanceReader
from jax.ports.unit_of_work import UnitOfWork

NO_POLICY = "none"


@dataclass(frozen=True, slots=True)
class Gate:
    """The ports, over the folder `home`."""

    home: Path
    unit_of_work: UnitOfWork
    objects: ObjectStore
    clock: Clock
    ids: IdSource
    trust: TrustSource
    provenance: TradeProvenanceReader

    @property
    def viewer(self) -> ViewArtifact:
        """Reads what people are shown."""
        return ViewArtifact(ViewParts(self.unit_of_work, self.objects, self.clock, self.trust))

    async def policy(self) -> GatePolicy | None:
        """The policy in force, whether or not it may be used; None before the first, or if unreadable."""
        try:
            async with self.unit_of_work.begin() as transaction:
                return parse_policy(await transaction.releases.policy_in_force())
        except (NotFound, InvalidValue):
            return None

    async def mark(self) -> str:
        """The mark of the policy in force: `solo`, its name, or `none` before the first."""
        policy = await self.policy()
        return NO_POLICY if policy is None else policy.mark

    async def refusal(self, error: Exception) -> GateRefused:
        """The refusal as it is told: nothing under a solo policy goes without saying so."""
        policy = await self.policy()
        return GateRefused(str(error) if policy is None or not policy.solo else f"{error} (policy=solo)")
