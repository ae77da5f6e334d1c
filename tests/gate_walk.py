"""Takes an artifact through the gate by the ports alone, signed by the people of the tests."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from jax.domain.artifact import ApprovalKind, Artifact, ArtifactState
from jax.domain.audit import AuditEntry, AuditEvent
from jax.domain.canonical_json import Json, sha256_of
from jax.domain.dsse import decode_envelope
from jax.domain.gate_policy import DESK_POLICY, GatePolicy, parse_policy
from jax.domain.snapshot import Snapshot, snapshot_of
from jax.domain.statement import parse_statement
from jax.modules.artifacts.record_step import Act, record_step
from jax.ports.errors import NotFound
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.gate_people import (
    APPROVER_OF,
    ROOT,
    SIGNED_AT,
    approval_envelope,
    golden_envelope,
    recorded_revocation,
    rerun_envelope,
    snapshot_envelope,
)

_S = ArtifactState
_PATH = (_S.DRAFT, _S.VALIDATED, _S.REVIEWED, _S.APPROVED, _S.ACTIVE, _S.DEPRECATED)


async def bring_to(
    unit_of_work: UnitOfWork, artifact: Artifact, state: ArtifactState, *, at: datetime = SIGNED_AT
) -> Artifact:
    """The stored `artifact` in `state`, ahead of its own (or a rollback), with all that it needs on the way.

    Under the policy in force; DESK_POLICY and ROOT are published first when there is none. An ACTIVE
    artifact replaces the version of its strategy that was. A database takes only an `at` of about now.
    """
    async with unit_of_work.begin() as transaction:
        policy = await set_up_gate(transaction)
        walk = _Walk(transaction, policy, at)
        if state is _S.REVOKED:
            return await walk.revoke(artifact)
        for following in _steps(artifact.state, state):
            artifact = await walk.take(artifact, following)
        return artifact


async def set_up_gate(transaction: Transaction) -> GatePolicy:
    """The policy in force; the people's keys and DESK_POLICY are published when there is none."""
    try:
        return parse_policy(await transaction.releases.policy_in_force())
    except NotFound:
        await transaction.releases.publish_keys(ROOT)
        await transaction.releases.add_policy(DESK_POLICY.encoded())
        return DESK_POLICY


async def next_snapshot(transaction: Transaction, active: Mapping[str, str], /, **said: Any) -> bytes:
    """The signed snapshot that follows the newest one, and lets `active` trade; see `snapshot_envelope`."""
    before = await newest_snapshot(transaction)
    head = (await transaction.audit.entries(limit=1))[0]
    return snapshot_envelope(active, head, **{"seq": 1 if before is None else before.seq + 1, **said})


async def newest_snapshot(transaction: Transaction) -> Snapshot | None:
    """What the newest snapshot says, unverified."""
    envelope = await transaction.releases.newest_snapshot()
    if envelope is None:
        return None
    return snapshot_of(parse_statement(decode_envelope(envelope).payload))


def _steps(old: ArtifactState, new: ArtifactState) -> tuple[ArtifactState, ...]:
    if (old, new) == (_S.DEPRECATED, _S.ACTIVE):
        return (new,)
    return _PATH[_PATH.index(old) + 1 : _PATH.index(new) + 1]


@dataclass(frozen=True, slots=True)
class _Walk:
    transaction: Transaction
    policy: GatePolicy
    at: datetime

    async def take(self, artifact: Artifact, following: ArtifactState) -> Artifact:
        if following is _S.VALIDATED:
            return await self._validate(artifact)
        if following is _S.REVIEWED:
            await self._approve(artifact, ApprovalKind.TECHNICAL)
            return await self._step(artifact, following, "tessa")
        if following is _S.APPROVED:
            await self._approve(artifact, ApprovalKind.RISK)
            await self._approve(artifact, ApprovalKind.COMPLIANCE)
            return await self._step(artifact, following, "rosa")
        await self._release(artifact, is_wanted=following is _S.ACTIVE)
        if following is _S.ACTIVE:
            await self._deprecate_others(artifact)
        return await self._step(artifact, following, "rene")

    async def revoke(self, artifact: Artifact) -> Artifact:
        await self.transaction.releases.add_revocation(recorded_revocation(artifact, at=self.at))
        return await self._step(artifact, _S.REVOKED, "rolf")

    async def _validate(self, artifact: Artifact) -> Artifact:
        for envelope in (
            rerun_envelope(artifact, issued=self.at),
            golden_envelope(artifact, issued=self.at),
        ):
            await self._tell("artifact.evidence", artifact.artifact_id, "victor", envelope)
            await self.transaction.artifacts.add_evidence(artifact.artifact_id, envelope)
        return await self._step(artifact, _S.VALIDATED, "victor")

    async def _approve(self, artifact: Artifact, kind: ApprovalKind) -> None:
        if self.policy.quorum[kind] == 0:
            return
        envelope = approval_envelope(artifact, kind, issued=self.at, policy=self.policy)
        await self._tell("artifact.approval", artifact.artifact_id, APPROVER_OF[kind], envelope)
        await self.transaction.artifacts.add_approval(artifact, envelope, solo=self.policy.solo)

    async def _release(self, artifact: Artifact, *, is_wanted: bool) -> None:
        """The next snapshot: the one before, with this artifact or without it."""
        before = await newest_snapshot(self.transaction)
        active = {} if before is None else dict(before.active)
        active.pop(artifact.name, None)
        if is_wanted:
            active[artifact.name] = artifact.payload_sha256
        envelope = await next_snapshot(self.transaction, active, issued=self.at, policy=self.policy)
        await self._tell("gate.snapshot", "snapshot", "rene", envelope)
        await self.transaction.releases.add_snapshot(envelope)

    async def _deprecate_others(self, artifact: Artifact) -> None:
        for other in await self.transaction.artifacts.list(name=artifact.name):
            if other.state is _S.ACTIVE:
                await self._step(other, _S.DEPRECATED, "rene")

    async def _step(self, artifact: Artifact, to_state: ArtifactState, actor: str) -> Artifact:
        return await record_step(self.transaction, artifact, to_state, Act(actor, "as planned", self.at))

    async def _tell(self, kind: str, subject: str, actor: str, envelope: bytes) -> AuditEntry:
        data: Json = {"envelope_sha256": sha256_of(envelope)}
        return await self.transaction.audit.append(AuditEvent(kind, subject, actor, self.at, data))


async def store_draft(unit_of_work: UnitOfWork, artifact: Artifact, *, at: datetime = SIGNED_AT) -> Artifact:
    """Stores `artifact` as the DRAFT that its author submits."""
    async with unit_of_work.begin() as transaction:
        event = AuditEvent("artifact.submitted", artifact.artifact_id, artifact.author, at, None)
        entry = await transaction.audit.append(event)
        await transaction.artifacts.add(artifact, entry=entry, reason="first draft")
    return replace(artifact, state=_S.DRAFT)
