"""What the gate goes by, and what it has recorded."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from jax.app.research.desk.desk import Desk
from jax.app.research.http.fields import Count, Flag, Hash, IdentifierInPath, Mark, Moment, Person
from jax.app.research.http.problems import responses
from jax.app.research.http.provenance import ProvenanceAnswer
from jax.domain.audit import AuditEntry
from jax.domain.canonical_json import strict_parse
from jax.domain.gate_key import GateKey, GateRole

_LARGEST = 2**53 - 1


class PolicyAnswer(BaseModel):
    """The policy in force; approvals name its hash."""

    policy: Mark
    policy_sha256: Hash
    document: dict[str, Any] = Field(
        examples=[{"schema": "jax/policy/v1", "name": "desk", "version": 1, "solo": False}]
    )


class KeyBody(BaseModel):
    """One key of the root file; from `ended` on it signs nothing that counts."""

    key_id: Hash
    person: Person
    roles: list[GateRole]
    added: Moment
    ended: Moment | None

    @classmethod
    def of(cls, key: GateKey) -> "KeyBody":
        return cls(
            key_id=key.key_id, person=key.person, roles=sorted(key.roles), added=key.added, ended=key.ended
        )


class KeysAnswer(BaseModel):
    """The root file of this machine: its hash is what two people compare."""

    number: Count
    solo: Flag
    root_sha256: Hash
    keys: list[KeyBody]


class EntryBody(BaseModel):
    """One entry of the hash chain."""

    n: Count
    at: Moment
    kind: str = Field(examples=["artifact.step"])
    subject: str = Field(examples=["0197f6a2c3d17b6e9d5f"])
    actor: str = Field(examples=["victor"])
    data: Any = Field(examples=[{"from": "DRAFT", "to": "VALIDATED"}])
    previous_sha256: Hash
    entry_sha256: Hash

    @classmethod
    def of(cls, entry: AuditEntry) -> "EntryBody":
        event = entry.event
        return cls(
            n=entry.n,
            at=event.at,
            kind=event.kind,
            subject=event.subject,
            actor=event.actor,
            data=event.data,
            previous_sha256=entry.previous_sha256,
            entry_sha256=entry.entry_sha256,
        )


class LogAnswer(BaseModel):
    """Oldest first; ask again with `after` at `next_after`, also later, for what has come since."""

    policy: Mark
    entries: list[EntryBody]
    next_after: Count


def record_routes(desk: Desk) -> APIRouter:
    """The routes of policy, keys, log and provenance."""
    routes = APIRouter(prefix="/api/v1", tags=["record"])

    @routes.get("/policy", responses=responses(404, 409, 422, 503))
    async def policy() -> PolicyAnswer:
        """By what everything is judged now."""
        found = await desk.record.policy()
        document: Any = strict_parse(found.encoded())
        return PolicyAnswer(policy=found.mark, policy_sha256=found.sha256, document=document)

    @routes.get("/keys", responses=responses(404, 422, 503))
    async def keys() -> KeysAnswer:
        """Who may sign what, as the root file of this machine says."""
        root = desk.record.root()
        return KeysAnswer(
            number=root.number,
            solo=root.solo,
            root_sha256=root.sha256,
            keys=[KeyBody.of(key) for key in root.keys],
        )

    @routes.get("/log", responses=responses(422, 503))
    async def log(
        after: Annotated[int, Query(ge=0, le=_LARGEST)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> LogAnswer:
        """The record, from entry `after` on."""
        page = await desk.record.entries_after(after, limit=limit)
        return LogAnswer(
            policy=page.policy,
            entries=[EntryBody.of(entry) for entry in page.entries],
            next_after=page.entries[-1].n if page.entries else after,
        )

    @routes.get("/trades/{trade_id}/provenance", responses=responses(404, 422, 503))
    async def provenance(trade_id: IdentifierInPath) -> ProvenanceAnswer:
        """By what a trade was allowed, as the database tells it; `artifact-approver verify` proves it."""
        return ProvenanceAnswer.of(await desk.record.provenance(trade_id))

    return routes
