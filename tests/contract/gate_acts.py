"""Single acts at the gate, each in a transaction of its own, for tests of what the stores refuse."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.audit import AuditEntry, AuditEvent
from jax.domain.gate_key import GateKey
from jax.domain.gate_policy import GatePolicy
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.contract.within import within
from tests.gate_people import KEYS, SIGNED_AT, root_of
from tests.gate_walk import next_snapshot


async def told(
    transaction: Transaction,
    artifact_id: str = "art-1",
    *,
    actor: str = "victor",
    kind: str = "artifact.step",
    at: datetime = SIGNED_AT,
) -> AuditEntry:
    """A new entry of the audit log, for a step of the artifact by `actor`."""
    return await transaction.audit.append(AuditEvent(kind, artifact_id, actor, at, None))


async def step(
    unit_of_work: UnitOfWork, of: Artifact, to_state: ArtifactState, *, actor: str = "victor"
) -> Artifact:
    async with unit_of_work.begin() as tx:
        entry = await told(tx, of.artifact_id, actor=actor)
        return await tx.artifacts.take_step(of, to_state, entry=entry, reason="as planned")


async def state_of(unit_of_work: UnitOfWork, artifact_id: str = "art-1") -> ArtifactState:
    return (await within(unit_of_work, lambda tx: tx.artifacts.get(artifact_id))).state


async def give_evidence(unit_of_work: UnitOfWork, of: Artifact, *envelopes: bytes) -> None:
    async with unit_of_work.begin() as tx:
        for envelope in envelopes:
            await tx.artifacts.add_evidence(of.artifact_id, envelope)


async def approve(unit_of_work: UnitOfWork, of: Artifact, *envelopes: bytes, solo: bool = False) -> None:
    async with unit_of_work.begin() as tx:
        for envelope in envelopes:
            await tx.artifacts.add_approval(of, envelope, solo=solo)


async def release(unit_of_work: UnitOfWork, *active: Artifact, **said: Any) -> bytes:
    """The next snapshot, which lets `active` trade, stored; see `snapshot_envelope` for what it may say."""
    hashes: Mapping[str, str] = {of.name: of.payload_sha256 for of in active}
    async with unit_of_work.begin() as tx:
        envelope = await next_snapshot(tx, hashes, **said)
        await tx.releases.add_snapshot(envelope)
    return envelope


async def publish(unit_of_work: UnitOfWork, *keys: GateKey, policy: GatePolicy | None = None) -> None:
    """The keys of everybody with `keys` in place of those that have the same ids; and a policy."""
    changed = {key.key_id for key in keys}
    root = root_of([*(key for key in KEYS if key.key_id not in changed), *keys])
    async with unit_of_work.begin() as tx:
        await tx.releases.publish_keys(root)
        if policy is not None:
            await tx.releases.add_policy(policy.encoded())
