"""Many strategies, each released by people, in one signed snapshot."""

from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import sha256_of
from jax.modules.artifacts.record_step import Act, record_step
from jax.ports.clock import Clock
from jax.ports.object_store import ObjectStore
from jax.ports.unit_of_work import UnitOfWork
from tests.gate_walk import bring_to, next_snapshot
from tests.integration.trader import approved_strategy
from tests.integration.trader.approved_strategy import Variant


async def release_strategies(
    unit_of_work: UnitOfWork, objects: ObjectStore, clock: Clock, count: int
) -> list[Artifact]:
    """`count` strategies of different names, ACTIVE under the next snapshot."""
    approved = []
    for number in range(1, count + 1):
        variant = Variant(name=f"strategy_{number}", ids=f"of-{number}")
        draft = await approved_strategy.draft(unit_of_work, objects, clock, variant=variant)
        approved.append(await bring_to(unit_of_work, draft, ArtifactState.APPROVED, at=clock.now()))
    return await _release(unit_of_work, clock, approved)


async def _release(unit_of_work: UnitOfWork, clock: Clock, approved: list[Artifact]) -> list[Artifact]:
    now = clock.now()
    async with unit_of_work.begin() as transaction:
        active = {artifact.name: artifact.payload_sha256 for artifact in approved}
        envelope = await next_snapshot(transaction, active, issued=now)
        data = {"envelope_sha256": sha256_of(envelope)}
        await transaction.audit.append(AuditEvent("gate.snapshot", "snapshot", "rene", now, data))
        await transaction.releases.add_snapshot(envelope)
        act = Act("rene", "all at once", now)
        return [await record_step(transaction, each, ArtifactState.ACTIVE, act) for each in approved]
