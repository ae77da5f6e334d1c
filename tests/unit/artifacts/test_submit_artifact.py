"""A submission becomes one artifact."""

from dataclasses import replace

import pytest

from jax.domain.artifact import ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.modules.artifacts.load_bundle import BundleRefused
from jax.modules.artifacts.verify_artifact import bundle_key, payload_key
from tests.desk import EVIDENCE, open_desk, shipped_source, submission


async def test_a_submission_is_a_draft_whose_objects_are_in_the_store() -> None:
    async with open_desk() as desk:
        artifact = await desk.submit.submit(submission())
        assert artifact.state is ArtifactState.DRAFT
        assert artifact.payload_sha256 == sha256_of(artifact.payload)
        assert await desk.objects.get(payload_key(artifact.payload_sha256)) == artifact.payload
        bundle = shipped_source().bundle
        assert await desk.objects.get(bundle_key(bundle.sha256)) == bundle.encoded()
        assert parse_payload(artifact.payload).bundle_sha256 == bundle.sha256


async def test_the_same_submission_twice_is_the_same_artifact() -> None:
    async with open_desk() as desk:
        first = await desk.submit.submit(submission())
        assert (await desk.submit.submit(submission())).artifact_id == first.artifact_id


async def test_a_change_of_anything_is_the_next_version() -> None:
    base = submission()
    file = base.source.bundle.files[0]
    edited = replace(file, source=file.source + "# a comment\n")
    bundle = replace(base.source.bundle, files=(edited, *base.source.bundle.files[1:]))
    changes = [
        replace(base, params={**base.params, "fast": 10}),
        replace(base, source=replace(base.source, bundle=bundle)),
        replace(base, evidence=replace(EVIDENCE, orders_sha256="sha256:" + "9" * 64)),
        replace(base, author="adam"),
    ]
    async with open_desk() as desk:
        await desk.submit.submit(base)
        versions = [(await desk.submit.submit(change)).version for change in changes]
    assert versions == ["1.0.1", "1.0.2", "1.0.3", "1.0.4"]


async def test_a_revoked_artifact_is_not_brought_back_by_submitting_it_again() -> None:
    async with open_desk() as desk:
        first = await desk.submit.submit(submission())
        await desk.gate.revoke(first)
        second = await desk.submit.submit(submission())
    assert (second.artifact_id, second.state) != (first.artifact_id, ArtifactState.REVOKED)
    assert second.version == "1.0.1"


async def test_a_strategy_that_cannot_run_or_parameters_it_does_not_take_are_not_submitted() -> None:
    base = submission()
    async with open_desk() as desk:
        with pytest.raises(BundleRefused):
            await desk.submit.submit(replace(base, source=replace(base.source, entry="nowhere:STRATEGY")))
        with pytest.raises(InvalidValue, match="params"):
            await desk.submit.submit(replace(base, params={**base.params, "fast": 500}))
        async with desk.unit_of_work.begin() as transaction:
            assert await transaction.artifacts.list() == []
