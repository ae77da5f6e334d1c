"""Who may speak to the trader, and what everybody else is told."""

from collections.abc import AsyncIterator

import httpx
import pytest

from jax.app.http.guard import Access
from tests.integration.trader.trading_floor import Floor, open_floor

TOKEN = "correct-horse-battery"


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["error"] == body["detail"]
    return response.status_code, str(body["code"])


@pytest.fixture
async def floor() -> AsyncIterator[Floor]:
    async with open_floor() as opened:
        yield opened


@pytest.fixture
async def guarded() -> AsyncIterator[Floor]:
    async with open_floor(access=Access(token=TOKEN, hosts=None)) as opened:
        yield opened


@pytest.mark.parametrize("host", ["127.0.0.1:8100", "localhost", "LOCALHOST:1", "[::1]:8100"])
async def test_the_names_of_this_machine_are_answered(floor: Floor, host: str) -> None:
    assert (await floor.http.get("/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8100", "127.0.0.1.evil.example", ""])
async def test_a_foreign_name_for_this_machine_is_not_answered(floor: Floor, host: str) -> None:
    for path in ("/health", "/api/v1/signals"):
        response = await floor.http.get(path, headers={"Host": host})
        assert problem(response) == (421, "HOST_NOT_SERVED")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999"])
async def test_a_page_of_another_site_may_not_post(floor: Floor, origin: str) -> None:
    signal_id = await floor.approved_signal()
    response = await floor.http.post(
        "/api/v1/execute",
        json={"signal_id": signal_id, "approved_by": "olivia"},
        headers={"Origin": origin},
    )
    assert problem(response) == (403, "ORIGIN_REFUSED")
    assert floor.line.placed == []


async def test_a_form_post_that_needs_no_preflight_is_not_read_as_json(floor: Floor) -> None:
    signal_id = await floor.approved_signal()
    response = await floor.http.post(
        "/api/v1/execute",
        content=f'{{"signal_id": "{signal_id}", "approved_by": "olivia"}}',
        headers={"Content-Type": "text/plain"},
    )
    assert problem(response) == (422, "INVALID_REQUEST")
    assert floor.line.placed == []


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer \xe9"],
)
async def test_without_the_token_only_health_is_open(guarded: Floor, authorization: str | None) -> None:
    headers = httpx.Headers()
    if authorization is not None:
        headers = httpx.Headers([(b"authorization", authorization.encode("latin-1"))])
    response = await guarded.http.get("/api/v1/signals", headers=headers)
    assert problem(response) == (401, "UNAUTHORIZED")
    assert response.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in response.text
    assert (await guarded.http.get("/openapi.json", headers=headers)).status_code == 401
    assert (await guarded.http.get("/health", headers=headers)).status_code == 200


async def test_with_the_token_everything_is_open(guarded: Floor) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": "trader.internal"}
    assert (await guarded.http.get("/api/v1/signals", headers=headers)).status_code == 200


async def test_a_body_beyond_the_limit_is_refused_also_when_its_length_is_not_told(floor: Floor) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(65):
            yield b" " * 65536

    told = await floor.http.post("/api/v1/bars", content=b" " * (4 * 1024 * 1024 + 1))
    dripped = await floor.http.post("/api/v1/bars", content=drip())
    assert problem(told) == problem(dripped) == (413, "BODY_TOO_LARGE")


async def test_what_is_not_there_is_a_problem_too(floor: Floor) -> None:
    assert problem(await floor.http.get("/api/v1/nothing")) == (404, "NOT_FOUND")
    wrong_method = await floor.http.delete("/api/v1/execute")
    assert problem(wrong_method) == (405, "METHOD_NOT_ALLOWED")
    assert wrong_method.headers["allow"] == "POST"


@pytest.mark.parametrize("content", [b"{", b"", b"[]", b"nul", b"\xff", b"[" * 100_000])
async def test_what_is_not_json_is_a_problem_too(floor: Floor, content: bytes) -> None:
    response = await floor.http.post(
        "/api/v1/execute", content=content, headers={"Content-Type": "application/json"}
    )
    status, _ = problem(response)
    assert status in {400, 422}


async def test_an_error_of_our_own_shows_no_trace_of_itself(floor: Floor) -> None:
    async def broken(_account: str) -> None:
        raise RuntimeError("secret detail")

    floor.line.account = broken  # type: ignore[assignment,method-assign]  # a bug, planted
    response = await floor.execute(await floor.approved_signal())
    assert problem(response) == (500, "INTERNAL_ERROR")
    assert "secret detail" not in response.text


async def test_every_route_describes_its_answers_and_problems(floor: Floor) -> None:
    description = (await floor.http.get("/openapi.json")).json()
    assert set(description["paths"]) == {
        "/health",
        "/api/v1/bars",
        "/api/v1/bars/last",
        "/api/v1/signals",
        "/api/v1/signals/generate",
        "/api/v1/signals/{signal_id}/approve",
        "/api/v1/signals/{signal_id}/reject",
        "/api/v1/execute",
        "/api/v1/trades",
        "/api/v1/orders",
        "/api/v1/orders/{order_id}/cancel",
        "/api/v1/fills",
        "/api/v1/positions",
        "/api/v1/positions/{symbol}/close",
        "/api/v1/flatten",
        "/api/v1/account",
        "/api/v1/risk",
        "/api/v1/kill",
        "/api/v1/kill/release",
        "/api/v1/mode",
        "/api/v1/arm",
        "/api/v1/disarm",
    }
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path} says nothing of itself"
            for status, answer in operation["responses"].items():
                problems = "application/problem+json" in answer["content"]
                assert problems == (int(status) >= 400 and path != "/health"), f"{method} {path} {status}"
    execute = description["paths"]["/api/v1/execute"]["post"]["responses"]
    assert set(execute) == {"200", "201", "202", "404", "409", "422", "423", "503"}
    quantity = description["components"]["schemas"]["TradeBody"]["properties"]["quantity"]
    assert quantity["type"] == "string"
