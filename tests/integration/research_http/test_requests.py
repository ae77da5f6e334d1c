"""What is no request: unknown fields, wrong forms, too much. Each is refused by the name of its field."""

import unicodedata
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from jax.domain.artifact import Artifact
from tests.integration.research_http.desk_server import Page, open_page, problem
from tests.postgres_server import fresh_database

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOWN = "sha256:" + "5" * 64
OPINION = {
    "kind": "TECHNICAL",
    "decision": "APPROVE",
    "approver": "tessa",
    "displayed_sha256": SHOWN,
    "reason": "read the code",
}
SIGNATURE = {"keyid": SHOWN, "sig": "AA=="}
ENVELOPE: dict[str, Any] = {
    "payload": "e30=",
    "payloadType": "application/vnd.in-toto+json",
    "signatures": [SIGNATURE],
}
SUBMISSION = {"strategy": "ma_crossover_v1", "author": "ada"}
DRAFT, APPROVALS = "/artifacts/a/approvals/draft", "/artifacts/a/approvals"


@pytest.fixture(scope="module")
def desk_url(postgres_server_url: str, migrated_template_url: str) -> Iterator[str]:
    with fresh_database(postgres_server_url, template=migrated_template_url) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(tmp_path_factory: pytest.TempPathFactory, desk_url: str) -> AsyncIterator[Page]:
    """One desk for all: what is refused leaves no trace there."""
    home = tmp_path_factory.mktemp("desk") / "home"
    home.mkdir(mode=0o700)
    async with open_page(home, desk_url) as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (DRAFT, OPINION),
        (APPROVALS, {"envelope": ENVELOPE}),
        ("/artifacts/a/evidence", {"envelopes": [ENVELOPE]}),
        ("/artifacts/a/reruns", {"validator": "victor"}),
        ("/artifacts/a/revocation/draft", {"revoker": "rolf", "reason": "x"}),
        ("/revocations", {"envelope": ENVELOPE}),
        ("/snapshots/draft", {"signer": "rene", "renew": True}),
        ("/snapshots", {"envelope": ENVELOPE, "reason": "x"}),
        ("/artifacts", SUBMISSION),
    ],
)
async def test_a_field_that_nobody_knows_is_refused(page: Page, path: str, body: dict[str, Any]) -> None:
    assert problem(await page.post(path, {**body, "force": True})) == (
        422,
        "INVALID_REQUEST",
        "force: Extra inputs are not permitted",
    )


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (DRAFT, {**OPINION, "kind": "BLESSING"}, "kind"),
        (DRAFT, {**OPINION, "decision": "MAYBE"}, "decision"),
        (DRAFT, {**OPINION, "approver": "Tessa Smith"}, "approver"),
        (DRAFT, {**OPINION, "displayed_sha256": "5" * 64}, "displayed_sha256"),
        (DRAFT, {**OPINION, "reason": " "}, "reason"),
        (DRAFT, {**OPINION, "reason": "x" * 1001}, "reason"),
        (DRAFT, {**OPINION, "reason": "line\nbreak"}, "reason"),
        (DRAFT, {**OPINION, "reason": "\u202edesrever"}, "reason"),
        (DRAFT, {key: value for key, value in OPINION.items() if key != "reason"}, "reason"),
        (APPROVALS, {"envelope": {**ENVELOPE, "payloadType": "text/plain"}}, "envelope.payloadType"),
        (APPROVALS, {"envelope": {**ENVELOPE, "signatures": []}}, "envelope.signatures"),
        (APPROVALS, {"envelope": {**ENVELOPE, "signatures": [SIGNATURE] * 2}}, "envelope.signatures"),
        (APPROVALS, {"envelope": {**ENVELOPE, "note": "x"}}, "envelope.note"),
        (APPROVALS, {"envelope": {**ENVELOPE, "payload": "A" * 1_400_004}}, "envelope.payload"),
        (
            APPROVALS,
            {"envelope": {**ENVELOPE, "signatures": [{**SIGNATURE, "keyid": "tessa"}]}},
            "envelope.signatures[0].keyid",
        ),
        (
            APPROVALS,
            {"envelope": {**ENVELOPE, "signatures": [{**SIGNATURE, "cert": "x"}]}},
            "envelope.signatures[0].cert",
        ),
        ("/artifacts/a/evidence", {"envelopes": []}, "envelopes"),
        ("/artifacts/a/evidence", {"envelopes": [ENVELOPE] * 5}, "envelopes"),
        ("/snapshots/draft", {"signer": "rene"}, "body"),
        ("/snapshots/draft", {"signer": "rene", "renew": True, "withdraw": "a"}, "body"),
        ("/snapshots/draft", {"signer": "rene", "renew": False}, "renew"),
        ("/artifacts", {**SUBMISSION, "strategy": "../etc"}, "strategy"),
        ("/artifacts", {**SUBMISSION, "trials": 0}, "trials"),
        ("/artifacts", {**SUBMISSION, "trials": True}, "trials"),
        ("/artifacts", {**SUBMISSION, "trials": "3"}, "trials"),
        ("/artifacts", {**SUBMISSION, "symbols": ["aapl"]}, "symbols[0]"),
        ("/artifacts", {**SUBMISSION, "from": "2011-02-30"}, "from"),
        ("/artifacts", {**SUBMISSION, "risk": {"max_daily_loss": 1000}}, "risk.max_daily_loss"),
        ("/artifacts", {**SUBMISSION, "risk": {"max_daily_loss": "-1"}}, "risk.max_daily_loss"),
        ("/artifacts", {**SUBMISSION, "risk": {"max_daily_loss": "NaN"}}, "risk.max_daily_loss"),
        ("/artifacts", {**SUBMISSION, "risk": {"venues": []}}, "risk.venues"),
        ("/artifacts", {**SUBMISSION, "risk": {"leverage": "10"}}, "risk.leverage"),
    ],
)
async def test_what_cannot_be_is_refused_by_the_name_of_its_field(
    page: Page, path: str, body: dict[str, Any], field: str
) -> None:
    status, code, detail = problem(await page.post(path, body))
    assert (status, code) == (422, "INVALID_REQUEST")
    assert detail.startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("/artifacts", {"state": "LIVE"}, "state"),
        ("/artifacts", {"name": "Robert'); DROP"}, "name"),
        ("/artifacts", {"limit": 0}, "limit"),
        ("/artifacts", {"limit": 201}, "limit"),
        ("/artifacts", {"cursor": "x" * 65}, "cursor"),
        ("/artifacts/" + "x" * 65, {}, "artifact_id"),
        ("/artifacts/%00", {}, "artifact_id"),
        ("/artifacts/a/diff", {"against": "\x00"}, "against"),
        ("/trades/%0a/provenance", {}, "trade_id"),
        ("/log", {"after": -1}, "after"),
        ("/log", {"after": 2**53}, "after"),
        ("/log", {"limit": 1001}, "limit"),
    ],
)
async def test_a_question_that_cannot_be_is_refused_by_the_name_of_its_field(
    page: Page, path: str, params: dict[str, Any], field: str
) -> None:
    status, code, detail = problem(await page.get(path, **params))
    assert (status, code) == (422, "INVALID_REQUEST")
    assert detail.startswith(f"{field}: ")


async def test_a_reason_is_recorded_in_the_one_spelling_that_is_signed(page: Page) -> None:
    artifact: Artifact = await page.gate.validate(await page.submitted())
    given = unicodedata.normalize("NFD", "  für gut befunden ")
    opinion = await page.opinion(artifact, "tessa", "TECHNICAL", reason=given)
    drafted = await page.done(f"/artifacts/{artifact.artifact_id}/approvals/draft", opinion)
    assert drafted["approval"]["reason"] == unicodedata.normalize("NFC", "für gut befunden")


async def test_a_body_beyond_the_limit_is_refused(page: Page) -> None:
    response = await page.http.post("/api/v1/revocations", content=b" " * (4 * 1024 * 1024 + 1))
    assert problem(response)[:2] == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("content", [b"{", b"", b"[]", b"nul", b"\xff", b"[" * 100_000])
async def test_what_is_not_json_is_a_problem_too(page: Page, content: bytes) -> None:
    response = await page.http.post(
        "/api/v1/revocations", content=content, headers={"Content-Type": "application/json"}
    )
    assert problem(response)[0] in {400, 422}
