"""What every ArtifactStore does with the evidence and the approvals that people sign."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jax.domain.approval import Decision
from jax.domain.artifact import ApprovalKind, Artifact
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateRole
from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY
from jax.domain.payload_fields import timestamp
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.gate_acts import approve, give_evidence, publish
from tests.contract.stored_values import artifact
from tests.contract.within import within
from tests.gate_people import (
    SIGNED_AT,
    approval_envelope,
    gate_key,
    golden_envelope,
    rerun_envelope,
    revocation_envelope,
)
from tests.gate_walk import set_up_gate, store_draft

_DAY = timedelta(days=1)
_OTHER = "sha256:" + "9" * 64
_NEWER = replace(DESK_POLICY, version=2)
_SOLO = replace(SOLO_POLICY, version=3)
_OVER: Mapping[str, Any] = {"issued": SIGNED_AT - 9 * _DAY, "expires": timestamp(SIGNED_AT - _DAY)}
# What no signed document may be, whatever it says.
_LIES: Mapping[str, dict[str, Any]] = {
    "about another artifact": {"subject": "ma_crossover_v1 9.9.9"},
    "about other bytes": {"payload_sha256": _OTHER},
    "by an unknown key": {"signed_by": "mallory"},
    "by another person's key": {"signed_by": "rene"},
    "of the future": {"issued": SIGNED_AT + timedelta(hours=1)},
}
_NOT_SIGNED: Mapping[str, bytes] = {
    "nothing": b"",
    "no envelope": b"{}",
    "another document": revocation_envelope(artifact()),
    "a second spelling": approval_envelope(artifact()).replace(b'":"', b'": "'),
    "no statement": approval_envelope(artifact(), predicate_type=""),
}


@pytest.fixture
async def draft(unit_of_work: UnitOfWork) -> Artifact:
    """art-1 by rita, a DRAFT, and the gate set up."""
    await within(unit_of_work, set_up_gate)
    return await store_draft(unit_of_work, artifact())


async def _evidence(unit_of_work: UnitOfWork, artifact_id: str = "art-1") -> list[bytes]:
    return list(await within(unit_of_work, lambda tx: tx.artifacts.evidence(artifact_id)))


async def _approvals(unit_of_work: UnitOfWork, artifact_id: str = "art-1") -> list[bytes]:
    return list(await within(unit_of_work, lambda tx: tx.artifacts.approvals(artifact_id)))


async def test_gives_back_the_evidence_of_an_artifact_oldest_first(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    other = await store_draft(unit_of_work, artifact("art-2", version="2"))
    late, early = rerun_envelope(draft), rerun_envelope(draft, issued=SIGNED_AT - 2 * _DAY)
    between = golden_envelope(draft, issued=SIGNED_AT - _DAY)
    await give_evidence(unit_of_work, draft, late, early, between)
    await give_evidence(unit_of_work, other, rerun_envelope(other))
    assert await _evidence(unit_of_work) == [early, between, late]
    assert await _evidence(unit_of_work, "art-2") == [rerun_envelope(other)]


async def test_evidence_of_one_moment_has_one_order(unit_of_work: UnitOfWork, draft: Artifact) -> None:
    given = [rerun_envelope(draft, python=f"3.{minor}") for minor in range(6)]
    await give_evidence(unit_of_work, draft, *given)
    assert await _evidence(unit_of_work) == sorted(given, key=sha256_of)


@pytest.mark.parametrize("make", [rerun_envelope, golden_envelope])
@pytest.mark.parametrize(
    "lie",
    [*_LIES.values(), {"validator": "tessa"}, {"signed_by": "vera"}],
    ids=[*_LIES.keys(), "by one who does not validate", "by another validator's key"],
)
async def test_refuses_evidence_that_is_not_a_validators_about_the_artifact(
    unit_of_work: UnitOfWork, draft: Artifact, make: Any, lie: dict[str, Any]
) -> None:
    await publish(unit_of_work, gate_key("vera", GateRole.VALIDATOR))
    with pytest.raises(Conflict):
        await give_evidence(unit_of_work, draft, make(draft, **lie))
    assert await _evidence(unit_of_work) == []


async def test_refuses_evidence_that_is_there_already(unit_of_work: UnitOfWork, draft: Artifact) -> None:
    await give_evidence(unit_of_work, draft, rerun_envelope(draft))
    with pytest.raises(Conflict):
        await give_evidence(unit_of_work, draft, rerun_envelope(draft))
    assert await _evidence(unit_of_work) == [rerun_envelope(draft)]


async def test_a_key_that_was_ended_signs_nothing_more(unit_of_work: UnitOfWork, draft: Artifact) -> None:
    await publish(
        unit_of_work,
        gate_key("victor", GateRole.VALIDATOR, ended=SIGNED_AT),
        gate_key("tessa", GateRole.TECHNICAL, ended=SIGNED_AT),
    )
    with pytest.raises(Conflict, match="he key of victor was ended"):
        await give_evidence(unit_of_work, draft, rerun_envelope(draft))
    with pytest.raises(Conflict, match="he key of tessa was ended"):
        await approve(unit_of_work, draft, approval_envelope(draft))


@pytest.mark.parametrize("document", _NOT_SIGNED.values(), ids=_NOT_SIGNED.keys())
async def test_refuses_bytes_that_are_no_evidence_and_no_approval(
    unit_of_work: UnitOfWork, draft: Artifact, document: bytes
) -> None:
    with pytest.raises(InvalidValue):
        await give_evidence(unit_of_work, draft, document)
    with pytest.raises(InvalidValue):
        await approve(unit_of_work, draft, document)
    with pytest.raises(InvalidValue):
        await give_evidence(unit_of_work, draft, approval_envelope(draft))
    with pytest.raises(InvalidValue):
        await approve(unit_of_work, draft, rerun_envelope(draft))


async def test_gives_back_the_approvals_and_rejections_of_an_artifact_oldest_first(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    other = await store_draft(unit_of_work, artifact("art-2", version="2"))
    late = approval_envelope(draft)
    early = approval_envelope(draft, ApprovalKind.RISK, issued=SIGNED_AT - 2 * _DAY)
    between = approval_envelope(
        draft, ApprovalKind.COMPLIANCE, issued=SIGNED_AT - _DAY, decision=Decision.REJECT
    )
    await approve(unit_of_work, draft, late, early, between)
    await approve(unit_of_work, other, approval_envelope(other))
    assert await _approvals(unit_of_work) == [early, between, late]
    assert await _approvals(unit_of_work, "art-2") == [approval_envelope(other)]


_FALSE_APPROVALS: Mapping[str, dict[str, Any]] = {
    **_LIES,
    "by another technical approver's key": {"signed_by": "theo"},
    "in a role that the key lacks": {"kind": ApprovalKind.RISK, "approver": "tessa"},
    "under no policy": {"policy_sha256": _OTHER},
    "for longer than the policy lets it live": {"expires": timestamp(SIGNED_AT + 181 * _DAY)},
    "by the author": {"approver": "rita", "signed_by": "rita 2"},
}


@pytest.mark.parametrize("lie", _FALSE_APPROVALS.values(), ids=_FALSE_APPROVALS.keys())
async def test_refuses_an_approval_that_is_not_an_approvers_of_the_artifact_under_the_policy(
    unit_of_work: UnitOfWork, draft: Artifact, lie: dict[str, Any]
) -> None:
    await publish(
        unit_of_work,
        gate_key("rita", GateRole.TECHNICAL, hand="rita 2"),
        gate_key("theo", GateRole.TECHNICAL),
    )
    with pytest.raises(Conflict):
        await approve(unit_of_work, draft, approval_envelope(draft, **lie))
    assert await _approvals(unit_of_work) == []


@pytest.mark.parametrize("solo", [True, False])
async def test_refuses_an_approval_under_a_policy_that_is_solo_or_not_as_the_caller_does_not_say(
    unit_of_work: UnitOfWork, draft: Artifact, solo: bool
) -> None:
    await publish(unit_of_work, policy=_SOLO)
    policy = DESK_POLICY if solo else _SOLO
    with pytest.raises(Conflict):
        await approve(unit_of_work, draft, approval_envelope(draft, policy=policy), solo=solo)
    await approve(unit_of_work, draft, approval_envelope(draft, policy=policy), solo=not solo)


async def test_the_author_approves_under_a_solo_policy_only(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    await publish(unit_of_work, gate_key("rita", GateRole.TECHNICAL, hand="rita 2"), policy=_SOLO)
    own = approval_envelope(draft, approver="rita", policy=_SOLO, signed_by="rita 2")
    await approve(unit_of_work, draft, own, solo=True)
    assert await _approvals(unit_of_work) == [own]


@pytest.mark.parametrize("other", [{"author": "mona"}, {"payload_sha256": _OTHER}])
async def test_refuses_an_approval_of_an_artifact_that_is_stored_otherwise(
    unit_of_work: UnitOfWork, draft: Artifact, other: dict[str, Any]
) -> None:
    with pytest.raises(Conflict):
        await approve(unit_of_work, replace(draft, **other), approval_envelope(replace(draft, **other)))
    with pytest.raises(Conflict):
        await approve(unit_of_work, replace(draft, author="mona"), approval_envelope(draft))
    assert await _approvals(unit_of_work) == []


_SECOND: Mapping[str, dict[str, Any]] = {
    "the same": {},
    "a rejection": {"decision": Decision.REJECT},
    "in another role": {"kind": ApprovalKind.RISK},
    "by another key": {"signed_by": "tessa 2"},
    "that has expired already": {**_OVER},
}


@pytest.mark.parametrize("second", _SECOND.values(), ids=_SECOND.keys())
async def test_refuses_a_second_decision_of_a_person_while_the_first_one_stands(
    unit_of_work: UnitOfWork, draft: Artifact, second: dict[str, Any]
) -> None:
    await publish(unit_of_work, gate_key("tessa", GateRole.TECHNICAL, GateRole.RISK, hand="tessa 2"))
    first = approval_envelope(draft)
    await approve(unit_of_work, draft, first)
    if "kind" in second:
        second = {**second, "signed_by": "tessa 2"}
    with pytest.raises(Conflict, match="tessa has decided on artifact art-1 already"):
        await approve(unit_of_work, draft, approval_envelope(draft, **{"approver": "tessa", **second}))
    assert await _approvals(unit_of_work) == [first]


async def test_a_person_decides_once_for_each_artifact_and_policy(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    await publish(unit_of_work, policy=_NEWER)
    other = await store_draft(unit_of_work, artifact("art-2", version="2"))
    again = approval_envelope(draft, policy=_NEWER)
    await approve(unit_of_work, draft, approval_envelope(draft), again)
    await approve(unit_of_work, other, approval_envelope(other))
    assert sorted(await _approvals(unit_of_work)) == sorted([approval_envelope(draft), again])


async def test_a_decision_that_has_expired_is_followed_by_another_as_often_as_needed(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    old, older = (
        approval_envelope(draft, **{**_OVER, "issued": SIGNED_AT - days * _DAY}) for days in (9, 20)
    )
    now = approval_envelope(draft, decision=Decision.REJECT)
    for given in (older, old, now):
        await approve(unit_of_work, draft, given)
    assert await _approvals(unit_of_work) == [older, old, now]
    with pytest.raises(Conflict, match="tessa has decided"):
        await approve(unit_of_work, draft, approval_envelope(draft, reason="again"))


async def test_refuses_the_same_approval_twice_even_when_it_has_expired(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    await approve(unit_of_work, draft, approval_envelope(draft, **_OVER))
    with pytest.raises(Conflict):
        await approve(unit_of_work, draft, approval_envelope(draft, **_OVER))
    assert len(await _approvals(unit_of_work)) == 1


async def test_who_lost_a_key_decides_again_with_another(unit_of_work: UnitOfWork, draft: Artifact) -> None:
    await approve(unit_of_work, draft, approval_envelope(draft))
    await publish(
        unit_of_work,
        gate_key("tessa", GateRole.TECHNICAL, ended=SIGNED_AT),
        gate_key("tessa", GateRole.TECHNICAL, hand="tessa 2"),
    )
    await approve(unit_of_work, draft, approval_envelope(draft, signed_by="tessa 2"))
    assert len(await _approvals(unit_of_work)) == 2


async def test_of_eight_decisions_of_a_person_at_once_one_is_stored(
    unit_of_work: UnitOfWork, draft: Artifact
) -> None:
    given = [approval_envelope(draft, reason=f"for reason {n}") for n in range(8)]
    outcomes = await asyncio.gather(
        *(approve(unit_of_work, draft, one) for one in given), return_exceptions=True
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
    assert len(await _approvals(unit_of_work)) == 1
