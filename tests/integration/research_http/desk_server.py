"""The desk behind real HTTP on a real Postgres, and the people who sign as a page of theirs would."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from jax.adapters.gate_files.root_file import write_root
from jax.adapters.system.system_clock import SystemClock
from jax.app.http.guard import Access
from jax.app.listening_socket import listen, url_of
from jax.app.research.desk.desk import Desk, desk_at_work
from jax.app.research.desk_wiring import open_desk
from jax.app.research.http.app import create_app
from jax.domain.artifact import Artifact
from jax.domain.gate_policy import DESK_POLICY, GatePolicy
from jax.domain.gate_root import GateRoot
from jax.modules.artifacts.submit_artifact import Submission, SubmitArtifact
from jax.ports.clock import Clock
from tests.desk import submission
from tests.gate_desk import GateDesk
from tests.gate_people import ROOT, Hand

OVER = ("DONE", "FAILED")


@dataclass(frozen=True, slots=True)
class Page:
    """What a web page does: it asks over HTTP, and signs with the key of whoever sits before it."""

    http: httpx.AsyncClient
    desk: Desk
    gate: GateDesk

    @asynccontextmanager
    async def at(self, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
        """The same desk at another time."""
        async with (
            desk_at_work(replace(self.desk.parts, clock=clock), self.desk.facts) as desk,
            _client(desk, None) as http,
        ):
            yield http

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(f"/api/v1{path}", params=params)

    async def post(self, path: str, body: object) -> httpx.Response:
        return await self.http.post(f"/api/v1{path}", json=body)

    async def found(self, path: str, **params: Any) -> dict[str, Any]:
        return answer(await self.get(path, **params))

    async def done(self, path: str, body: object) -> dict[str, Any]:
        return answer(await self.post(path, body))

    async def over(self, path: str) -> dict[str, Any]:
        """The run at `path` when it is over."""
        async with asyncio.timeout(120):
            while True:
                told = await self.found(path)
                if told["run"]["status"] in OVER:
                    return told
                await asyncio.sleep(0.05)

    async def submitted(self, given: Submission | None = None) -> Artifact:
        """A DRAFT, without a backtest."""
        parts = self.desk.parts
        submitting = SubmitArtifact(
            unit_of_work=parts.unit_of_work, object_store=parts.objects, clock=parts.clock, ids=parts.ids
        )
        return await submitting.submit(given or submission())

    async def opinion(
        self, artifact: Artifact | str, approver: str, kind: str, **said: Any
    ) -> dict[str, Any]:
        """What somebody thinks who has read what is displayed."""
        displayed = await self.found(f"/artifacts/{id_of(artifact)}/display")
        return {
            "kind": kind,
            "decision": "APPROVE",
            "approver": approver,
            "displayed_sha256": displayed["displayed_sha256"],
            "reason": "read the code",
            **said,
        }

    async def drafted_approval(
        self, artifact: Artifact | str, approver: str, kind: str, **said: Any
    ) -> dict[str, Any]:
        """The statement that somebody is to sign who has read what is displayed."""
        opinion = await self.opinion(artifact, approver, kind, **said)
        drafted = await self.done(f"/artifacts/{id_of(artifact)}/approvals/draft", opinion)
        statement: dict[str, Any] = drafted["statement"]
        return statement

    async def approve(self, artifact: Artifact | str, approver: str, kind: str) -> dict[str, Any]:
        """Reads, drafts, signs and hands in."""
        statement = await self.drafted_approval(artifact, approver, kind)
        path = f"/artifacts/{id_of(artifact)}/approvals"
        return await self.done(path, {"envelope": signed(statement, approver)})

    async def release(self, signer: str = "rene", **change: Any) -> dict[str, Any]:
        """Drafts the next snapshot, signs and hands it in."""
        drafted = await self.done("/snapshots/draft", {"signer": signer, **change})
        return await self.done(
            "/snapshots", {"envelope": signed(drafted["statement"], signer), "reason": "go"}
        )

    async def revoke(self, artifact: Artifact | str, revoker: str = "rolf") -> dict[str, Any]:
        """Drafts, signs and hands in."""
        drafted = await self.done(
            f"/artifacts/{id_of(artifact)}/revocation/draft", {"revoker": revoker, "reason": "it loses money"}
        )
        return await self.done("/revocations", {"envelope": signed(drafted["statement"], revoker)})


def id_of(artifact: Artifact | str) -> str:
    return artifact if isinstance(artifact, str) else artifact.artifact_id


def answer(response: httpx.Response) -> dict[str, Any]:
    """The body of an answer that is no problem."""
    assert response.status_code in {200, 202}, response.text
    body: dict[str, Any] = response.json()
    return body


def problem(response: httpx.Response) -> tuple[int, str, str]:
    """Status, code and sentence of a refusal."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body = response.json()
    assert body["status"] == response.status_code
    assert body["error"] == body["detail"]
    return response.status_code, str(body["code"]), str(body["detail"])


def signed(statement: Mapping[str, Any], hand: str) -> dict[str, Any]:
    """The envelope around a drafted statement, by the key of that hand."""
    signature = Hand(hand).sign(base64.b64decode(statement["to_sign"]))
    return envelope_of(statement["statement"], signature, hand, payload_type=statement["payload_type"])


def envelope_of(
    payload: str, signature: bytes, hand: str, *, payload_type: str = "application/vnd.in-toto+json"
) -> dict[str, Any]:
    return {
        "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": Hand(hand).key_id}],
        "payloadType": payload_type,
        "payload": payload,
    }


@asynccontextmanager
async def open_page(
    home: Path,
    database_url: str,
    *,
    policy: GatePolicy | None = DESK_POLICY,
    root: GateRoot = ROOT,
    access: Access | None = None,
) -> AsyncIterator[Page]:
    """A desk of the people in `root`, who have published keys and `policy` unless there is none."""
    write_root(home / "gate" / "root.json", root)
    async with open_desk(home, database_url) as desk:
        gate = GateDesk(desk.parts.unit_of_work, SystemClock(), root=root)
        if policy is not None:
            await gate.open(policy)
        async with _client(desk, access) as http:
            yield Page(http, desk, gate)


@asynccontextmanager
async def _client(desk: Desk, access: Access | None) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        _serving(desk, access) as url,
        # Nothing is encrypted on the way, and the certificates of the world take long to read.
        httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as http,
    ):
        yield http


@asynccontextmanager
async def _serving(desk: Desk, access: Access | None) -> AsyncIterator[str]:
    config = uvicorn.Config(create_app(desk, access), lifespan="off", ws="none", log_config=None)
    server = _Server(config)
    with listen("127.0.0.1", 0, ports=()) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        try:
            await server.answering.wait()
            yield url_of(listening)
        finally:
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    """Says when it answers, and leaves the signals of the test's process alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    async def startup(self, sockets: Sequence[Any] | None = None) -> None:
        await super().startup(None if sockets is None else list(sockets))
        self.answering.set()
