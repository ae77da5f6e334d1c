"""What every ArtifactStore does with artifacts and their steps."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from jax.domain.artifact import ARTIFACT_TRANSITIONS, Artifact, ArtifactEvent, ArtifactState
from jax.domain.audit import AuditEntry
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.ports.errors import Conflict, NotFound
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.contract.gate_acts import release, state_of, step, told
from tests.contract.stored_values import NOW, artifact, minutes, payload_bytes, store_artifact
from tests.contract.within import within
from tests.gate_people import SIGNED_AT, approval_envelope, rerun_envelope
from tests.gate_walk import bring_to, store_draft

_S = ArtifactState


async def test_gives_back_what_was_added_as_a_draft(unit_of_work: UnitOfWork) -> None:
    await store_draft(unit_of_work, artifact())
    stored = await within(unit_of_work, lambda tx: tx.artifacts.get("art-1"))
    assert stored == artifact()
    assert stored.state is _S.DRAFT
    assert stored.payload == payload_bytes()
    assert await within(unit_of_work, lambda tx: tx.artifacts.by_sha256(stored.payload_sha256)) == stored


async def test_gives_many_artifacts_with_their_own_approvals_at_once(unit_of_work: UnitOfWork) -> None:
    first, second, third = (artifact(f"art-{n}", version=str(n)) for n in (1, 2, 3))
    for one, state in ((first, _S.APPROVED), (second, _S.REVIEWED), (third, _S.DRAFT)):
        await store_artifact(unit_of_work, one, state=state)
    asked = [first.payload_sha256, second.payload_sha256, "sha256:" + "0" * 64]
    async with unit_of_work.begin() as tx:
        found = await tx.artifacts.with_approvals(asked)
        one_by_one = {
            one.payload_sha256: (
                await tx.artifacts.get(one.artifact_id),
                await tx.artifacts.approvals(one.artifact_id),
            )
            for one in (first, second)
        }
        assert await tx.artifacts.with_approvals([]) == {}
    assert found == one_by_one
    assert sorted(len(approvals) for _, approvals in found.values()) == [1, 2]


async def test_the_history_begins_with_the_draft_as_the_audit_log_tells_it(unit_of_work: UnitOfWork) -> None:
    await store_draft(unit_of_work, artifact())
    assert list(await within(unit_of_work, lambda tx: tx.artifacts.history("art-1"))) == [
        ArtifactEvent(
            artifact_id="art-1",
            n=1,
            from_state=None,
            to_state=_S.DRAFT,
            payload_sha256=artifact().payload_sha256,
            actor="rita",
            reason="first draft",
            at=SIGNED_AT,
        )
    ]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(artifact("art-1", name="other", version="2"), id="the same id"),
        pytest.param(artifact("art-2", author="mona"), id="the same name and version"),
        pytest.param(artifact("art-2"), id="the same bytes"),
    ],
)
async def test_refuses_an_artifact_that_is_there_already(unit_of_work: UnitOfWork, second: Artifact) -> None:
    await store_draft(unit_of_work, artifact("art-1"))
    with pytest.raises(Conflict, match="stored already"):
        await store_draft(unit_of_work, second)
    stored = await within(unit_of_work, lambda tx: tx.artifacts.list())
    assert list(stored) == [artifact("art-1")]


async def test_takes_another_version_of_a_name_and_the_same_version_of_another_name(
    unit_of_work: UnitOfWork,
) -> None:
    new = [
        artifact("art-1"),
        artifact("art-2", version="1.0.1"),
        artifact("art-3", name="other"),
    ]
    for one in new:
        await store_draft(unit_of_work, one)
    assert list(await within(unit_of_work, lambda tx: tx.artifacts.list())) == new


@pytest.mark.parametrize(
    "lie",
    [
        {"name": "other"},
        {"version": "9.9.9"},
        {"author": "mona"},
        {"payload_sha256": sha256_of(b"other")},
        {"state": _S.APPROVED},
    ],
)
async def test_refuses_an_artifact_that_says_something_else_than_its_bytes(
    unit_of_work: UnitOfWork, lie: dict[str, Any]
) -> None:
    with pytest.raises(Conflict):
        await store_draft(unit_of_work, replace(artifact(), **lie))
    assert list(await within(unit_of_work, lambda tx: tx.artifacts.list())) == []


async def test_refuses_bytes_that_are_not_a_canonical_payload(unit_of_work: UnitOfWork) -> None:
    spaced = payload_bytes().replace(b'"author":', b'"author": ')
    with pytest.raises(InvalidValue, match="payload"):
        await store_draft(unit_of_work, replace(artifact(), payload=spaced, payload_sha256=sha256_of(spaced)))


async def test_refuses_bytes_that_were_revoked_before_they_came(unit_of_work: UnitOfWork) -> None:
    await store_artifact(unit_of_work, artifact("art-1", name="other"), state=_S.REVOKED)
    late = artifact("art-2")
    async with unit_of_work.begin() as tx:
        (known,) = await tx.releases.revocations()
        unsigned = replace(known, revocation_id="early", payload_sha256=late.payload_sha256, envelope=None)
        await tx.releases.add_revocation(unsigned)
    with pytest.raises(Conflict, match="art-2 is revoked"):
        await store_draft(unit_of_work, late)


async def test_lists_the_artifacts_of_a_name_oldest_first(unit_of_work: UnitOfWork) -> None:
    ages = {"art-1": 3, "art-2": 1, "art-4": 2, "art-3": 2}
    for index, (artifact_id, age) in enumerate(ages.items()):
        new = artifact(artifact_id, version=str(index), created_at=NOW + minutes(age))
        await store_draft(unit_of_work, new)
    await store_draft(unit_of_work, artifact("art-5", name="other", created_at=NOW))
    everything = await within(unit_of_work, lambda tx: tx.artifacts.list())
    of_name = await within(unit_of_work, lambda tx: tx.artifacts.list(name="ma_crossover_v1"))
    assert [one.artifact_id for one in everything] == ["art-5", "art-2", "art-3", "art-4", "art-1"]
    assert [one.artifact_id for one in of_name] == ["art-2", "art-3", "art-4", "art-1"]


async def test_an_unknown_artifact_is_not_found(unit_of_work: UnitOfWork) -> None:
    unknown = artifact("art-9")
    evidence, approval = rerun_envelope(unknown), approval_envelope(unknown)
    with pytest.raises(NotFound, match="art-9"):
        await within(unit_of_work, lambda tx: tx.artifacts.get("art-9"))
    with pytest.raises(NotFound, match=unknown.payload_sha256):
        await within(unit_of_work, lambda tx: tx.artifacts.by_sha256(unknown.payload_sha256))
    with pytest.raises(NotFound, match="art-9"):
        await step(unit_of_work, unknown, _S.VALIDATED)
    with pytest.raises(NotFound, match="art-9"):
        await within(unit_of_work, lambda tx: tx.artifacts.add_evidence("art-9", evidence))
    with pytest.raises(NotFound, match="art-9"):
        await within(unit_of_work, lambda tx: tx.artifacts.add_approval(unknown, approval, solo=False))
    async with unit_of_work.begin() as tx:
        assert list(await tx.artifacts.history("art-9")) == []
        assert list(await tx.artifacts.evidence("art-9")) == []
        assert list(await tx.artifacts.approvals("art-9")) == []


@pytest.mark.parametrize("from_state", _S)
async def test_takes_the_steps_of_the_table_and_no_others(
    unit_of_work: UnitOfWork, from_state: ArtifactState
) -> None:
    for index, to_state in enumerate(_S):
        new = artifact(f"art-{index}", name=f"strategy_{index}")
        stored = await store_artifact(unit_of_work, new, state=from_state)
        assert stored.state is from_state
        if to_state in ARTIFACT_TRANSITIONS[from_state]:
            assert await bring_to(unit_of_work, stored, to_state) == replace(new, state=to_state)
            assert await state_of(unit_of_work, new.artifact_id) is to_state
        else:
            with pytest.raises(Conflict, match=f"no step leads from {from_state} to {to_state}"):
                await step(unit_of_work, stored, to_state)
            assert await state_of(unit_of_work, new.artifact_id) is from_state


async def test_the_history_tells_every_step_with_its_actor_reason_and_time(unit_of_work: UnitOfWork) -> None:
    active = await store_artifact(unit_of_work, artifact())
    later = SIGNED_AT + minutes(1)
    async with unit_of_work.begin() as tx:
        entry = await told(tx, actor="rene", at=later)
        await tx.artifacts.take_step(active, _S.DEPRECATED, entry=entry, reason="it is old")
    history = await within(unit_of_work, lambda tx: tx.artifacts.history("art-1"))
    assert [(event.n, event.to_state, event.actor) for event in history] == [
        (1, _S.DRAFT, "rita"),
        (2, _S.VALIDATED, "victor"),
        (3, _S.REVIEWED, "tessa"),
        (4, _S.APPROVED, "rosa"),
        (5, _S.ACTIVE, "rene"),
        (6, _S.DEPRECATED, "rene"),
    ]
    assert history[-1] == ArtifactEvent(
        artifact_id="art-1",
        n=6,
        from_state=_S.ACTIVE,
        to_state=_S.DEPRECATED,
        payload_sha256=active.payload_sha256,
        actor="rene",
        reason="it is old",
        at=later,
    )


async def test_refuses_a_step_from_a_state_that_is_past(unit_of_work: UnitOfWork) -> None:
    draft = artifact()
    await store_artifact(unit_of_work, draft, state=_S.VALIDATED)
    with pytest.raises(Conflict, match="no longer DRAFT"):
        await step(unit_of_work, draft, _S.VALIDATED)
    assert len(await within(unit_of_work, lambda tx: tx.artifacts.history("art-1"))) == 2


async def test_refuses_a_step_of_other_bytes(unit_of_work: UnitOfWork) -> None:
    active = await store_artifact(unit_of_work, artifact())
    with pytest.raises(Conflict):
        await step(unit_of_work, replace(active, payload_sha256=sha256_of(b"other")), _S.DEPRECATED)
    assert await state_of(unit_of_work) is _S.ACTIVE


async def test_eight_who_take_the_same_step_at_once_are_one_winner_and_seven_conflicts(
    unit_of_work: UnitOfWork,
) -> None:
    active = await store_artifact(unit_of_work, artifact())
    outcomes = await asyncio.gather(
        *(step(unit_of_work, active, _S.DEPRECATED) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Artifact) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
    assert len(await within(unit_of_work, lambda tx: tx.artifacts.history("art-1"))) == 6


async def test_one_version_of_a_name_is_active_at_a_time(unit_of_work: UnitOfWork) -> None:
    old = await store_artifact(unit_of_work, artifact("art-1"))
    new = await store_artifact(unit_of_work, artifact("art-2", version="2"), state=_S.APPROVED)
    other = await store_artifact(unit_of_work, artifact("art-3", name="other"), state=_S.APPROVED)
    await release(unit_of_work, new, other)
    with pytest.raises(Conflict, match=r"ersion 1\.0\.0 of ma_crossover_v1 is ACTIVE"):
        await step(unit_of_work, new, _S.ACTIVE)
    await step(unit_of_work, other, _S.ACTIVE)
    await step(unit_of_work, old, _S.DEPRECATED)
    await step(unit_of_work, new, _S.ACTIVE)
    assert [await state_of(unit_of_work, one) for one in ("art-1", "art-2", "art-3")] == [
        _S.DEPRECATED,
        _S.ACTIVE,
        _S.ACTIVE,
    ]


async def test_a_deprecated_version_comes_back_in_the_transaction_that_deprecates_the_other(
    unit_of_work: UnitOfWork,
) -> None:
    old = await store_artifact(unit_of_work, artifact("art-1"))
    await store_artifact(unit_of_work, artifact("art-2", version="2"))
    back = await bring_to(unit_of_work, replace(old, state=_S.DEPRECATED), _S.ACTIVE)
    assert back == old
    assert await state_of(unit_of_work, "art-1") is _S.ACTIVE
    assert await state_of(unit_of_work, "art-2") is _S.DEPRECATED


_WRONG: Mapping[str, dict[str, Any]] = {
    "of another artifact": {"artifact_id": "art-2"},
    "of another kind": {"kind": "order.sent"},
    "of the snapshots": {"kind": "gate.snapshot"},
}


@pytest.mark.parametrize("wrong", _WRONG.values(), ids=_WRONG.keys())
async def test_a_step_belongs_to_an_entry_of_the_audit_log_about_it(
    unit_of_work: UnitOfWork, wrong: dict[str, Any]
) -> None:
    active = await store_artifact(unit_of_work, artifact())

    async def step_by(tx: Transaction) -> None:
        entry = await told(tx, **wrong)
        await tx.artifacts.take_step(active, _S.DEPRECATED, entry=entry, reason="as planned")

    async def add_by(tx: Transaction) -> None:
        entry = await told(tx, **{"artifact_id": "art-3", **wrong})
        await tx.artifacts.add(artifact("art-3", version="3"), entry=entry, reason="first draft")

    for act in (step_by, add_by):
        with pytest.raises(Conflict, match="names no entry of the audit log"):
            await within(unit_of_work, act)
    assert await state_of(unit_of_work) is _S.ACTIVE


async def test_a_step_names_an_entry_that_is_there_unchanged_and_its_own(unit_of_work: UnitOfWork) -> None:
    active = await store_artifact(unit_of_work, artifact())
    entry = await within(unit_of_work, lambda tx: told(tx, actor="rene"))
    old = await within(unit_of_work, lambda tx: tx.audit.entry(1))

    async def deprecate(by: AuditEntry) -> None:
        async with unit_of_work.begin() as tx:
            await tx.artifacts.take_step(active, _S.DEPRECATED, entry=by, reason="as planned")

    for by in (
        replace(entry, n=entry.n + 1),
        replace(entry, entry_sha256=sha256_of(b"other")),
        replace(entry, event=replace(entry.event, actor="mallory")),
        old,  # the first step's
    ):
        with pytest.raises(Conflict):
            await deprecate(by)
        assert await state_of(unit_of_work) is _S.ACTIVE
    await deprecate(entry)
    assert await state_of(unit_of_work) is _S.DEPRECATED
