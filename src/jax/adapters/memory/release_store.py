"""Policies, people's keys, snapshots and revocations, in memory."""

from collections.abc import Iterator, Sequence

from jax.adapters.memory.session import Session
from jax.adapters.memory.signed_row import SignedRow, signed_row
from jax.adapters.memory.signing_rules import refusals_of_life, refusals_of_signer, refusals_of_time
from jax.adapters.memory.state import State
from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateKey, GateRole
from jax.domain.gate_policy import BelowFloor, check_floor, parse_policy
from jax.domain.gate_root import GateRoot, parse_root
from jax.domain.revocation import RecordedRevocation, revocation_of
from jax.domain.snapshot import Snapshot, snapshot_of
from jax.ports.errors import NotFound

_TOPIC = "artifact"


class MemoryReleaseStore:
    """What the gate goes by, within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add_policy(self, document: bytes) -> None:
        policy = parse_policy(document)
        state = await self._session.write()
        try:
            check_floor(policy, solo_allowed=True)
        except BelowFloor as error:
            raise self._session.conflict(f"The {error}.") from error
        if policy.version in {stored.version for stored in state.policies}:
            raise self._session.conflict(f"A policy with version {policy.version} is stored already.")
        state.policies = (*state.policies, policy)

    async def policy(self, policy_sha256: str) -> bytes:
        for policy in self._session.read().policies:
            if policy.sha256 == policy_sha256:
                return policy.encoded()
        raise NotFound(f"There is no policy {policy_sha256}.")

    async def policy_in_force(self) -> bytes:
        policy = self._session.read().policy_in_force
        if policy is None:
            raise NotFound("There is no policy yet.")
        return policy.encoded()

    async def publish_keys(self, root: GateRoot) -> None:
        state = await self._session.write()
        for key in parse_root(root.encoded()).keys:
            for refusal in _refusals_of_change(state.keys.get(key.key_id), key):
                raise self._session.conflict(refusal)
            state.keys[key.key_id] = key

    async def add_snapshot(self, envelope: bytes) -> None:
        row = signed_row(envelope, snapshot_of)
        state = await self._session.write()
        for refusal in (*_refusals_of_snapshot(state, row), *self._refusals_of_active(state, row.said)):
            raise self._session.conflict(refusal)
        state.snapshots = (*state.snapshots, row)

    async def newest_snapshot(self) -> bytes | None:
        snapshots = self._session.read().snapshots
        return snapshots[-1].envelope if snapshots else None

    async def add_revocation(self, revocation: RecordedRevocation) -> None:
        for refusal in _refusals_of_revocation(self._session.revocations(), revocation):
            raise self._session.conflict(refusal)
        self._session.revoke(revocation)
        self._session.hint(_TOPIC, revocation.payload_sha256)

    async def revocations(self) -> Sequence[RecordedRevocation]:
        return sorted(self._session.revocations(), key=lambda r: (r.revoked_at, r.revocation_id))

    def _refusals_of_active(self, state: State, snapshot: Snapshot) -> Iterator[str]:
        stored = {(artifact.name, artifact.payload_sha256) for artifact in state.artifacts.values()}
        for name, payload_sha256 in snapshot.active.items():
            if (name, payload_sha256) not in stored:
                yield f"The snapshot names {payload_sha256} for {name}, which is no version of it."
            if self._session.is_revoked(payload_sha256):
                yield f"The snapshot names {payload_sha256} for {name}, which is revoked: draft it again."


def _refusals_of_change(stored: GateKey | None, key: GateKey) -> Iterator[str]:
    if stored is None:
        return
    if stored.person != key.person:
        yield f"The key {key.key_id} is {stored.person}'s, and the root file gives it to {key.person}."
    if not (stored.roles <= key.roles):
        lost = ", ".join(sorted(stored.roles - key.roles))
        yield f"The key {key.key_id} of {key.person} cannot lose the role {lost}: end it, and add another."
    if stored.ended is not None and key.ended != stored.ended:
        yield f"The key {key.key_id} of {key.person} was ended {stored.ended}, for good."


def _refusals_of_snapshot(state: State, row: SignedRow[Snapshot]) -> Iterator[str]:
    snapshot, policy, head = row.said, state.policy_in_force, row.said.log_head
    following = state.snapshots[-1].said.seq + 1 if state.snapshots else 1
    if snapshot.seq != following:
        yield f"Snapshot {snapshot.seq} does not follow the newest one: {following} is next."
    yield from refusals_of_signer(state, row, snapshot.signer, GateRole.RELEASE)
    yield from refusals_of_time(state, snapshot.issued_at)
    if head.n > len(state.audit) or state.audit[head.n - 1].entry_sha256 != head.entry_sha256:
        yield f"The snapshot names an entry {head.n} that the audit log does not hold."
    if policy is None or policy.sha256 != snapshot.policy_sha256:
        yield "The snapshot names another policy than the one in force."
        return
    yield from refusals_of_life(snapshot.issued_at, snapshot.expires_at, longest_days=policy.snapshot_days)


def _refusals_of_revocation(
    stored: Sequence[RecordedRevocation], revocation: RecordedRevocation
) -> Iterator[str]:
    if revocation.revocation_id in {known.revocation_id for known in stored}:
        yield f"Revocation {revocation.revocation_id} is stored already."
    for field, longest in (("revocation_id", 64), ("reason", 2000)):
        if not (1 <= len(getattr(revocation, field)) <= longest):
            yield f"The {field} of a revocation has 1 to {longest} characters."
    try:
        checks.sha256("payload_sha256", revocation.payload_sha256)
        checks.person("revoker", revocation.revoker)
        if revocation.envelope is not None:
            said = signed_row(revocation.envelope, revocation_of).said
            for field in ("payload_sha256", "revoker", "reason"):
                if getattr(said, field) != getattr(revocation, field):
                    yield f"The revocation says another {field} than its envelope."
    except InvalidValue as error:
        yield f"The revocation cannot be stored: {error}."
