"""What every ReleaseStore does."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateRole
from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY, GatePolicy
from jax.domain.gate_root import parse_root
from jax.domain.payload_fields import timestamp
from jax.domain.revocation import RecordedRevocation
from jax.ports.errors import Conflict, NotFound
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.contract.gate_acts import approve, publish, release, told
from tests.contract.storages import Storage
from tests.contract.stored_values import ACCOUNT, artifact, minutes, store_artifact
from tests.contract.within import within
from tests.gate_people import (
    KEYS,
    ROOT,
    SIGNED_AT,
    approval_envelope,
    gate_key,
    recorded_revocation,
    revocation_envelope,
    root_of,
    snapshot_envelope,
)
from tests.gate_walk import newest_snapshot, store_draft

_DAY = timedelta(days=1)
_OTHER = "sha256:" + "9" * 64


def _policy(version: int, **changed: Any) -> GatePolicy:
    return replace(DESK_POLICY, version=version, **changed)


async def _add_policy(unit_of_work: UnitOfWork, policy: GatePolicy) -> None:
    await within(unit_of_work, lambda tx: tx.releases.add_policy(policy.encoded()))


async def test_gives_back_every_policy_and_the_one_with_the_highest_version(unit_of_work: UnitOfWork) -> None:
    policies = [_policy(2), _policy(10), _policy(9)]
    for policy in policies:
        await _add_policy(unit_of_work, policy)
    async with unit_of_work.begin() as tx:
        assert await tx.releases.policy_in_force() == _policy(10).encoded()
        for policy in policies:
            assert await tx.releases.policy(policy.sha256) == policy.encoded()


async def test_there_is_no_policy_before_one_was_added(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        with pytest.raises(NotFound):
            await tx.releases.policy_in_force()
        with pytest.raises(NotFound, match=DESK_POLICY.sha256):
            await tx.releases.policy(DESK_POLICY.sha256)


@pytest.mark.parametrize("second", [_policy(1), _policy(1, name="other"), SOLO_POLICY])
async def test_refuses_a_policy_whose_version_is_there_already(
    unit_of_work: UnitOfWork, second: GatePolicy
) -> None:
    await _add_policy(unit_of_work, DESK_POLICY)
    with pytest.raises(Conflict):
        await _add_policy(unit_of_work, second)
    stored = await within(unit_of_work, lambda tx: tx.releases.policy_in_force())
    assert stored == DESK_POLICY.encoded()


@pytest.mark.parametrize(
    "below",
    [
        {"quorum": {**DESK_POLICY.quorum, next(iter(DESK_POLICY.quorum)): 0}},
        {"approval_days": 367},
        {"snapshot_days": 93},
    ],
    ids=["no technical approval", "approvals for more than a year", "snapshots for more than a quarter"],
)
async def test_refuses_a_policy_below_the_floor(unit_of_work: UnitOfWork, below: dict[str, Any]) -> None:
    with pytest.raises(Conflict):
        await _add_policy(unit_of_work, _policy(1, **below))


async def test_takes_a_solo_policy(unit_of_work: UnitOfWork) -> None:
    await _add_policy(unit_of_work, SOLO_POLICY)
    stored = await within(unit_of_work, lambda tx: tx.releases.policy_in_force())
    assert stored == SOLO_POLICY.encoded()


@pytest.mark.parametrize("document", [b"", b"{}", DESK_POLICY.encoded().replace(b":", b": ")])
async def test_refuses_bytes_that_are_no_policy(unit_of_work: UnitOfWork, document: bytes) -> None:
    with pytest.raises(InvalidValue):
        await within(unit_of_work, lambda tx: tx.releases.add_policy(document))


async def _approve_as(unit_of_work: UnitOfWork, of: Artifact, person: str, hand: str) -> None:
    given = approval_envelope(of, approver=person, signed_by=hand, reason=f"by {hand}")
    await approve(unit_of_work, of, given)


async def test_publishing_keys_is_repeated_and_grows(unit_of_work: UnitOfWork) -> None:
    of = await store_draft(unit_of_work, artifact())
    await publish(unit_of_work, policy=DESK_POLICY)
    await publish(unit_of_work)
    with pytest.raises(Conflict):
        await _approve_as(unit_of_work, of, "theo", "theo")
    await publish(unit_of_work, gate_key("theo", GateRole.RELEASE))
    with pytest.raises(Conflict):
        await _approve_as(unit_of_work, of, "theo", "theo")
    await publish(unit_of_work, gate_key("theo", GateRole.RELEASE, GateRole.TECHNICAL))
    await _approve_as(unit_of_work, of, "theo", "theo")
    await _approve_as(unit_of_work, of, "tessa", "tessa")


async def test_a_key_that_the_root_file_lacks_stays_as_it_was(unit_of_work: UnitOfWork) -> None:
    of = await store_draft(unit_of_work, artifact())
    await publish(unit_of_work, policy=DESK_POLICY)
    await within(unit_of_work, lambda tx: tx.releases.publish_keys(root_of([])))
    await _approve_as(unit_of_work, of, "tessa", "tessa")


_CHANGES: Mapping[str, Any] = {
    "loses a role": gate_key("tess", GateRole.TECHNICAL, hand="other"),
    "changes hands": gate_key("tom", GateRole.TECHNICAL, GateRole.RISK, hand="other"),
    "comes back": gate_key("tess", GateRole.TECHNICAL, hand="gone"),
    "ended at another time": gate_key("tess", GateRole.TECHNICAL, hand="gone", ended=SIGNED_AT + _DAY),
}


@pytest.mark.parametrize("changed", _CHANGES.values(), ids=_CHANGES.keys())
async def test_refuses_a_key_that_loses_a_role_changes_hands_or_comes_back(
    unit_of_work: UnitOfWork, changed: Any
) -> None:
    first = root_of(
        [
            gate_key("tess", GateRole.TECHNICAL, GateRole.RISK, hand="other"),
            gate_key("tess", GateRole.TECHNICAL, hand="gone", ended=SIGNED_AT + minutes(0.001)),
        ]
    )
    # Times are written to the second: what a file says of the same root is no change.
    for root in (first, parse_root(first.encoded())):
        async with unit_of_work.begin() as tx:
            await tx.releases.publish_keys(root)
    with pytest.raises(Conflict, match="The key sha256:"):
        await within(unit_of_work, lambda tx: tx.releases.publish_keys(root_of([*KEYS, changed])))
    # Nothing of a publication that was refused is kept.
    of = await store_draft(unit_of_work, artifact())
    await _add_policy(unit_of_work, DESK_POLICY)
    with pytest.raises(Conflict):
        await _approve_as(unit_of_work, of, "tessa", "tessa")


async def test_eight_who_publish_the_same_keys_at_once_all_succeed(unit_of_work: UnitOfWork) -> None:
    publications = (within(unit_of_work, lambda tx: tx.releases.publish_keys(ROOT)) for _ in range(8))
    assert await asyncio.gather(*publications) == [None] * 8


@pytest.fixture
async def approved(unit_of_work: UnitOfWork) -> Artifact:
    """art-1, approved, and the gate set up; no snapshot yet."""
    return await store_artifact(unit_of_work, artifact(), state=ArtifactState.APPROVED)


async def _newest(unit_of_work: UnitOfWork) -> bytes | None:
    return await within(unit_of_work, lambda tx: tx.releases.newest_snapshot())


async def test_the_newest_snapshot_is_the_one_with_the_highest_number(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    assert await _newest(unit_of_work) is None
    for number in range(1, 12):
        envelope = await release(unit_of_work, *([approved] if number % 2 else []))
        assert await _newest(unit_of_work) == envelope
    async with unit_of_work.begin() as tx:
        newest = await newest_snapshot(tx)
    assert newest is not None
    assert newest.seq == 11


_FALSE_SNAPSHOTS: Mapping[str, dict[str, Any]] = {
    "with the same number": {"seq": 1},
    "after a gap": {"seq": 3},
    "by an unknown key": {"signed_by": "mallory"},
    "by another person's key": {"signed_by": "rosa"},
    "by another releaser's key": {"signed_by": "rob"},
    "by one who does not release": {"signer": "rosa", "signed_by": "rosa"},
    "of the future": {"issued": SIGNED_AT + timedelta(hours=1)},
    "under no policy": {"policy_sha256": _OTHER},
    "for longer than the policy lets it live": {"expires": timestamp(SIGNED_AT + 31 * _DAY)},
    "of an entry that is not there": {
        "log_head": {"n": 999, "entry_sha256": _OTHER},
        "payload_sha256": _OTHER,
    },
    "of another entry": {"log_head": {"n": 1, "entry_sha256": _OTHER}, "payload_sha256": _OTHER},
    "of bytes that are not stored": {"active": {"ma_crossover_v1": _OTHER}},
    "of another strategy's bytes": {"active": {"other": artifact().payload_sha256}},
}


@pytest.mark.parametrize("lie", _FALSE_SNAPSHOTS.values(), ids=_FALSE_SNAPSHOTS.keys())
async def test_refuses_a_snapshot_that_is_not_a_releasers_or_does_not_follow(
    unit_of_work: UnitOfWork, approved: Artifact, lie: dict[str, Any]
) -> None:
    await publish(unit_of_work, gate_key("rob", GateRole.RELEASE))
    first = await release(unit_of_work, approved)
    with pytest.raises(Conflict):
        await release(unit_of_work, approved, **lie)
    assert await _newest(unit_of_work) == first
    assert await release(unit_of_work, approved) != first


async def test_refuses_a_snapshot_by_a_key_that_was_ended(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    await publish(unit_of_work, gate_key("rene", GateRole.RELEASE, ended=SIGNED_AT))
    with pytest.raises(Conflict, match="he key of rene was ended"):
        await release(unit_of_work, approved)


async def test_refuses_a_snapshot_of_a_policy_that_is_no_longer_in_force(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    await _add_policy(unit_of_work, _policy(2))
    with pytest.raises(Conflict, match="names another policy than the one in force"):
        await release(unit_of_work, approved)
    await release(unit_of_work, approved, policy=_policy(2))


async def test_refuses_a_snapshot_that_names_what_is_revoked(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    await within(unit_of_work, lambda tx: tx.releases.add_revocation(recorded_revocation(approved)))
    with pytest.raises(Conflict, match="which is revoked"):
        await release(unit_of_work, approved)


async def test_refuses_bytes_that_are_no_snapshot(unit_of_work: UnitOfWork, approved: Artifact) -> None:
    for document in (b"", b"{}", revocation_envelope(approved), approval_envelope(approved)):
        async with unit_of_work.begin() as tx:
            with pytest.raises(InvalidValue):
                await tx.releases.add_snapshot(document)


async def test_of_eight_snapshots_with_one_number_one_is_stored(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    head = await within(unit_of_work, told)
    envelopes = [snapshot_envelope({}, head, issued=SIGNED_AT - n * minutes(1)) for n in range(8)]

    async def add(envelope: bytes) -> None:
        await within(unit_of_work, lambda tx: tx.releases.add_snapshot(envelope))

    outcomes = await asyncio.gather(*map(add, envelopes), return_exceptions=True)
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
    assert outcomes.count(None) == 1
    assert await _newest(unit_of_work) == envelopes[outcomes.index(None)]


async def _revoke(unit_of_work: UnitOfWork, *revocations: RecordedRevocation) -> None:
    async with unit_of_work.begin() as tx:
        for revocation in revocations:
            await tx.releases.add_revocation(revocation)


async def _revocations(unit_of_work: UnitOfWork) -> list[RecordedRevocation]:
    return list(await within(unit_of_work, lambda tx: tx.releases.revocations()))


async def test_gives_back_all_revocations_oldest_first(unit_of_work: UnitOfWork) -> None:
    late, early, same = (
        recorded_revocation(artifact(), name, at=SIGNED_AT - age * _DAY)
        for name, age in (("c", 0), ("b", 1), ("a", 1))
    )
    unsigned = replace(early, revocation_id="d", envelope=None, reason="no time to sign")
    assert await _revocations(unit_of_work) == []
    await _revoke(unit_of_work, late, early, same, unsigned)
    assert await _revocations(unit_of_work) == [same, early, unsigned, late]


async def test_a_revocation_that_was_rolled_back_stops_nothing(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    async def fail(tx: Transaction) -> None:
        await tx.releases.add_revocation(recorded_revocation(approved))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await within(unit_of_work, fail)
    assert await _revocations(unit_of_work) == []
    assert await within(unit_of_work, lambda tx: tx.artifacts.get("art-1")) == approved


_FALSE_REVOCATIONS: Mapping[str, dict[str, Any]] = {
    "no id": {"revocation_id": ""},
    "no hash": {"payload_sha256": "abc", "envelope": None},
    "no person": {"revoker": "Mallory Smith", "envelope": None},
    "no reason": {"reason": "", "envelope": None},
    "of other bytes than is signed": {"payload_sha256": _OTHER},
    "by another person than signed it": {"revoker": "rosa"},
    "for another reason than is signed": {"reason": "a whim"},
    "no envelope but other bytes": {"envelope": b"stop"},
    "another document": {"envelope": approval_envelope(artifact(), approver="rolf", reason="it loses money")},
}


@pytest.mark.parametrize("lie", _FALSE_REVOCATIONS.values(), ids=_FALSE_REVOCATIONS.keys())
async def test_refuses_a_revocation_that_says_something_else_than_its_envelope(
    unit_of_work: UnitOfWork, lie: dict[str, Any]
) -> None:
    with pytest.raises(Conflict):
        await _revoke(unit_of_work, replace(recorded_revocation(artifact()), **lie))
    assert await _revocations(unit_of_work) == []


async def test_takes_whatever_somebody_in_a_hurry_gives_as_the_reason(unit_of_work: UnitOfWork) -> None:
    unsigned = replace(recorded_revocation(artifact()), envelope=None)
    hasty = [
        replace(unsigned, revocation_id=f"{n}\n", reason=reason)
        for n, reason in enumerate(("buys the\nwrong side\n", " ", "\x1b[2Jcafe\u0301", "r" * 2000))
    ]
    await _revoke(unit_of_work, *hasty)
    assert await _revocations(unit_of_work) == hasty


async def test_refuses_a_second_revocation_with_the_same_id_and_takes_one_with_another(
    unit_of_work: UnitOfWork,
) -> None:
    first = recorded_revocation(artifact(), "first")
    await _revoke(unit_of_work, first)
    with pytest.raises(Conflict):
        await _revoke(unit_of_work, first)
    second = replace(first, revocation_id="second")
    await _revoke(unit_of_work, second)
    assert await _revocations(unit_of_work) == [first, second]


async def test_a_revocation_waits_for_nobody(unit_of_work: UnitOfWork, approved: Artifact) -> None:
    async with unit_of_work.begin() as hanging:
        await _release(hanging, approved)
        await hanging.orders.lock_account(ACCOUNT)
        await asyncio.wait_for(_revoke(unit_of_work, recorded_revocation(approved)), timeout=20)
        assert (await hanging.artifacts.get("art-1")).state is ArtifactState.REVOKED
    assert len(await _revocations(unit_of_work)) == 1


async def _release(tx: Transaction, of: Artifact) -> None:
    """Writes in everything that a release touches, and does not commit."""
    head = await told(tx, kind="gate.snapshot", artifact_id="snapshot", actor="rene")
    active = {of.name: of.payload_sha256}
    await tx.releases.add_snapshot(snapshot_envelope(active, head))
    entry = await told(tx, actor="rene")
    await tx.artifacts.take_step(of, ArtifactState.ACTIVE, entry=entry, reason="go")


async def test_a_revocation_tells_the_subscribers_of_artifacts(storage: Storage) -> None:
    async with storage.event_bus.subscribe("artifact") as subjects:
        await _revoke(storage.unit_of_work, recorded_revocation(artifact()))
        heard = await asyncio.wait_for(anext(subjects), timeout=20)
    assert heard == artifact().payload_sha256
