"""The trader runs what verifies, refuses the rest, and says why."""

from dataclasses import replace
from typing import Any

import pytest

from jax.adapters.memory.object_store import MemoryObjectStore
from jax.domain.approval_count import Authority
from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.audit import AuditEvent
from jax.domain.bundle import bundle_of
from jax.domain.canonical_json import canonical_bytes, sha256_of, strict_parse
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.strategies.ma_crossover_v1 import STRATEGY
from jax.modules.artifacts.submit_artifact import Submission, build_payload
from jax.modules.artifacts.verify_artifact import (
    VerificationFailed,
    bundle_key,
    payload_key,
    verify_bundle,
    verify_payload,
)
from tests.desk import NOW, Desk, active_artifact, open_desk, shipped_source, submission


async def _reasons(desk: Desk) -> list[str]:
    return [refused.reason for refused in (await desk.loader().load()).refused]


async def test_an_active_artifact_loads_with_its_own_hash_and_parameters() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        outcome = await desk.loader().load()
    (loaded,) = outcome.loaded
    assert (loaded.artifact_id, loaded.payload_sha256) == (artifact.artifact_id, artifact.payload_sha256)
    assert [(type(value), value) for value in loaded.params] == [
        (type(value), value) for value in STRATEGY.params
    ]
    assert outcome.refused == ()


async def test_what_nobody_approved_is_not_loaded() -> None:
    async with open_desk() as desk:
        await desk.submit.submit(submission())
        outcome = await desk.loader().load()
    assert (outcome.loaded, outcome.refused) == ((), ())


async def test_every_changed_byte_of_the_stored_payload_is_refused() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        key = payload_key(artifact.payload_sha256)
        for position in range(0, len(artifact.payload), 97):
            changed = bytearray(artifact.payload)
            changed[position] ^= 1
            _overwrite(desk.objects, key, bytes(changed))
            (reason,) = await _reasons(desk)
            assert "its copy in the object store hashes to" in reason


async def test_every_changed_byte_of_the_strategys_source_is_refused() -> None:
    async with open_desk() as desk:
        await active_artifact(desk)
        bundle = shipped_source().bundle
        encoded = bundle.encoded()
        for position in range(0, len(encoded), 211):
            changed = bytearray(encoded)
            changed[position] ^= 1
            _overwrite(desk.objects, bundle_key(bundle.sha256), bytes(changed))
            (reason,) = await _reasons(desk)
            assert "source bundle" in reason


async def test_another_whole_bundle_under_the_approved_name_is_refused() -> None:
    async with open_desk() as desk:
        await active_artifact(desk)
        bundle = shipped_source().bundle
        evil = replace(bundle.files[-1], source=bundle.files[-1].source + "\n# one more line\n")
        other = replace(bundle, files=(*bundle.files[:-1], evil))
        _overwrite(desk.objects, bundle_key(bundle.sha256), other.encoded())
        (reason,) = await _reasons(desk)
    assert f"its source bundle hashes to {other.sha256}, the payload names {bundle.sha256}" in reason


async def test_a_missing_object_refuses_one_artifact_and_leaves_the_trader_running() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        del desk.objects._objects[payload_key(artifact.payload_sha256)]
        (reason,) = await _reasons(desk)
    assert "There is no object" in reason


async def test_what_was_loaded_is_audited_once_for_each_change() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        loader = desk.loader()
        await loader.load()
        await loader.load()
        await desk.gate.revoke(artifact)
        await loader.load()
        async with desk.unit_of_work.begin() as transaction:
            entries = await transaction.audit.entries(kind="artifacts.loaded")
    records: list[Any] = [entry.event.data for entry in entries]
    assert [len(record["loaded"]) for record in records] == [1, 0]
    assert records[0]["loaded"][0]["payload_sha256"] == artifact.payload_sha256


async def _verified(artifact: Artifact, desk: Desk) -> None:
    async with desk.unit_of_work.begin() as transaction:
        approvals = list(await transaction.artifacts.approvals(artifact.artifact_id))
    authority = Authority(desk.gate.trust(), DESK_POLICY, desk.clock.now())
    verify_payload(artifact, artifact.payload, approvals, authority)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("state", ArtifactState.REVIEWED, "its state is REVIEWED"),
        ("state", ArtifactState.REVOKED, "its state is REVOKED"),
        ("payload_sha256", "sha256:" + "0" * 64, "the record says sha256:000"),
        ("name", "another_v1", "its name is another_v1"),
        ("version", "9.9.9", "its version is 9.9.9"),
        ("author", "mallory", "its author is mallory"),
    ],
)
async def test_a_row_that_disagrees_with_its_payload_is_refused(field: str, value: Any, problem: str) -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        with pytest.raises(VerificationFailed, match=problem):
            await _verified(replace(artifact, **{field: value}), desk)


async def test_a_payload_edited_together_with_its_hash_is_not_what_people_approved() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        document: Any = strict_parse(artifact.payload)
        document["params"]["fast"] = 5
        edited = canonical_bytes(document)
        tampered = replace(artifact, payload=edited, payload_sha256=sha256_of(edited))
        with pytest.raises(
            VerificationFailed,
            match="needs 1 TECHNICAL approval, 1 RISK approval; it is about ma_crossover_v1",
        ):
            await _verified(tampered, desk)


async def test_parameters_that_the_strategy_does_not_take_are_refused() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        (loaded,) = (await desk.loader().load()).loaded
        encoded = shipped_source().bundle.encoded()
        for params in ({"fast": 5}, {**loaded.payload.params, "fast": 60}):
            with pytest.raises(VerificationFailed, match="params"):
                verify_bundle(artifact, replace(loaded.payload, params=params), encoded, DESK_POLICY)


async def test_a_bundle_with_another_strategy_than_the_payload_names_is_refused() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        (loaded,) = (await desk.loader().load()).loaded
        encoded = shipped_source().bundle.encoded()
        with pytest.raises(VerificationFailed, match="the payload names another_v1"):
            verify_bundle(artifact, replace(loaded.payload, name="another_v1"), encoded, DESK_POLICY)


async def test_one_bad_artifact_does_not_keep_a_good_one_out() -> None:
    async with open_desk() as desk:
        first = await active_artifact(desk)
        second = await active_artifact(desk, renamed(submission()))
        _overwrite(desk.objects, payload_key(first.payload_sha256), b"{}")
        outcome = await desk.loader().load()
    assert [loaded.artifact_id for loaded in outcome.loaded] == [second.artifact_id]


def _overwrite(objects: MemoryObjectStore, key: str, content: bytes) -> None:
    """What somebody with write access to the store could do."""
    objects._objects[key] = content


@pytest.mark.parametrize(
    ("added", "reason"),
    [
        ("def check_params(params):\n    return 1 // 0\n", "fails with ZeroDivisionError"),
        (
            "def check_params(params):\n    raise RuntimeError('\\ud800')\n",
            r"fails with RuntimeError: \ud800",
        ),
        ("raise SystemExit(3)\n", "`SystemExit` is not defined here"),
        ("STRATEGY = STRATEGY._replace(params=(20, 50, 200, 14, 20))\n", "cannot be run: AttributeError"),
    ],
)
async def test_a_strategy_that_fails_while_it_is_loaded_is_refused_and_the_others_load(
    added: str, reason: str
) -> None:
    async with open_desk() as desk:
        good = await active_artifact(desk)
        await _approved_by_hand(desk, renamed(_with_source(added)))
        outcome = await desk.loader().load()
        async with desk.unit_of_work.begin() as transaction:
            (entry,) = await transaction.audit.entries(kind="artifacts.loaded")
    assert [artifact.artifact_id for artifact in outcome.loaded] == [good.artifact_id]
    (refused,) = outcome.refused
    assert reason in refused.reason
    assert isinstance(entry.event.data, dict)
    assert entry.event.data["refused"] == [{"artifact_id": "by-hand", "reason": refused.reason}]


def _with_source(added: str) -> Submission:
    """The shipped strategy with lines put where they count: before STRATEGY, or at the end."""
    source = shipped_source()
    name, _, _ = source.entry.partition(":")
    path = name.replace(".", "/") + ".py"

    def changed(text: str) -> str:
        before, assigned, after = text.partition("\nSTRATEGY = ")
        return before + "\n" + added + assigned + after if added.startswith("def") else text + added

    files = [
        replace(file, source=changed(file.source)) if file.path == path else file
        for file in source.bundle.files
    ]
    return replace(submission(), source=replace(source, bundle=bundle_of(files)))


def renamed(submitted: Submission, name: str = "ma_crossover_v2") -> Submission:
    """The same strategy under another name."""
    source = submitted.source
    files = [
        replace(file, source=file.source.replace('"ma_crossover_v1"', f'"{name}"'))
        for file in source.bundle.files
    ]
    return replace(submitted, source=replace(source, name=name, bundle=bundle_of(files)))


async def _approved_by_hand(desk: Desk, submitted: Submission) -> None:
    """What somebody who writes the rows and objects without `SubmitArtifact` can bring through the gate."""
    payload = build_payload(submitted, version="9.9.9")
    encoded = payload.encoded()
    artifact = Artifact(
        "by-hand", payload.name, payload.version, payload.author, encoded, sha256_of(encoded), NOW
    )
    await desk.objects.put(bundle_key(payload.bundle_sha256), submitted.source.bundle.encoded())
    await desk.objects.put(payload_key(artifact.payload_sha256), encoded)
    async with desk.unit_of_work.begin() as transaction:
        event = AuditEvent("artifact.submitted", "by-hand", artifact.author, NOW, {})
        entry = await transaction.audit.append(event)
        await transaction.artifacts.add(artifact, entry=entry, reason="by hand")
    await desk.gate.activate(artifact)
