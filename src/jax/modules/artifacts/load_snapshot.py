"""From the pinned root file to the hashes that may trade: the first half of what the trader verifies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from jax.domain.approval_count import Authority
from jax.domain.artifact import Artifact
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import BelowFloor, GatePolicy, check_floor, parse_policy
from jax.domain.signed import SignatureRefused, Trust
from jax.domain.snapshot import Snapshot, check_in_force, open_snapshot
from jax.modules.artifacts.gate_authority import TrustSource
from jax.ports.errors import NotFound, PortError
from jax.ports.snapshot_memory import RememberedSnapshot, SnapshotMemory
from jax.ports.unit_of_work import Transaction


class SnapshotRefused(Exception):
    """Nothing may trade, or this artifact may not; the message says why."""


@dataclass(frozen=True, slots=True)
class Release:
    """A verified snapshot in force, the policy it names, and every hash known to be revoked."""

    snapshot: Snapshot
    authority: Authority
    revoked: frozenset[str]

    @property
    def active(self) -> Mapping[str, str]:
        """The one hash of each strategy."""
        return self.snapshot.active

    def check_not_revoked(self, artifact: Artifact) -> None:
        """SnapshotRefused for a revoked artifact."""
        if artifact.payload_sha256 in self.revoked:
            raise SnapshotRefused("it is revoked")


async def open_release(
    transaction: Transaction, trust: TrustSource, memory: SnapshotMemory, at: datetime
) -> Release:
    """The release in force; SnapshotRefused says which check failed. Remembers what it has seen.

    A revocation counts as soon as any of three places tells of it: a row, the snapshot, the memory.
    """
    try:
        trusted, remembered = trust(), memory.remembered()
    except (PortError, InvalidValue, OSError) as error:
        raise SnapshotRefused(str(error)) from error
    envelope = await transaction.releases.newest_snapshot()
    snapshot = _opened(envelope, trusted, remembered)
    revoked = remembered.revoked.union(
        snapshot.revoked, (r.payload_sha256 for r in await transaction.releases.revocations())
    )
    seen = RememberedSnapshot(snapshot.seq, sha256_of(envelope or b""), revoked)
    try:
        if seen != remembered:
            memory.remember(seen)
        check_in_force(snapshot, at)
    # A memory that cannot be written must not keep a revoked artifact running.
    except (SignatureRefused, PortError, OSError) as error:
        raise SnapshotRefused(str(error)) from error
    policy = await _policy(transaction, snapshot, trusted)
    if not (snapshot.expires_at - snapshot.issued_at <= timedelta(days=policy.snapshot_days)):
        raise SnapshotRefused(
            f"snapshot {snapshot.seq} lives longer than the {policy.snapshot_days} days of its policy"
        )
    return Release(snapshot, Authority(trusted, policy, at), revoked)


def _opened(envelope: bytes | None, trust: Trust, remembered: RememberedSnapshot) -> Snapshot:
    if envelope is None:
        if remembered.seq:
            raise SnapshotRefused(
                f"the database holds no snapshot, and this trader has seen snapshot {remembered.seq}: "
                "somebody has taken the database back"
            )
        raise SnapshotRefused("no snapshot has been released yet: see `artifact-approver release --help`")
    try:
        snapshot = open_snapshot(envelope, trust)
    except SignatureRefused as error:
        raise SnapshotRefused(f"the newest snapshot does not verify: {error}") from error
    if snapshot.seq < remembered.seq:
        raise SnapshotRefused(
            f"the newest snapshot is {snapshot.seq}, and this trader has seen snapshot {remembered.seq}: "
            "somebody has taken the database back"
        )
    if snapshot.seq == remembered.seq and sha256_of(envelope) != remembered.snapshot_sha256:
        raise SnapshotRefused(
            f"there are two snapshots with number {snapshot.seq}, and this is not the one that was seen"
        )
    return snapshot


async def _policy(transaction: Transaction, snapshot: Snapshot, trust: Trust) -> GatePolicy:
    try:
        document = await transaction.releases.policy(snapshot.policy_sha256)
        if sha256_of(document) != snapshot.policy_sha256:
            raise SnapshotRefused("the policy in the database is not the one that the snapshot names")
        policy = parse_policy(document)
        check_floor(policy, solo_allowed=trust.root.solo)
    except NotFound as error:
        raise SnapshotRefused("the database does not hold the policy that the snapshot names") from error
    except (InvalidValue, BelowFloor) as error:
        raise SnapshotRefused(f"the policy that the snapshot names cannot be used: {error}") from error
    return policy
