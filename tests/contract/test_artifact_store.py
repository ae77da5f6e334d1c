"""What every ArtifactStore does."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from jax.domain.artifact import (
    ARTIFACT_TRANSITIONS,
    LOADABLE_STATES,
    Approval,
    ApprovalKind,
    Artifact,
    ArtifactEvent,
    ArtifactState,
)
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.ports.errors import Conflict, NotFound
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.stored_values import NOW, approval, artifact, minutes, payload_bytes, store_artifact
from tests.contract.within import within

_S = ArtifactState


async def _add(unit_of_work: UnitOfWork, new: Artifact) -> None:
    await within(unit_of_work, lambda tx: tx.artifacts.add(new, reason="first draft"))


async def _step(unit_of_work: UnitOfWork, of: Artifact, to_state: ArtifactState) -> Artifact:
    return await within(
        unit_of_work,
        lambda tx: tx.artifacts.take_step(of, to_state, actor="olga", reason="as planned", at=NOW),
    )


async def _state(unit_of_work: UnitOfWork, artifact_id: str = "art-1") -> ArtifactState:
    return (await within(unit_of_work, lambda tx: tx.artifacts.get(artifact_id))).state


async def test_gives_back_what_was_added_as_a_draft(unit_of_work: UnitOfWork) -> None:
    await _add(unit_of_work, artifact())
    stored = await within(unit_of_work, lambda tx: tx.artifacts.get("art-1"))
    assert stored == artifact()
    assert stored.state is _S.DRAFT
    assert stored.payload == payload_bytes()


async def test_the_history_begins_with_the_draft_by_its_author(unit_of_work: UnitOfWork) -> None:
    await _add(unit_of_work, artifact())
    assert list(await within(unit_of_work, lambda tx: tx.artifacts.history("art-1"))) == [
        ArtifactEvent(
            artifact_id="art-1",
            n=1,
            from_state=None,
            to_state=_S.DRAFT,
            payload_sha256=artifact().payload_sha256,
            actor="rita",
            reason="first draft",
            at=NOW,
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
    await _add(unit_of_work, artifact("art-1"))
    with pytest.raises(Conflict, match="stored already"):
        await _add(unit_of_work, second)
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
        await _add(unit_of_work, one)
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
        await _add(unit_of_work, replace(artifact(), **lie))
    assert list(await within(unit_of_work, lambda tx: tx.artifacts.list())) == []


async def test_refuses_bytes_that_are_not_a_canonical_payload(unit_of_work: UnitOfWork) -> None:
    spaced = payload_bytes().replace(b'"author":', b'"author": ')
    with pytest.raises(InvalidValue, match="payload"):
        await _add(unit_of_work, replace(artifact(), payload=spaced, payload_sha256=sha256_of(spaced)))


async def test_lists_the_artifacts_of_a_name_oldest_first(unit_of_work: UnitOfWork) -> None:
    ages = {"art-1": 3, "art-2": 1, "art-4": 2, "art-3": 2}
    for index, (artifact_id, age) in enumerate(ages.items()):
        await _add(unit_of_work, artifact(artifact_id, version=str(index), created_at=NOW + minutes(age)))
    await _add(unit_of_work, artifact("art-5", name="other", created_at=NOW))
    everything = await within(unit_of_work, lambda tx: tx.artifacts.list())
    of_name = await within(unit_of_work, lambda tx: tx.artifacts.list(name="ma_crossover_v1"))
    assert [one.artifact_id for one in everything] == ["art-5", "art-2", "art-3", "art-4", "art-1"]
    assert [one.artifact_id for one in of_name] == ["art-2", "art-3", "art-4", "art-1"]


async def test_an_unknown_artifact_is_not_found(unit_of_work: UnitOfWork) -> None:
    unknown = artifact("art-9")
    with pytest.raises(NotFound, match="art-9"):
        await within(unit_of_work, lambda tx: tx.artifacts.get("art-9"))
    with pytest.raises(NotFound, match="art-9"):
        await _step(unit_of_work, unknown, _S.VALIDATED)
    with pytest.raises(NotFound, match="art-9"):
        await within(unit_of_work, lambda tx: tx.artifacts.add_approval(approval(unknown)))
    async with unit_of_work.begin() as tx:
        assert list(await tx.artifacts.history("art-9")) == []
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
            assert await _step(unit_of_work, stored, to_state) == replace(new, state=to_state)
            assert await _state(unit_of_work, new.artifact_id) is to_state
        else:
            with pytest.raises(Conflict, match=f"no step leads from {from_state} to {to_state}"):
                await _step(unit_of_work, stored, to_state)
            assert await _state(unit_of_work, new.artifact_id) is from_state


async def test_the_history_tells_every_step_with_its_actor_reason_and_time(unit_of_work: UnitOfWork) -> None:
    await _add(unit_of_work, artifact())
    await within(
        unit_of_work,
        lambda tx: tx.artifacts.take_step(
            artifact(), _S.VALIDATED, actor="vera", reason="tests are green", at=NOW + minutes(5)
        ),
    )
    first, second = await within(unit_of_work, lambda tx: tx.artifacts.history("art-1"))
    assert first.to_state is _S.DRAFT
    assert second == ArtifactEvent(
        artifact_id="art-1",
        n=2,
        from_state=_S.DRAFT,
        to_state=_S.VALIDATED,
        payload_sha256=artifact().payload_sha256,
        actor="vera",
        reason="tests are green",
        at=NOW + minutes(5),
    )


async def test_refuses_a_step_from_a_state_that_is_past(unit_of_work: UnitOfWork) -> None:
    draft = artifact()
    await store_artifact(unit_of_work, draft, state=_S.VALIDATED)
    with pytest.raises(Conflict, match="no longer DRAFT"):
        await _step(unit_of_work, draft, _S.VALIDATED)
    assert len(await within(unit_of_work, lambda tx: tx.artifacts.history("art-1"))) == 2


async def test_refuses_a_step_of_other_bytes(unit_of_work: UnitOfWork) -> None:
    await _add(unit_of_work, artifact())
    other = replace(artifact(), payload_sha256=sha256_of(b"other"))
    with pytest.raises(Conflict):
        await _step(unit_of_work, other, _S.VALIDATED)
    assert await _state(unit_of_work) is _S.DRAFT


async def test_eight_who_take_the_same_step_at_once_are_one_winner_and_seven_conflicts(
    unit_of_work: UnitOfWork,
) -> None:
    await _add(unit_of_work, artifact())
    outcomes = await asyncio.gather(
        *(_step(unit_of_work, artifact(), _S.VALIDATED) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Artifact) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
    assert len(await within(unit_of_work, lambda tx: tx.artifacts.history("art-1"))) == 2


async def test_one_version_of_a_name_is_active_at_a_time(unit_of_work: UnitOfWork) -> None:
    old = await store_artifact(unit_of_work, artifact("art-1"))
    new = await store_artifact(unit_of_work, artifact("art-2", version="2"), state=_S.APPROVED)
    with pytest.raises(Conflict, match=r"ersion 1\.0\.0 of ma_crossover_v1 is ACTIVE"):
        await _step(unit_of_work, new, _S.ACTIVE)
    await store_artifact(unit_of_work, artifact("art-3", name="other"), state=_S.ACTIVE)
    await _step(unit_of_work, old, _S.DEPRECATED)
    await _step(unit_of_work, new, _S.ACTIVE)
    assert [await _state(unit_of_work, one) for one in ("art-1", "art-2", "art-3")] == [
        _S.DEPRECATED,
        _S.ACTIVE,
        _S.ACTIVE,
    ]


async def test_a_deprecated_version_comes_back_in_the_transaction_that_deprecates_the_other(
    unit_of_work: UnitOfWork,
) -> None:
    old = await store_artifact(unit_of_work, artifact("art-1"), state=_S.DEPRECATED)
    new = await store_artifact(unit_of_work, artifact("art-2", version="2"))
    async with unit_of_work.begin() as tx:
        await tx.artifacts.take_step(new, _S.DEPRECATED, actor="olga", reason="rollback", at=NOW)
        await tx.artifacts.take_step(old, _S.ACTIVE, actor="olga", reason="rollback", at=NOW)
    assert await _state(unit_of_work, "art-1") is _S.ACTIVE
    assert await _state(unit_of_work, "art-2") is _S.DEPRECATED


async def test_of_eight_versions_activated_at_once_one_becomes_active(unit_of_work: UnitOfWork) -> None:
    approved = [
        await store_artifact(unit_of_work, artifact(f"art-{n}", version=str(n)), state=_S.APPROVED)
        for n in range(8)
    ]
    outcomes = await asyncio.gather(
        *(_step(unit_of_work, one, _S.ACTIVE) for one in approved), return_exceptions=True
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
    stored = await within(unit_of_work, lambda tx: tx.artifacts.list())
    assert sum(one.state is _S.ACTIVE for one in stored) == 1


async def _approve(unit_of_work: UnitOfWork, given: Approval) -> None:
    await within(unit_of_work, lambda tx: tx.artifacts.add_approval(given))


async def test_gives_back_the_approvals_of_an_artifact_oldest_first(unit_of_work: UnitOfWork) -> None:
    one, other = artifact("art-1"), artifact("art-2", version="2")
    await _add(unit_of_work, one)
    await _add(unit_of_work, other)

    def at(minute: int, given: Approval) -> Approval:
        return replace(given, approved_at=NOW + minutes(minute))

    late = at(3, approval(one, kind=ApprovalKind.RISK, approver="tom"))
    early = at(1, approval(one, approver="tom"))
    between = at(2, approval(one, approver="ulla"))
    for given in (late, early, between, approval(other)):
        await _approve(unit_of_work, given)
    stored = await within(unit_of_work, lambda tx: tx.artifacts.approvals("art-1"))
    assert list(stored) == [early, between, late]


async def test_refuses_a_second_approval_of_a_kind_by_one_person(unit_of_work: UnitOfWork) -> None:
    await _add(unit_of_work, artifact())
    await _approve(unit_of_work, approval(artifact()))
    with pytest.raises(Conflict):
        await _approve(unit_of_work, replace(approval(artifact()), notes="again", approved_at=NOW))
    stored = await within(unit_of_work, lambda tx: tx.artifacts.approvals("art-1"))
    assert list(stored) == [approval(artifact())]


@pytest.mark.parametrize(
    "wrong", [{"approver": "rita"}, {"payload_sha256": sha256_of(b"other")}], ids=["author", "other bytes"]
)
async def test_refuses_an_approval_by_the_author_or_of_other_bytes(
    unit_of_work: UnitOfWork, wrong: dict[str, Any]
) -> None:
    await _add(unit_of_work, artifact())
    with pytest.raises(Conflict):
        await _approve(unit_of_work, replace(approval(artifact()), **wrong))
    assert list(await within(unit_of_work, lambda tx: tx.artifacts.approvals("art-1"))) == []


async def test_loadable_are_those_in_the_loadable_states_oldest_first(unit_of_work: UnitOfWork) -> None:
    expected: list[tuple[datetime, str]] = []
    for index, state in enumerate(_S):
        created_at = NOW + minutes(10 - index)
        new = artifact(f"art-{index}", name=f"strategy_{index}", created_at=created_at)
        await store_artifact(unit_of_work, new, state=state)
        if state in LOADABLE_STATES:
            expected.append((created_at, new.artifact_id))
    loadable = await within(unit_of_work, lambda tx: tx.artifacts.loadable())
    assert [one.artifact_id for one in loadable] == [artifact_id for _, artifact_id in sorted(expected)]
    assert {one.state for one in loadable} == LOADABLE_STATES
