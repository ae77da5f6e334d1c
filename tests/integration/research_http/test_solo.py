"""One person alone: every answer says so, and so does every refusal."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from jax.domain.gate_policy import SOLO_POLICY
from tests.desk import submission
from tests.gate_people import SOLO_ROOT
from tests.integration.research_http.desk_server import Page, open_page


@pytest.fixture
async def page(home: Path, emptied_database_url: str) -> AsyncIterator[Page]:
    async with open_page(home, emptied_database_url, policy=SOLO_POLICY, root=SOLO_ROOT) as opened:
        yield opened


async def test_every_answer_about_artifacts_approvals_and_releases_says_solo(page: Page) -> None:
    artifact = await page.submitted(replace(submission(), author="sam"))
    path = f"/artifacts/{artifact.artifact_id}"
    await page.gate.validate(artifact, validator="sam")
    opinion = await page.opinion(artifact, "sam", "TECHNICAL")
    answers = [
        await page.done(f"{path}/approvals/draft", opinion),
        await page.approve(artifact, "sam", "TECHNICAL"),
        await page.done("/snapshots/draft", {"signer": "sam", "artifact_id": artifact.artifact_id}),
        await page.release("sam", artifact_id=artifact.artifact_id),
        *[await page.found(asked) for asked in ("/artifacts", path, f"{path}/display", f"{path}/diff")],
        *[await page.found(asked) for asked in ("/snapshots/current", "/policy", "/log", "/health")],
        await page.done(f"{path}/revocation/draft", {"revoker": "sam", "reason": "done"}),
        await page.revoke(artifact, "sam"),
    ]
    assert [told["policy"] for told in answers] == ["solo"] * len(answers)
    assert (await page.found("/keys"))["solo"] is True


async def test_the_author_who_is_alone_runs_it_again_and_that_says_solo(page: Page) -> None:
    artifact = await page.submitted(replace(submission(), author="sam"))
    started = await page.done(f"/artifacts/{artifact.artifact_id}/reruns", {"validator": "sam"})
    over = await page.over(f"/reruns/{started['run']['run_id']}")
    # There are no bars in this home.
    assert (over["run"]["status"], over["run"]["problem"]["code"]) == ("FAILED", "NOT_FOUND")
    assert (started["policy"], over["policy"]) == ("solo", "solo")
    submitted = await page.done("/artifacts", {"strategy": "ma_crossover_v1", "author": "sam"})
    assert submitted["policy"] == "solo"


async def test_a_refusal_says_solo_as_well(page: Page) -> None:
    artifact = await page.submitted(replace(submission(), author="sam"))
    opinion = await page.opinion(artifact, "sam", "TECHNICAL")
    refused = await page.post(f"/artifacts/{artifact.artifact_id}/approvals/draft", opinion)
    missing = await page.get("/artifacts/nobody")
    assert (refused.status_code, refused.json()["policy"]) == (409, "solo")
    assert (missing.status_code, missing.json()["policy"]) == (404, "solo")


async def test_log_lines_know_what_was_told_last(page: Page) -> None:
    await page.found("/artifacts")
    assert page.desk.parts.mark.last == "solo"
