"""People are shown what they sign, even when the database or the object store lies."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.object_store import MemoryObjectStore
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.domain.approval import Decision
from jax.domain.approval_count import GateRefused
from jax.domain.artifact import ApprovalKind, Artifact, ArtifactState
from jax.domain.bundle import bundle_of
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import DESK_POLICY
from jax.modules.artifacts.verify_artifact import bundle_key
from jax.modules.artifacts.view_artifact import ViewArtifact, ViewParts, checked_payload
from jax.ports.errors import NotFound
from tests.desk import Desk, active_artifact, open_desk, submission
from tests.gate_people import KEYS, root_of
from tests.unit.approver.views import FILES, a_version

_WIDE = {**submission().params, "fast": 21}


def _viewer(desk: Desk) -> ViewArtifact:
    return ViewArtifact(ViewParts(desk.unit_of_work, desk.objects, desk.clock, desk.gate.trust))


async def test_a_draft_lacks_evidence_and_everybody() -> None:
    async with open_desk() as desk:
        artifact = await desk.submit.submit(submission())
        view = await _viewer(desk).view(artifact.artifact_id)
    assert view.version.artifact == artifact
    assert view.version.bundle == submission().source.bundle
    assert view.evidence is None
    assert view.evidence_problem == "ma_crossover_v1 1.0.0 needs a re-run of its backtest by a validator"
    assert view.missing is not None
    assert view.missing.startswith("ma_crossover_v1 1.0.0 needs 1 TECHNICAL approval, 1 RISK approval")
    assert (view.released, view.release_problem) == (None, "no version of ma_crossover_v1 is released")
    assert view.policy == DESK_POLICY


async def test_what_people_signed_is_there_once_they_did() -> None:
    async with open_desk() as desk:
        artifact = await desk.submit.submit(submission())
        await desk.gate.validate(artifact)
        await desk.gate.decide(artifact, ApprovalKind.TECHNICAL)
        halfway = await _viewer(desk).view(artifact.artifact_id)
        await desk.gate.decide(artifact, ApprovalKind.RISK)
        whole = await _viewer(desk).view(artifact.artifact_id)
    assert halfway.evidence is not None
    assert halfway.evidence.validator == "victor"
    assert [approval.approver for approval in halfway.approvals.counted] == ["tessa"]
    assert halfway.missing == "ma_crossover_v1 1.0.0 needs 1 RISK approval; tessa's counts as TECHNICAL"
    assert whole.missing is None


async def test_a_rejection_is_what_the_quorum_lacks() -> None:
    async with open_desk() as desk:
        artifact = await desk.submit.submit(submission())
        await desk.gate.validate(artifact)
        await desk.gate.decide(artifact, decision=Decision.REJECT)
        view = await _viewer(desk).view(artifact.artifact_id)
    assert [rejection.approver for rejection in view.approvals.rejections] == ["tessa"]
    assert view.missing is not None
    assert "was rejected by tessa" in view.missing


async def test_the_released_version_is_the_one_of_the_signed_snapshot() -> None:
    async with open_desk() as desk:
        first = await active_artifact(desk)
        second = await desk.submit.submit(replace(submission(), author="rita"))
        own = await _viewer(desk).view(first.artifact_id)
        view = await _viewer(desk).view(second.artifact_id)
    assert view.released is not None
    assert view.released.artifact.payload_sha256 == first.payload_sha256
    assert view.released.bundle is not None
    assert (own.released, own.release_problem) == (None, "it is the released version itself")


async def test_a_snapshot_that_does_not_verify_releases_nothing_to_compare_with() -> None:
    async with open_desk() as desk:
        await active_artifact(desk)
        second = await desk.submit.submit(replace(submission(), author="rita"))
        desk.gate.root = root_of([key for key in KEYS if key.person != "rene"])
        view = await _viewer(desk).view(second.artifact_id)
    assert view.released is None
    assert view.release_problem is not None
    assert view.release_problem.startswith("the newest snapshot does not verify")


async def test_an_artifact_that_is_not_there_is_not_found() -> None:
    async with open_desk() as desk:
        with pytest.raises(NotFound):
            await _viewer(desk).view("nothing")
        with pytest.raises(NotFound):
            await _viewer(desk).version("nothing")


@asynccontextmanager
async def _open_tampered(
    lie: Callable[[Artifact], Artifact],
) -> AsyncIterator[tuple[ViewArtifact, Artifact]]:
    """A desk whose database was changed by hand after an artifact was released, and the artifact."""
    database = MemoryDatabase()
    async with open_desk(MemoryUnitOfWork(database)) as desk:
        artifact = await active_artifact(desk)
        database.committed.artifacts[artifact.artifact_id] = lie(artifact)
        yield _viewer(desk), artifact


async def test_a_payload_that_was_exchanged_behind_its_hash_is_not_shown() -> None:
    other = a_version().artifact.payload
    async with _open_tampered(lambda artifact: replace(artifact, payload=other)) as (viewer, artifact):
        for looking in (viewer.view, viewer.version):
            with pytest.raises(GateRefused) as refusal:
                await looking(artifact.artifact_id)
            assert str(refusal.value) == (
                f"the payload of ma_crossover_v1 1.0.0 hashes to {sha256_of(other)}, its record says "
                f"{artifact.payload_sha256}"
            )


@pytest.mark.parametrize(
    ("field", "lie"),
    [
        ("name", lambda artifact: replace(artifact, name="other_v1")),
        ("version", lambda artifact: replace(artifact, version="1.0.7")),
        ("author", lambda artifact: replace(artifact, author="rita")),
    ],
)
async def test_columns_that_say_otherwise_than_the_payload_are_not_believed(
    field: str, lie: Callable[[Artifact], Artifact]
) -> None:
    async with _open_tampered(lie) as (viewer, artifact):
        with pytest.raises(GateRefused, match=f"the {field} of .* is another one in its payload"):
            await viewer.view(artifact.artifact_id)


async def test_a_payload_of_another_schema_cannot_be_read_and_says_so() -> None:
    payload = b'{"schema":"jax/artifact/v1"}'
    artifact = replace(a_version().artifact, payload=payload, payload_sha256=sha256_of(payload))
    with pytest.raises(InvalidValue, match=r"artifact house_v1 1.0.0: cannot be read \("):
        checked_payload(artifact)


async def test_a_released_version_that_was_exchanged_is_nothing_to_compare_with() -> None:
    database = MemoryDatabase()
    async with open_desk(MemoryUnitOfWork(database)) as desk:
        first = await active_artifact(desk)
        second = await desk.submit.submit(replace(submission(), author="rita"))
        stored = database.committed.artifacts
        stored[first.artifact_id] = replace(first, payload=second.payload)
        exchanged = await _viewer(desk).view(second.artifact_id)
        stored[first.artifact_id] = replace(first, payload_sha256="sha256:" + "9" * 64)
        gone = await _viewer(desk).view(second.artifact_id)
    assert exchanged.released is None
    assert exchanged.release_problem is not None
    assert "the released version cannot be shown: the payload of ma_crossover_v1" in exchanged.release_problem
    assert gone.released is None
    assert gone.release_problem is not None
    assert gone.release_problem.startswith("the released version cannot be shown: There is no artifact")


async def test_whatever_the_database_calls_active_is_not_what_is_compared_with() -> None:
    database = MemoryDatabase()
    async with open_desk(MemoryUnitOfWork(database)) as desk:
        first = await active_artifact(desk)
        forged = await desk.submit.submit(replace(submission(), author="rita"))
        bad = await desk.submit.submit(replace(submission(), author="ada", report=b"bad", params=_WIDE))
        database.committed.artifacts[forged.artifact_id] = replace(forged, state=ArtifactState.ACTIVE)
        database.committed.artifacts[first.artifact_id] = replace(first, state=ArtifactState.DEPRECATED)
        view = await _viewer(desk).view(bad.artifact_id)
    assert view.released is not None
    assert view.released.artifact.artifact_id == first.artifact_id


async def test_code_that_is_missing_or_other_code_is_not_shown() -> None:
    async with open_desk() as desk:
        artifact = await desk.submit.submit(submission())
        payload = checked_payload(artifact)
        key, other = bundle_key(payload.bundle_sha256), bundle_of(FILES)
        for content, problem in (
            (None, "There is no object"),
            (other.encoded(), f"bundle: hashes to {other.sha256}, the payload names {payload.bundle_sha256}"),
            (b"[]", "files: must be at least one"),
            (b"rubbish", "bundle: not JSON"),
        ):
            objects = MemoryObjectStore()
            if content is not None:
                await objects.put(key, content)
            viewer = ViewArtifact(ViewParts(desk.unit_of_work, objects, desk.clock, desk.gate.trust))
            for version in (
                (await viewer.view(artifact.artifact_id)).version,
                await viewer.version(artifact.artifact_id),
            ):
                assert version.bundle is None
                assert version.bundle_problem is not None
                assert problem in version.bundle_problem
