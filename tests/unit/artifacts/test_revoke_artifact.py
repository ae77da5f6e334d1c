"""One person stops an artifact at once; the history is told afterwards, of every stop."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from jax.domain.approval_count import GateRefused
from jax.domain.artifact import ArtifactEvent, ArtifactState
from jax.domain.audit import AuditEntry
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateRole
from jax.domain.revocation import RecordedRevocation
from tests.desk import Desk, active_artifact, open_desk, submission
from tests.gate_people import KEYS, gate_key, recorded_revocation, revocation_envelope, root_of

_UNKNOWN = "sha256:" + "9" * 64


async def _stop_by_sql(desk: Desk, payload_sha256: str, *, reason: str, revocation_id: str = "stop") -> None:
    """As a row without an envelope does."""
    row = RecordedRevocation(revocation_id, payload_sha256, "rolf", reason, desk.clock.now(), None)
    async with desk.unit_of_work.begin() as transaction:
        await transaction.releases.add_revocation(row)


async def _history(desk: Desk, artifact_id: str) -> Sequence[ArtifactEvent]:
    async with desk.unit_of_work.begin() as transaction:
        return await transaction.artifacts.history(artifact_id)


async def _told(desk: Desk) -> Sequence[AuditEntry]:
    async with desk.unit_of_work.begin() as transaction:
        return await transaction.audit.entries(kind="gate.revocation")


async def test_a_stop_counts_before_the_history_tells_of_it_and_is_told_once() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        await desk.gate.revoke(artifact)
        async with desk.unit_of_work.begin() as transaction:
            stopped = await transaction.artifacts.get(artifact.artifact_id)
        assert stopped.state is ArtifactState.REVOKED
        assert (await _history(desk, artifact.artifact_id))[-1].to_state is ArtifactState.ACTIVE
        assert [await desk.gate.revocations.tell_history(actor="rolf") for _ in range(2)] == [1, 0]
        (entry,) = await _told(desk)
        last = (await _history(desk, artifact.artifact_id))[-1]
    assert (last.to_state, last.actor, last.reason) == (
        ArtifactState.REVOKED,
        "rolf",
        "revoked by rolf: it loses money",
    )
    assert isinstance(entry.event.data, dict)
    assert {key: entry.event.data[key] for key in ("payload_sha256", "revoker", "reason")} == {
        "payload_sha256": artifact.payload_sha256,
        "revoker": "rolf",
        "reason": "it loses money",
    }


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("buys the\nwrong side\n", "revoked by rolf: buys the wrong side"),
        (" \t ", "revoked by rolf:"),
        ("\x1b[2Jcafe\u0301\u2028", "revoked by rolf: [2Jcafe\u0301"),
        ("r" * 2000, ("revoked by rolf: " + "r" * 2000)[:2000]),
        ("r" * 1982 + " and so on", "revoked by rolf: " + "r" * 1982),
    ],
)
async def test_whatever_somebody_in_a_hurry_gave_as_the_reason_is_told(reason: str, told: str) -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        await _stop_by_sql(desk, artifact.payload_sha256, reason=reason)
        assert await desk.gate.revocations.tell_history(actor="rolf") == 1
        (entry,) = await _told(desk)
        last = (await _history(desk, artifact.artifact_id))[-1]
    assert (last.to_state, last.reason) == (ArtifactState.REVOKED, told)
    assert isinstance(entry.event.data, dict)
    assert (entry.event.data["reason"], entry.event.data["envelope_sha256"]) == (reason, None)


async def test_a_stop_of_what_nobody_knows_is_told_too() -> None:
    async with open_desk() as desk:
        await _stop_by_sql(desk, _UNKNOWN, reason="in case it is submitted")
        assert await desk.gate.revocations.tell_history(actor="rolf") == 1
        assert [entry.event.subject for entry in await _told(desk)] == ["stop"]


async def test_a_stop_that_cannot_be_told_keeps_no_other_from_being_told() -> None:
    async with open_desk() as desk:
        first = await active_artifact(desk)
        await _stop_by_sql(desk, _UNKNOWN, reason="stop", revocation_id="a\nb")
        await desk.gate.revoke(first)
        with pytest.raises(InvalidValue, match="printable"):
            await desk.gate.revocations.tell_history(actor="rolf")
        assert len(await _told(desk)) == 1
        assert (await _history(desk, first.artifact_id))[-1].to_state is ArtifactState.REVOKED


async def test_a_second_stop_of_the_same_artifact_is_an_entry_and_no_step() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        for number in (1, 2):
            await _stop_by_sql(
                desk, artifact.payload_sha256, reason=f"reason {number}", revocation_id=f"stop-{number}"
            )
        assert await desk.gate.revocations.tell_history(actor="rolf") == 2
        assert len(await _told(desk)) == 2
        states = [event.to_state for event in await _history(desk, artifact.artifact_id)]
    assert states.count(ArtifactState.REVOKED) == 1


async def test_a_draft_is_stopped_as_well_and_what_is_stopped_is_not_stopped_again() -> None:
    async with open_desk() as desk:
        draft = await desk.submit.submit(submission())
        await desk.gate.revoke(draft)
        with pytest.raises(GateRefused, match=r"ma_crossover_v1 1\.0\.0 is REVOKED already"):
            await desk.gate.revocations.draft(draft.artifact_id, revoker="rolf", reason="again")


@pytest.mark.parametrize("person", ["rolf", "ada", "audrey"])
async def test_anybody_with_a_key_in_use_may_stop(person: str) -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        await desk.gate.revoke(artifact, person=person)
        assert (await desk.loader().load()).loaded == ()


async def test_a_signature_that_does_not_hold_stops_nothing_by_this_way() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        ended = [replace(key, ended=desk.clock.now()) if key.person == "audrey" else key for key in KEYS]
        desk.gate.root = root_of([*ended, gate_key("tessa", GateRole.REVOKER, hand="tessa's other")])
        for envelope in (
            b"stop",
            revocation_envelope(artifact, signed_by="nobody"),
            revocation_envelope(artifact, revoker="audrey"),
            revocation_envelope(artifact, signed_by="tessa"),
        ):
            with pytest.raises(GateRefused, match="the revocation does not count"):
                await desk.gate.revocations.accept(envelope)
        assert len((await desk.loader().load()).loaded) == 1
        by_another_key = revocation_envelope(artifact, revoker="tessa", signed_by="tessa's other")
        recorded = await desk.gate.revocations.accept(by_another_key)
        assert recorded == replace(
            recorded_revocation(artifact, recorded.revocation_id, at=desk.clock.now()),
            revoker="tessa",
            envelope=by_another_key,
        )
