"""What may trade: the next snapshot, and the one in force."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from jax.app.research.desk.desk import Desk
from jax.app.research.desk.releases import MarkedSnapshot
from jax.app.research.http.bodies import ArtifactBody, SnapshotBody
from jax.app.research.http.fields import (
    Flag,
    Identifier,
    Mark,
    Person,
    Reason,
    StrategyName,
    StrictBody,
    Text,
)
from jax.app.research.http.problems import responses
from jax.app.research.http.signing import EnvelopeBody, StatementBody


class SnapshotDraftRequest(StrictBody):
    """The snapshot before, with exactly one change.

    `artifact_id` releases an APPROVED artifact, or rolls back to a DEPRECATED one; `renew` is the same for
    another life; `withdraw` is the same without that strategy.
    """

    signer: Person
    artifact_id: Identifier | None = None
    renew: Literal[True] | None = Field(None, examples=[True])
    withdraw: StrategyName | None = None

    @model_validator(mode="after")
    def _one_change(self) -> "SnapshotDraftRequest":
        if [self.artifact_id, self.renew, self.withdraw].count(None) != 2:
            raise ValueError("name an artifact_id, or renew, or a strategy to withdraw: one of the three")
        return self


class SnapshotDraftAnswer(BaseModel):
    """To be signed by a key that may release."""

    policy: Mark
    snapshot: SnapshotBody
    statement: StatementBody


class SnapshotRequest(StrictBody):
    """A signed snapshot."""

    envelope: EnvelopeBody
    reason: Reason


class SnapshotAnswer(BaseModel):
    """What is released now, and the artifacts whose state changed with it.

    `history_problem` says why earlier revocations, which are in force, are not in the record yet.
    """

    policy: Mark | None
    snapshot: SnapshotBody
    activated: list[ArtifactBody]
    deprecated: list[ArtifactBody]
    history_problem: Text | None


class CurrentSnapshotAnswer(BaseModel):
    """The newest snapshot, under its own policy; `problem` says why it is not in force."""

    policy: Mark
    snapshot: SnapshotBody
    in_force: Flag
    problem: Text | None


def release_routes(desk: Desk) -> APIRouter:
    """The routes under /api/v1/snapshots."""
    routes = APIRouter(prefix="/api/v1/snapshots", tags=["snapshots"])

    @routes.post("/draft", responses=responses(404, 409, 413, 422, 503))
    async def draft_snapshot(request: SnapshotDraftRequest) -> SnapshotDraftAnswer:
        """The statement to sign."""
        drafted = await _drafted(desk, request)
        return SnapshotDraftAnswer(
            policy=drafted.policy,
            snapshot=SnapshotBody.of(drafted.snapshot),
            statement=StatementBody.of(drafted.snapshot.statement()),
        )

    @routes.post("", responses=responses(404, 409, 413, 422, 503))
    async def accept_snapshot(request: SnapshotRequest) -> SnapshotAnswer:
        """Verifies and stores a signed snapshot, and takes the steps that it means."""
        accepted = await desk.releases.accept(request.envelope.encoded(), reason=request.reason)
        released = accepted.released
        return SnapshotAnswer(
            policy=accepted.policy,
            snapshot=SnapshotBody.of(released.snapshot),
            activated=[ArtifactBody.of(artifact) for artifact in released.activated],
            deprecated=[ArtifactBody.of(artifact) for artifact in released.deprecated],
            history_problem=accepted.history_problem,
        )

    @routes.get("/current", responses=responses(404, 409, 503))
    async def current_snapshot() -> CurrentSnapshotAnswer:
        """What may trade now."""
        found = await desk.releases.current()
        return CurrentSnapshotAnswer(
            policy=found.policy,
            snapshot=SnapshotBody.of(found.snapshot),
            in_force=found.problem is None,
            problem=found.problem,
        )

    return routes


async def _drafted(desk: Desk, request: SnapshotDraftRequest) -> MarkedSnapshot:
    if request.artifact_id is not None:
        return await desk.releases.draft(request.artifact_id, signer=request.signer)
    return await desk.releases.draft_renewal(signer=request.signer, without=request.withdraw)
