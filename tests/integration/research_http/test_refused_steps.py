"""Evidence, snapshots and revocations that the gate refuses over HTTP, each with its sentence."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jax.adapters.gate_files.root_file import write_root
from jax.domain.artifact import Artifact
from jax.domain.gate_root import with_key_ended
from tests.gate_people import ROOT, Hand, golden_envelope, rerun_envelope
from tests.integration.research_http.desk_server import Page, problem, signed

SHOWN = "sha256:" + "5" * 64
NAME = "ma_crossover_v1 1.0.0"


async def test_evidence_is_the_re_run_and_the_golden_suite(page: Page) -> None:
    artifact = await page.submitted()
    path = f"/artifacts/{artifact.artifact_id}/evidence"
    rerun, golden = _evidence(artifact, "victor")
    told = [problem(await page.post(path, {"envelopes": [envelope]})) for envelope in (rerun, golden)]
    assert told == [
        (409, "GATE_REFUSED", f"{NAME} needs its golden suite to pass"),
        (409, "GATE_REFUSED", f"{NAME} needs a re-run of its backtest by a validator"),
    ]
    done = await page.done(path, {"envelopes": [rerun, golden]})
    assert done["artifact"]["state"] == "VALIDATED"
    assert problem(await page.post(path, {"envelopes": [rerun, golden]})) == (
        409,
        "ILLEGAL_TRANSITION",
        f"artifact {NAME}: no step leads from VALIDATED to VALIDATED",
    )


@pytest.mark.parametrize(
    ("validator", "told"),
    [
        ("tessa", "the key of tessa has no VALIDATOR role"),
        ("ada", f"ada wrote {NAME} and cannot validate it"),
    ],
)
async def test_evidence_is_by_a_validator_who_is_not_the_author(
    with_old_hats: Page, validator: str, told: str
) -> None:
    artifact = await with_old_hats.submitted()
    refused = await with_old_hats.post(
        f"/artifacts/{artifact.artifact_id}/evidence", {"envelopes": [*_evidence(artifact, validator)]}
    )
    status, code, detail = problem(refused)
    assert (status, code) == (409, "GATE_REFUSED")
    assert told in detail


@pytest.mark.parametrize(
    ("validator", "told"),
    [
        ("tessa", "tessa has no key in use with the VALIDATOR role"),
        ("nobody", "nobody has no key in use with the VALIDATOR role"),
        ("ada", f"ada wrote {NAME} and cannot validate it"),
    ],
)
async def test_no_run_is_started_for_somebody_whose_evidence_would_not_count(
    with_old_hats: Page, validator: str, told: str
) -> None:
    artifact = await with_old_hats.submitted()
    refused = await with_old_hats.post(f"/artifacts/{artifact.artifact_id}/reruns", {"validator": validator})
    assert problem(refused) == (409, "GATE_REFUSED", told)


async def test_no_run_is_started_for_a_key_that_was_ended(page: Page, home: Path) -> None:
    artifact = await page.submitted()
    ended = with_key_ended(ROOT, Hand("victor").key_id, datetime(2026, 3, 1, tzinfo=UTC))
    write_root(home / "gate" / "root.json", ended)
    refused = await page.post(f"/artifacts/{artifact.artifact_id}/reruns", {"validator": "victor"})
    assert problem(refused)[2] == "victor has no key in use with the VALIDATOR role"


async def test_only_a_draft_is_run_again(page: Page, validated: Artifact) -> None:
    refused = await page.post(f"/artifacts/{validated.artifact_id}/reruns", {"validator": "victor"})
    assert problem(refused) == (
        409,
        "ILLEGAL_TRANSITION",
        f"artifact {NAME}: no step leads from VALIDATED to VALIDATED",
    )


async def test_what_is_not_approved_is_not_released(page: Page, validated: Artifact) -> None:
    refused = await page.post("/snapshots/draft", {"signer": "rene", "artifact_id": validated.artifact_id})
    assert problem(refused) == (
        409,
        "ILLEGAL_TRANSITION",
        f"artifact {NAME}: no step leads from VALIDATED to ACTIVE",
    )


async def test_only_what_is_released_can_be_withdrawn(page: Page, validated: Artifact) -> None:
    refused = await page.post("/snapshots/draft", {"signer": "rene", "withdraw": "ma_crossover_v1"})
    assert problem(refused) == (409, "GATE_REFUSED", "no version of ma_crossover_v1 is released")


async def test_a_snapshot_is_by_somebody_who_releases(page: Page) -> None:
    artifact = await page.submitted()
    await page.gate.approve(artifact)
    drafted = await page.done("/snapshots/draft", {"signer": "tessa", "artifact_id": artifact.artifact_id})
    refused = await page.post(
        "/snapshots", {"envelope": signed(drafted["statement"], "tessa"), "reason": "go"}
    )
    assert problem(refused) == (
        409,
        "GATE_REFUSED",
        "the snapshot does not count: the key of tessa has no RELEASE role",
    )


async def test_of_two_snapshots_that_were_drafted_at_once_the_second_comes_too_late(page: Page) -> None:
    artifact = await page.submitted()
    await page.gate.approve(artifact)
    body = {"signer": "rene", "artifact_id": artifact.artifact_id}
    drafts = [await page.done("/snapshots/draft", body) for _ in range(2)]
    envelopes = [signed(draft["statement"], "rene") for draft in drafts]
    await page.done("/snapshots", {"envelope": envelopes[0], "reason": "go"})
    assert problem(await page.post("/snapshots", {"envelope": envelopes[1], "reason": "go"})) == (
        409,
        "CONFLICT",
        "Snapshot 1 came too late, 2 is next: draft and sign it again.",
    )


async def test_a_revoked_artifact_is_revoked_for_good(page: Page, validated: Artifact) -> None:
    await page.revoke(validated)
    again = await page.post(
        f"/artifacts/{validated.artifact_id}/revocation/draft", {"revoker": "rosa", "reason": "again"}
    )
    assert problem(again) == (409, "GATE_REFUSED", f"{NAME} is REVOKED already")
    opinion = await page.opinion(validated, "tessa", "TECHNICAL")
    refused = await page.post(f"/artifacts/{validated.artifact_id}/approvals/draft", opinion)
    assert problem(refused) == (409, "GATE_REFUSED", f"{NAME} is REVOKED, for good: submit a new version")


@pytest.mark.parametrize(
    ("hand", "told"), [("mallory", "the root file lacks"), ("rosa", "the key is not one")]
)
async def test_a_revocation_is_by_a_key_of_the_person_it_names(
    page: Page, validated: Artifact, hand: str, told: str
) -> None:
    drafted = await page.done(
        f"/artifacts/{validated.artifact_id}/revocation/draft", {"revoker": "rolf", "reason": "x"}
    )
    status, code, detail = problem(
        await page.post("/revocations", {"envelope": signed(drafted["statement"], hand)})
    )
    assert (status, code) == (409, "GATE_REFUSED")
    assert detail.startswith("the revocation does not count: ")
    assert told in detail


async def test_an_approval_is_no_revocation(page: Page, validated: Artifact) -> None:
    statement = await page.drafted_approval(validated, "tessa", "TECHNICAL")
    status, code, detail = problem(await page.post("/revocations", {"envelope": signed(statement, "tessa")}))
    assert (status, code) == (409, "GATE_REFUSED")
    assert "predicateType: is 'urn:jax:approval:v1', not 'urn:jax:revocation:v1'" in detail


def _evidence(artifact: Artifact, validator: str) -> tuple[dict[str, Any], dict[str, Any]]:
    rerun, golden = (
        json.loads(make(artifact, validator=validator)) for make in (rerun_envelope, golden_envelope)
    )
    return rerun, golden
