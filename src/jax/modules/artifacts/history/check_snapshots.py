"""Snapshots: a row of numbers without a gap, each signed, each following from the one before it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from jax.domain.approval_count import GateRefused
from jax.domain.artifact import Artifact
from jax.domain.canonical_json import sha256_of
from jax.domain.dsse import decode_envelope
from jax.domain.record_row import RecordRow
from jax.domain.snapshot import Snapshot, check_in_force, open_snapshot
from jax.modules.artifacts.history.check_policies import PoliciesInForce
from jax.modules.artifacts.history.check_revocations import Revoked
from jax.modules.artifacts.history.finding import About
from jax.modules.artifacts.history.read_record import Case
from jax.modules.artifacts.history.timeline import Timeline
from jax.modules.artifacts.history.told import Told
from jax.modules.artifacts.history.trust_at import trust_at

Released = Timeline[Snapshot]


@dataclass(frozen=True, slots=True)
class Around:
    """What snapshots are held against."""

    artifacts: Mapping[str, Artifact]
    policies: PoliciesInForce
    revoked: Sequence[Revoked]


def check_snapshots(case: Case, around: Around) -> Released:
    """What was released when; a snapshot that does not verify released nothing."""
    found: list[tuple[int, Snapshot]] = []
    expected = 1
    for row in case.rows("gate.snapshot"):
        about = case.about(f"snapshot {row.row.get('seq')}")
        with about.noting():
            seq = row.whole("seq")
            if seq != expected:
                about.add(f"snapshot {expected} is missing before it")
            expected = seq + 1
            told = case.claim(about, "gate.snapshot", seq)
            snapshot = _opened(case, about, row, told)
            if told is not None:
                found.append((told.n, snapshot))
                _check_moment(snapshot, around.policies, told)
    released, before = Timeline(found), None
    for _, snapshot in released.told:
        _check_content(case, snapshot, before, around)
        before = snapshot
    return released


def _opened(case: Case, about: About, row: RecordRow, told: Told | None) -> Snapshot:
    envelope = row.content("envelope")
    if told is not None:
        about.compare(
            told.name,
            [
                ("envelope", sha256_of(envelope), told.data.get("envelope_sha256")),
                ("signer", row.row.get("signer"), told.actor),
            ],
        )
    at = row.moment("issued_at") if told is None else told.at
    snapshot = open_snapshot(envelope, trust_at(case.trust, at))
    columns = {
        "seq": snapshot.seq,
        "log_n": snapshot.log_head.n,
        "log_sha256": snapshot.log_head.entry_sha256,
        "policy_sha256": snapshot.policy_sha256,
        "signer": snapshot.signer,
        "key_id": decode_envelope(envelope).key_id,
        "issued_at": snapshot.issued_at.isoformat(),
        "expires_at": snapshot.expires_at.isoformat(),
    }
    about.compare_columns(row, "its envelope", columns)
    about.compare(
        "its envelope",
        [
            ("active", _json(row, "active"), dict(snapshot.active)),
            ("revoked", _json(row, "revoked"), list(snapshot.revoked)),
        ],
    )
    return snapshot


def _json(row: RecordRow, column: str) -> object:
    try:
        return json.loads(row.text(column))
    except (ValueError, RecursionError):
        return row.text(column)


def _check_moment(snapshot: Snapshot, policies: PoliciesInForce, told: Told) -> None:
    policy = policies.in_force(told.n)
    if snapshot.policy_sha256 != policy.sha256:
        raise GateRefused(f"it names another policy than {policy.name} {policy.version}, then in force")
    if not (snapshot.expires_at - snapshot.issued_at <= timedelta(days=policy.snapshot_days)):
        raise GateRefused(f"it lives longer than the {policy.snapshot_days} days of the policy")
    if not (snapshot.log_head.n < told.n):
        raise GateRefused(f"it names entry {snapshot.log_head.n} of the audit log, written after it")
    check_in_force(snapshot, told.at)


def _check_content(case: Case, snapshot: Snapshot, before: Snapshot | None, around: Around) -> None:
    for problem in (
        *_wrong_names(snapshot, around.artifacts),
        *_wrong_revocations(snapshot, before, around.revoked),
    ):
        case.about(f"snapshot {snapshot.seq}").add(problem)


def _wrong_names(snapshot: Snapshot, artifacts: Mapping[str, Artifact]) -> Iterator[str]:
    stored = {(artifact.name, artifact.payload_sha256) for artifact in artifacts.values()}
    for name, payload_sha256 in snapshot.active.items():
        if (name, payload_sha256) not in stored:
            yield f"it names {payload_sha256} for {name}, and no such version is stored"


def _wrong_revocations(
    snapshot: Snapshot, before: Snapshot | None, revoked: Sequence[Revoked]
) -> Iterator[str]:
    named, stored = set(snapshot.revoked), {revocation.payload_sha256 for revocation in revoked}
    for payload_sha256 in sorted(named - stored):
        yield f"it names {payload_sha256} as revoked, and no revocation of it is stored"
    told = {
        revocation.payload_sha256
        for revocation in revoked
        if revocation.n is not None and revocation.n <= snapshot.log_head.n
    }
    for payload_sha256 in sorted(told.union(before.revoked if before else ()) - named):
        yield f"it does not name {payload_sha256} as revoked, which had been revoked before"
    for payload_sha256 in sorted(named & set(snapshot.active.values())):
        yield f"it names {payload_sha256} as active and as revoked"
