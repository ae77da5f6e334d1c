"""Decisions that the gate refuses over HTTP: status, code, and the sentence that says what to do."""

import base64
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jax.domain.artifact import Artifact
from jax.domain.gate_policy import DESK_POLICY
from jax.modules.artifacts.artifact_view import ArtifactView
from jax.modules.artifacts.view_artifact import ViewArtifact
from tests.desk import submission
from tests.gate_people import Hand
from tests.integration.research_http.desk_server import Page, envelope_of, open_page, problem, signed

SHOWN = "sha256:" + "5" * 64
NAME = "ma_crossover_v1 1.0.0"


async def refused_approval(page: Page, artifact: Artifact, envelope: dict[str, Any]) -> str:
    response = await page.post(f"/artifacts/{artifact.artifact_id}/approvals", {"envelope": envelope})
    status, code, detail = problem(response)
    assert (status, code, response.json()["policy"]) == (409, "GATE_REFUSED", "desk")
    return detail


@pytest.mark.parametrize(
    "path",
    ["", "/display", "/diff"],
)
async def test_an_artifact_that_is_not_there_is_not_found(page: Page, path: str) -> None:
    assert problem(await page.get(f"/artifacts/nobody{path}")) == (
        404,
        "NOT_FOUND",
        "There is no artifact nobody.",
    )


async def test_nobody_acts_on_an_artifact_that_is_not_there(page: Page, validated: Artifact) -> None:
    statement = await page.drafted_approval(validated, "tessa", "TECHNICAL")
    envelope = signed(statement, "tessa")
    opinion = {
        "kind": "RISK",
        "decision": "APPROVE",
        "approver": "rosa",
        "displayed_sha256": SHOWN,
        "reason": "x",
    }
    for path, body in (
        ("/artifacts/nobody/approvals/draft", opinion),
        ("/artifacts/nobody/approvals", {"envelope": envelope}),
        ("/artifacts/nobody/reruns", {"validator": "victor"}),
        ("/artifacts/nobody/evidence", {"envelopes": [envelope]}),
        ("/artifacts/nobody/revocation/draft", {"revoker": "rolf", "reason": "x"}),
        ("/snapshots/draft", {"signer": "rene", "artifact_id": "nobody"}),
    ):
        assert problem(await page.post(path, body)) == (404, "NOT_FOUND", "There is no artifact nobody."), (
            path
        )


async def test_a_decision_is_about_what_is_displayed_now(page: Page, validated: Artifact) -> None:
    opinion = await page.opinion(validated, "rosa", "RISK")
    before = opinion["displayed_sha256"]
    await page.approve(validated, "tessa", "TECHNICAL")
    now = (await page.found(f"/artifacts/{validated.artifact_id}/display"))["displayed_sha256"]
    refused = await page.post(f"/artifacts/{validated.artifact_id}/approvals/draft", opinion)
    assert problem(refused) == (
        409,
        "GATE_REFUSED",
        f"what is displayed of {NAME} has changed since you looked: it hashes to {now}, not to {before}; "
        "read it again",
    )


async def test_a_decision_is_under_the_policy_that_was_displayed(
    page: Page, validated: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    opinion = await page.opinion(validated, "rosa", "RISK")
    shown = ViewArtifact.view

    async def changed_meanwhile(viewer: ViewArtifact, artifact_id: str) -> ArtifactView:
        view = await shown(viewer, artifact_id)
        await page.gate.publishing.policy(replace(DESK_POLICY, version=2), actor="rene")
        return view

    monkeypatch.setattr(ViewArtifact, "view", changed_meanwhile)
    refused = await page.post(f"/artifacts/{validated.artifact_id}/approvals/draft", opinion)
    assert problem(refused) == (
        409,
        "GATE_REFUSED",
        f"{NAME} or the policy was changed while it was shown: look again",
    )


async def test_nobody_decides_on_code_that_cannot_be_shown(
    page: Page, validated: Artifact, home: Path
) -> None:
    opinion = await page.opinion(validated, "rosa", "RISK")
    for bundle in (home / "objects" / "bundles").iterdir():
        bundle.unlink()
    refused = await page.post(f"/artifacts/{validated.artifact_id}/approvals/draft", opinion)
    status, code, detail = problem(refused)
    assert (status, code) == (409, "GATE_REFUSED")
    assert detail.startswith(f"the code of {NAME} cannot be shown, so nobody decides: ")


async def test_nobody_decides_on_a_draft(page: Page) -> None:
    artifact = await page.submitted()
    opinion = await page.opinion(artifact, "tessa", "TECHNICAL")
    refused = await page.post(f"/artifacts/{artifact.artifact_id}/approvals/draft", opinion)
    assert problem(refused) == (
        409,
        "GATE_REFUSED",
        f"{NAME} is DRAFT: it must be validated before people decide on it",
    )


async def test_the_author_cannot_approve(with_old_hats: Page) -> None:
    page = with_old_hats
    artifact = await page.gate.validate(await page.submitted())
    statement = await page.drafted_approval(artifact, "ada", "TECHNICAL")
    assert await refused_approval(page, artifact, signed(statement, "ada")) == (
        f"{NAME}: the approval does not count: ada wrote {NAME} and cannot approve it"
    )


async def test_a_signature_is_by_a_key_of_the_root_file(page: Page, validated: Artifact) -> None:
    statement = await page.drafted_approval(validated, "tessa", "TECHNICAL")
    detail = await refused_approval(page, validated, signed(statement, "mallory"))
    assert re.fullmatch(
        rf"{NAME}: the approval does not count: it names key sha256:\w{{11}}..., which the root file lacks",
        detail,
    )


async def test_a_signature_is_of_these_very_bytes(page: Page, validated: Artifact) -> None:
    statement = await page.drafted_approval(validated, "tessa", "TECHNICAL")
    envelope = signed(statement, "tessa")
    other = base64.b64decode(statement["statement"]).replace(b"read the code", b"READ the code")
    changed = {**envelope, "payload": base64.b64encode(other).decode()}
    assert await refused_approval(page, validated, changed) == (
        f"{NAME}: the approval does not count: its signature is not one by the key of tessa"
    )


async def test_a_signature_is_by_the_person_that_the_statement_names(page: Page, validated: Artifact) -> None:
    statement = await page.drafted_approval(validated, "tessa", "TECHNICAL")
    assert await refused_approval(page, validated, signed(statement, "rosa")) == (
        f"{NAME}: the approval does not count: it says that tessa signed, the key is rosa's"
    )


async def test_a_key_signs_for_its_own_roles_only(page: Page, validated: Artifact) -> None:
    statement = await page.drafted_approval(validated, "rosa", "TECHNICAL")
    assert await refused_approval(page, validated, signed(statement, "rosa")) == (
        f"{NAME}: the approval does not count: the key of rosa has no TECHNICAL role"
    )


async def test_an_approval_counts_for_its_own_artifact_only(page: Page, validated: Artifact) -> None:
    other = await page.gate.validate(
        await page.submitted(replace(submission(), evidence=replace(submission().evidence, trials=2)))
    )
    statement = await page.drafted_approval(other, "tessa", "TECHNICAL")
    detail = await refused_approval(page, validated, signed(statement, "tessa"))
    assert f"it is about ma_crossover_v1 1.0.1 {other.payload_sha256}, not about {NAME}" in detail


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("payload", "!", "payload: is not base64"),
        ("payload", "e30=", "lacks"),
        ("payload", "e30", "payload: is not base64"),
    ],
)
async def test_what_is_no_envelope_is_refused(
    page: Page, validated: Artifact, field: str, value: str, told: str
) -> None:
    statement = await page.drafted_approval(validated, "tessa", "TECHNICAL")
    envelope = {**signed(statement, "tessa"), field: value}
    if value == "e30=":
        to_sign = b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
        envelope = envelope_of(value, Hand("tessa").sign(to_sign), "tessa")
    assert told in await refused_approval(page, validated, envelope)


async def test_a_person_decides_once_and_a_repeat_changes_nothing(page: Page, validated: Artifact) -> None:
    path = f"/artifacts/{validated.artifact_id}/approvals"
    statement = await page.drafted_approval(validated, "tessa", "TECHNICAL")
    envelope = signed(statement, "tessa")
    first = await page.done(path, {"envelope": envelope})
    again = await page.done(path, {"envelope": envelope})
    assert again == first
    second = await page.done(
        f"{path}/draft", await page.opinion(validated, "tessa", "TECHNICAL", decision="REJECT")
    )
    detail = await refused_approval(page, validated, signed(second["statement"], "tessa"))
    assert re.fullmatch(
        rf"tessa has decided on {NAME} already \(APPROVE as TECHNICAL, until [\d-]+\); "
        "one person counts once",
        detail,
    )


async def test_without_a_policy_nobody_decides(home: Path, emptied_database_url: str) -> None:
    async with open_page(home, emptied_database_url, policy=None) as page:
        artifact = await page.submitted()
        told = (
            409,
            "GATE_REFUSED",
            "the gate has no policy yet: set one up with `artifact-approver keyring init`",
        )
        for path in (f"/artifacts/{artifact.artifact_id}", "/policy"):
            response = await page.get(path)
            assert problem(response) == told
            assert response.json()["policy"] == "none"
        listed = await page.found("/artifacts")
        assert (listed["policy"], len(listed["artifacts"])) == ("none", 1)


@pytest.mark.parametrize("kind", ["reruns", "submissions"])
async def test_a_run_that_nobody_started_is_not_found(page: Page, kind: str) -> None:
    assert problem(await page.get(f"/{kind}/nothing")) == (
        404,
        "NOT_FOUND",
        "There is no run nothing: runs are forgotten when the server stops; start it again",
    )


async def test_a_trade_that_is_not_there_is_not_found(page: Page) -> None:
    assert problem(await page.get("/trades/nothing/provenance")) == (
        404,
        "NOT_FOUND",
        "There is no trade nothing.",
    )
