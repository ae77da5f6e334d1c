"""What the gate has taken is answered as taken, also when the database goes away right afterwards."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import pytest

from jax.app.research.desk.desk import desk_at_work
from jax.app.research.http.app import create_app
from jax.domain.artifact import Artifact, ArtifactState
from jax.ports.errors import Unavailable
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.gate_people import golden_envelope, rerun_envelope
from tests.integration.research_http.desk_server import Page, answer, signed


@dataclass
class OneTransaction:
    """A database that goes away after one transaction."""

    behind: UnitOfWork
    is_there: bool = True

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        if not self.is_there:
            raise Unavailable("Cannot open the database: nothing listens there.")
        self.is_there = False
        async with self.behind.begin() as transaction:
            yield transaction


@asynccontextmanager
async def soon_alone(page: Page) -> AsyncIterator[httpx.AsyncClient]:
    parts = page.desk.parts
    await parts.policy_mark()
    async with desk_at_work(
        replace(parts, unit_of_work=OneTransaction(parts.unit_of_work)), page.desk.facts
    ) as desk:
        transport = httpx.ASGITransport(app=create_app(desk))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/api/v1") as http:
            yield http


@pytest.fixture
async def draft(page: Page) -> Artifact:
    return await page.submitted()


async def state_of(page: Page, artifact: Artifact) -> str:
    return str((await page.found(f"/artifacts/{artifact.artifact_id}"))["artifact"]["state"])


async def test_an_approval(page: Page, draft: Artifact) -> None:
    await page.gate.validate(draft)
    envelope = signed(await page.drafted_approval(draft, "tessa", "TECHNICAL"), "tessa")
    async with soon_alone(page) as http:
        path = f"/artifacts/{draft.artifact_id}/approvals"
        told = answer(await http.post(path, json={"envelope": envelope}))
    assert (told["artifact"]["state"], told["policy"]) == ("REVIEWED", "desk")
    assert told["missing"].startswith("what is missing cannot be told: Cannot open the database")
    assert await state_of(page, draft) == ArtifactState.REVIEWED


async def test_evidence(page: Page, draft: Artifact) -> None:
    envelopes = [_body(make(draft)) for make in (rerun_envelope, golden_envelope)]
    async with soon_alone(page) as http:
        path = f"/artifacts/{draft.artifact_id}/evidence"
        told = answer(await http.post(path, json={"envelopes": envelopes}))
    assert (told["artifact"]["state"], told["policy"]) == ("VALIDATED", "desk")
    assert await state_of(page, draft) == ArtifactState.VALIDATED


async def test_a_snapshot(page: Page, draft: Artifact) -> None:
    await page.gate.approve(draft)
    drafted = await page.done("/snapshots/draft", {"signer": "rene", "artifact_id": draft.artifact_id})
    envelope = signed(drafted["statement"], "rene")
    async with soon_alone(page) as http:
        told = answer(await http.post("/snapshots", json={"envelope": envelope, "reason": "go"}))
    assert (told["snapshot"]["seq"], told["policy"]) == (1, "desk")
    assert told["history_problem"] == "Cannot open the database: nothing listens there."
    assert await state_of(page, draft) == ArtifactState.ACTIVE


async def test_a_revocation(page: Page, draft: Artifact) -> None:
    path = f"/artifacts/{draft.artifact_id}/revocation/draft"
    drafted = await page.done(path, {"revoker": "rolf", "reason": "it loses money"})
    parts = page.desk.parts
    alone = replace(
        parts, stopping=OneTransaction(parts.stopping), unit_of_work=OneTransaction(parts.stopping)
    )
    async with desk_at_work(alone, page.desk.facts) as desk:
        transport = httpx.ASGITransport(app=create_app(desk))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/api/v1") as http:
            envelope = signed(drafted["statement"], "rolf")
            told = answer(await http.post("/revocations", json={"envelope": envelope}))
    assert (told["revoker"], told["policy"]) == ("rolf", "desk")
    assert await state_of(page, draft) == ArtifactState.REVOKED


def _body(envelope: bytes) -> object:
    return json.loads(envelope)
