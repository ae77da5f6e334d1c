"""The solo policy: one person does everything, and everything says so."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.approval_count import GateRefused
from jax.domain.artifact import ApprovalKind, Artifact, ArtifactState
from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY
from jax.modules.artifacts.load_artifacts import LoadArtifacts, LoaderParts
from jax.ports.unit_of_work import UnitOfWork
from tests.desk import Desk, open_desk, submission
from tests.gate_people import ROOT, SOLO_ROOT


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[UnitOfWork]:
    database = PostgresDatabase(database_url)
    yield PostgresUnitOfWork(database)
    await database.close()


async def _released_by_sam(desk: Desk) -> Artifact:
    artifact = await desk.submit.submit(replace(submission(), author="sam"))
    await desk.gate.validate(artifact, validator="sam")
    await desk.gate.decide(artifact, ApprovalKind.TECHNICAL, person="sam")
    (active,) = (await desk.gate.release(artifact, person="sam")).activated
    return active


async def test_one_person_takes_a_strategy_all_the_way_and_it_loads_as_solo(records: UnitOfWork) -> None:
    async with open_desk(records, root=SOLO_ROOT, policy=SOLO_POLICY) as desk:
        artifact = await _released_by_sam(desk)
        assert artifact.state is ArtifactState.ACTIVE
        outcome = await desk.loader().load()
    (loaded,) = outcome.loaded
    assert (loaded.policy, loaded.policy_sha256, outcome.policy) == ("solo", SOLO_POLICY.sha256, "solo")


async def test_a_desks_trader_takes_nothing_that_was_released_under_a_solo_policy(
    records: UnitOfWork,
) -> None:
    async with open_desk(records, root=SOLO_ROOT, policy=SOLO_POLICY) as desk:
        await _released_by_sam(desk)
        desk.gate.root = replace(SOLO_ROOT, solo=False)
        loader = LoadArtifacts(LoaderParts(records, desk.objects, desk.clock, desk.gate.trust, desk.memory))
        outcome = await loader.load()
    assert outcome.loaded == ()
    assert outcome.problem is not None
    assert "this desk's root file does not allow one" in outcome.problem


async def test_a_desk_cannot_put_a_solo_policy_in_force(records: UnitOfWork) -> None:
    async with open_desk(records, root=ROOT, policy=DESK_POLICY) as desk:
        with pytest.raises(GateRefused, match="does not allow one"):
            await desk.gate.publishing.policy(replace(SOLO_POLICY, version=2), actor="rene")


async def test_a_person_alone_who_becomes_a_desk_starts_over_with_approvals(records: UnitOfWork) -> None:
    async with open_desk(records, root=SOLO_ROOT, policy=SOLO_POLICY) as desk:
        artifact = await _released_by_sam(desk)
        await desk.gate.publishing.policy(replace(DESK_POLICY, version=2), actor="sam")
        await desk.gate.renew(person="sam", without=artifact.name)
        async with records.begin() as transaction:
            withdrawn = await transaction.artifacts.get(artifact.artifact_id)
        assert withdrawn.state is ArtifactState.DEPRECATED
        with pytest.raises(GateRefused, match="needs 1 TECHNICAL approval, 1 RISK approval"):
            await desk.gate.release(withdrawn, person="sam")
