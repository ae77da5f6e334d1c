"""Who may speak to the desk: the same guard as the trader's, at work here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jax.app.http.guard import Access
from tests.integration.research_http.desk_server import Page, open_page, problem

TOKEN = "correct-horse-battery"


@pytest.fixture
async def guarded(home: Path, emptied_database_url: str) -> AsyncIterator[Page]:
    async with open_page(home, emptied_database_url, access=Access(token=TOKEN, hosts=None)) as opened:
        yield opened


async def test_a_foreign_name_for_this_machine_is_not_answered(page: Page) -> None:
    for path in ("/health", "/api/v1/artifacts"):
        response = await page.http.get(path, headers={"Host": "evil.example"})
        assert problem(response) == (421, "HOST_NOT_SERVED", "jax-research does not answer to 'evil.example'")


async def test_a_page_of_another_site_may_not_post(page: Page) -> None:
    response = await page.http.post(
        "/api/v1/artifacts",
        json={"strategy": "ma_crossover_v1", "author": "ada"},
        headers={"Origin": "http://evil.example"},
    )
    assert problem(response) == (
        403,
        "ORIGIN_REFUSED",
        "pages of other sites may not use jax-research",
    )


async def test_without_the_token_only_health_is_open(guarded: Page) -> None:
    for path in ("/api/v1/artifacts", "/api/v1/health", "/openapi.json"):
        response = await guarded.http.get(path)
        assert problem(response)[:2] == (401, "UNAUTHORIZED")
        assert response.headers["www-authenticate"] == "Bearer"
    assert (await guarded.http.get("/health")).status_code == 200
    authorized = await guarded.http.get("/api/v1/keys", headers={"Authorization": f"Bearer {TOKEN}"})
    assert authorized.status_code == 200


async def test_what_is_not_there_is_a_problem_too(page: Page) -> None:
    assert problem(await page.get("/nothing"))[:2] == (404, "NOT_FOUND")
    wrong_method = await page.http.delete("/api/v1/artifacts")
    assert problem(wrong_method)[:2] == (405, "METHOD_NOT_ALLOWED")


async def test_an_error_of_our_own_shows_no_trace_of_itself(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("jax.app.research.desk.record.Record.root", broken)
    response = await page.get("/keys")
    assert problem(response) == (
        500,
        "INTERNAL_ERROR",
        "jax-research failed on this request; its log says why",
    )
    assert "secret detail" not in response.text
