"""The stop goes through whatever hangs, and health says what is wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx
import pytest

from jax.app.research import desk_wiring
from jax.app.research.desk.desk import desk_at_work
from jax.app.research.desk.parts import DeskParts
from jax.app.research.http.app import create_app
from jax.domain.gate_policy import SOLO_POLICY
from jax.ports.errors import Unavailable
from jax.ports.unit_of_work import Transaction
from tests.integration.research_http.desk_server import Page, open_page, problem, signed

POOL = 5
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'audit.entry'::regclass"


@asynccontextmanager
async def held(database_url: str, statement: str) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's transaction that hangs open after `statement`."""
    sql = await asyncpg.connect(database_url)
    try:
        async with sql.transaction():
            await sql.execute(statement)
            yield sql
    finally:
        await sql.close()


async def test_a_stop_goes_through_while_every_other_connection_waits(
    page: Page, emptied_database_url: str
) -> None:
    artifact = await page.gate.validate(await page.submitted())
    drafted = await page.done(
        f"/artifacts/{artifact.artifact_id}/revocation/draft", {"revoker": "rolf", "reason": "it loses money"}
    )
    async with held(emptied_database_url, "LOCK TABLE audit.entry IN ACCESS EXCLUSIVE MODE") as sql:
        hanging = [asyncio.create_task(page.get("/log")) for _ in range(POOL)]
        async with asyncio.timeout(30):
            while await sql.fetchval(_WAITING) < POOL:  # noqa: ASYNC110 - the server knows
                await asyncio.sleep(0.02)
        stopped = await page.done("/revocations", {"envelope": signed(drafted["statement"], "rolf")})
        assert stopped["policy"] == "desk"
        assert stopped["history_problem"] is not None
        async with page.desk.parts.stopping.begin() as transaction:
            assert (await transaction.artifacts.get(artifact.artifact_id)).state == "REVOKED"
    told = await asyncio.gather(*hanging)
    assert {response.status_code for response in told} <= {200, 503}


async def test_a_stop_is_told_though_the_policy_cannot_be(page: Page, emptied_database_url: str) -> None:
    artifact = await page.submitted()
    drafted = await page.done(
        f"/artifacts/{artifact.artifact_id}/revocation/draft", {"revoker": "rolf", "reason": "it loses money"}
    )
    async with held(emptied_database_url, "LOCK TABLE gate.policy IN ACCESS EXCLUSIVE MODE"):
        stopped = await page.done("/revocations", {"envelope": signed(drafted["statement"], "rolf")})
    # What was told when it was drafted.
    assert (stopped["policy"], stopped["payload_sha256"]) == ("desk", artifact.payload_sha256)


async def test_the_history_that_had_to_wait_is_told_with_the_next_release(
    page: Page, emptied_database_url: str
) -> None:
    artifact = await page.submitted()
    async with held(emptied_database_url, "LOCK TABLE audit.entry IN ACCESS EXCLUSIVE MODE"):
        stopped = await page.revoke(artifact)
    assert stopped["history_problem"] == "another transaction holds the record, for more than 2 seconds"
    path = f"/artifacts/{artifact.artifact_id}"
    before = await page.found(path)
    assert before["artifact"]["state"] == "REVOKED"
    assert [event["to_state"] for event in before["history"]] == ["DRAFT"]
    renewed = await page.release(renew=True)
    assert renewed["history_problem"] is None
    assert renewed["snapshot"]["revoked"] == [artifact.payload_sha256]
    after = await page.found(path)
    assert [event["to_state"] for event in after["history"]] == ["DRAFT", "REVOKED"]


async def test_a_question_does_not_wait_for_ever_for_what_others_hold(
    home: Path, emptied_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_wiring, "_LONGEST_WAIT_FOR_A_LOCK_SECONDS", 0.2)
    async with (
        open_page(home, emptied_database_url) as page,
        held(emptied_database_url, "LOCK TABLE audit.entry, gate.artifact IN ACCESS EXCLUSIVE MODE"),
    ):
        told = [problem(await page.get("/log"))[:2], problem(await page.get("/artifacts/a"))[:2]]
        draft = await page.post("/artifacts/a/revocation/draft", {"revoker": "rolf", "reason": "x"})
    assert [*told, problem(draft)[:2]] == [(503, "UNAVAILABLE")] * 3


async def test_a_desk_that_can_work_is_ok(page: Page) -> None:
    for path in ("/health", "/api/v1/health"):
        response = await page.http.get(path)
        assert response.status_code == 200
        assert response.json() == {
            "status": "ok",
            "reasons": [],
            "version": page.desk.facts.version,
            "policy": "desk",
        }


async def health(parts: DeskParts, page: Page) -> httpx.Response:
    async with desk_at_work(parts, page.desk.facts) as desk:
        transport = httpx.ASGITransport(app=create_app(desk))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            return await http.get("/health")


async def test_without_a_root_file_nobody_can_decide(page: Page, home: Path) -> None:
    (home / "gate" / "root.json").unlink()
    response = await page.http.get("/health")
    assert (response.status_code, response.json()["status"]) == (503, "degraded")
    (reason,) = response.json()["reasons"]
    assert reason.startswith(f"gate: There is no root file {home}/gate/root.json")


async def test_a_policy_below_the_floor_is_told(page: Page) -> None:
    async with page.desk.parts.unit_of_work.begin() as transaction:
        await transaction.releases.add_policy(replace(SOLO_POLICY, version=2).encoded())
    response = await page.http.get("/health")
    assert (response.status_code, response.json()["status"]) == (503, "degraded")
    (reason,) = response.json()["reasons"]
    assert reason.startswith("gate: the policy in force cannot be used: ")


class NoAnswer:
    """A database that has gone away."""

    def begin(self) -> "NoAnswer":
        return self

    async def __aenter__(self) -> Transaction:
        raise Unavailable("Cannot open the database: nothing listens there.")

    async def __aexit__(self, *_: object) -> None:
        """Never entered."""


class Silence:
    """A database that takes a connection and says nothing."""

    def begin(self) -> "Silence":
        return self

    async def __aenter__(self) -> Transaction:
        await asyncio.Event().wait()
        raise AssertionError

    async def __aexit__(self, *_: object) -> None:
        """Never entered."""


async def test_a_database_that_has_gone_is_unhealthy(page: Page) -> None:
    response = await health(replace(page.desk.parts, unit_of_work=NoAnswer()), page)
    assert (response.status_code, response.json()["status"]) == (503, "unhealthy")
    assert response.json()["reasons"] == ["database: Cannot open the database: nothing listens there."]


async def test_a_database_that_says_nothing_is_unhealthy(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jax.app.research.desk.health._WITHIN_SECONDS", 0.1)
    response = await health(replace(page.desk.parts, unit_of_work=Silence()), page)
    assert (response.status_code, response.json()["status"]) == (503, "unhealthy")
    assert response.json()["reasons"] == ["database: no answer within 0 seconds"]


async def test_while_the_database_is_away_every_question_is_unavailable(page: Page) -> None:
    async with desk_at_work(replace(page.desk.parts, unit_of_work=NoAnswer()), page.desk.facts) as desk:
        transport = httpx.ASGITransport(app=create_app(desk))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            response = await http.get("/api/v1/artifacts")
    assert (response.status_code, response.json()["code"]) == (503, "UNAVAILABLE")
    assert "policy" not in response.json()
