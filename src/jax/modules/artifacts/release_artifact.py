"""Signs what may trade: a snapshot, and the steps that follow from it, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from jax.domain.approval_count import Authority, GateRefused, check_quorum, subject_name
from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json, sha256_of
from jax.domain.promotion import check_step
from jax.domain.signed import SignatureRefused, Trust
from jax.domain.snapshot import LogHead, Snapshot, check_in_force, open_snapshot
from jax.modules.artifacts.gate_authority import TrustSource, authority_now
from jax.modules.artifacts.record_step import TOPIC, Act, record_step
from jax.ports.clock import Clock
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class Released:
    """The snapshot now in force, and the artifacts whose state changed with it."""

    snapshot: Snapshot
    activated: tuple[Artifact, ...]
    deprecated: tuple[Artifact, ...]


class ReleaseArtifact:
    """Release, rollback, renewal and withdrawal are one act: the next signed snapshot."""

    def __init__(self, *, unit_of_work: UnitOfWork, clock: Clock, trust: TrustSource) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._trust = trust

    async def draft(self, artifact_id: str, *, signer: str) -> Snapshot:
        """The next snapshot, with this artifact as its strategy's one; to be signed.

        NotFound; IllegalTransition unless it is APPROVED (release), DEPRECATED (rollback) or ACTIVE;
        GateRefused when its approvals do not hold.
        """
        async with self._unit_of_work.begin() as transaction:
            authority = await authority_now(transaction, self._trust(), self._clock.now())
            artifact = await transaction.artifacts.get(artifact_id)
            await _check_active(transaction, artifact, authority)
            return await _next(transaction, authority, signer, {artifact.name: artifact.payload_sha256})

    async def draft_renewal(self, *, signer: str, without: str | None = None) -> Snapshot:
        """The next snapshot with the same hashes, but without the strategy named `without`; to be signed."""
        async with self._unit_of_work.begin() as transaction:
            authority = await authority_now(transaction, self._trust(), self._clock.now())
            drafted = await _next(transaction, authority, signer, {})
        if without is None:
            return drafted
        if without not in drafted.active:
            raise GateRefused(f"no version of {without} is released")
        return replace(drafted, active={n: h for n, h in drafted.active.items() if n != without})

    async def accept(self, envelope: bytes, *, reason: str) -> Released:
        """Verifies the snapshot, stores it, and takes the steps that it means.

        GateRefused says what is wrong with it; Conflict when another one came first.
        """
        async with self._unit_of_work.begin() as transaction:
            authority = await authority_now(transaction, self._trust(), self._clock.now())
            previous = await newest_snapshot(transaction, authority.trust)
            snapshot = _opened(envelope, authority)
            await _check_follows(transaction, snapshot, previous, authority)
            data: Json = {"seq": snapshot.seq, "envelope_sha256": sha256_of(envelope), "reason": reason}
            await transaction.audit.append(
                AuditEvent("gate.snapshot", "snapshot", snapshot.signer, authority.at, data)
            )
            await transaction.releases.add_snapshot(envelope)
            released = await _take_steps(transaction, snapshot, authority, reason)
            await transaction.events.publish(TOPIC, subject=f"snapshot {snapshot.seq}")
            return released


async def newest_snapshot(transaction: Transaction, trust: Trust) -> Snapshot | None:
    """The newest stored snapshot, verified, also of a key that has ended since; GateRefused otherwise.

    What it names is carried over to the next one, and each hash stands on its own approvals.
    """
    envelope = await transaction.releases.newest_snapshot()
    if envelope is None:
        return None
    try:
        return open_snapshot(envelope, trust, also_ended=True)
    except SignatureRefused as error:
        raise GateRefused(f"the newest snapshot does not verify: {error}") from error


async def _next(
    transaction: Transaction, authority: Authority, signer: str, changes: Mapping[str, str]
) -> Snapshot:
    previous = await newest_snapshot(transaction, authority.trust)
    revoked = {r.payload_sha256 for r in await transaction.releases.revocations()}
    if previous is not None:
        revoked.update(previous.revoked)
    entries = await transaction.audit.entries(limit=1)
    if not entries:
        raise GateRefused("nothing is recorded yet, so there is nothing to release")
    kept = {} if previous is None else previous.active
    active = {name: sha for name, sha in {**kept, **changes}.items() if sha not in revoked}
    now = authority.at.replace(microsecond=0)
    return Snapshot(
        seq=1 if previous is None else previous.seq + 1,
        log_head=LogHead(entries[-1].n, entries[-1].entry_sha256),
        active=active,
        revoked=tuple(sorted(revoked)),
        policy_sha256=authority.policy.sha256,
        signer=signer,
        issued_at=now,
        expires_at=now + timedelta(days=authority.policy.snapshot_days),
    )


def _opened(envelope: bytes, authority: Authority) -> Snapshot:
    try:
        snapshot = open_snapshot(envelope, authority.trust)
        check_in_force(snapshot, authority.at)
    except SignatureRefused as error:
        raise GateRefused(f"the snapshot does not count: {error}") from error
    return snapshot


async def _check_follows(
    transaction: Transaction, snapshot: Snapshot, previous: Snapshot | None, authority: Authority
) -> None:
    expected = 1 if previous is None else previous.seq + 1
    if snapshot.seq != expected:
        raise Conflict(f"Snapshot {snapshot.seq} came too late, {expected} is next: draft and sign it again.")
    policy = authority.policy
    if snapshot.policy_sha256 != policy.sha256:
        raise GateRefused(
            f"the snapshot names another policy than {policy.name} {policy.version}, now in force"
        )
    if not (snapshot.expires_at - snapshot.issued_at <= timedelta(days=policy.snapshot_days)):
        raise GateRefused(f"the snapshot lives longer than the {policy.snapshot_days} days of the policy")
    entry = await transaction.audit.entry(snapshot.log_head.n)
    if entry.entry_sha256 != snapshot.log_head.entry_sha256:
        raise GateRefused(
            f"the snapshot names an entry {snapshot.log_head.n} that the audit log does not hold"
        )
    revoked = {r.payload_sha256 for r in await transaction.releases.revocations()}
    unnamed = revoked.union(() if previous is None else previous.revoked) - set(snapshot.revoked)
    if unnamed or revoked & set(snapshot.active.values()):
        raise Conflict("An artifact was revoked after this snapshot was drafted: draft and sign it again.")


async def _check_active(transaction: Transaction, artifact: Artifact, authority: Authority) -> None:
    envelopes = await transaction.artifacts.approvals(artifact.artifact_id)
    if artifact.state is not ArtifactState.ACTIVE:
        check_step(artifact, ArtifactState.ACTIVE, envelopes, authority)
        return
    try:
        check_quorum(artifact, envelopes, authority)
    except GateRefused as error:
        # Every trader would refuse it: a snapshot that names it says what is not so.
        raise GateRefused(
            f"{error}; approve it again, or withdraw {artifact.name} from what is released"
        ) from error


async def _take_steps(
    transaction: Transaction, snapshot: Snapshot, authority: Authority, reason: str
) -> Released:
    active = [await transaction.artifacts.by_sha256(sha) for sha in snapshot.active.values()]
    for artifact in active:
        if snapshot.active.get(artifact.name) != artifact.payload_sha256:
            raise GateRefused(f"the snapshot names {subject_name(artifact)} under another strategy's name")
        await _check_active(transaction, artifact, authority)
    kept = {artifact.artifact_id for artifact in active}
    act = Act(snapshot.signer, f"snapshot {snapshot.seq}: {reason}"[:2000], authority.at)
    deprecated = [
        await record_step(transaction, artifact, ArtifactState.DEPRECATED, act)
        for artifact in await transaction.artifacts.list()
        if artifact.state is ArtifactState.ACTIVE and artifact.artifact_id not in kept
    ]
    activated = [
        await record_step(transaction, artifact, ArtifactState.ACTIVE, act)
        for artifact in active
        if artifact.state is not ArtifactState.ACTIVE
    ]
    return Released(snapshot, tuple(activated), tuple(deprecated))
