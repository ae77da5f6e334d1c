"""Artifacts, and what people are shown of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from jax.app.research.desk.desk import Desk
from jax.app.research.desk.reading import ArtifactPage, Difference, Wanted
from jax.app.research.http.bodies import (
    ApprovalBody,
    ArtifactBody,
    EventBody,
    EvidenceBody,
    SetAsideBody,
)
from jax.app.research.http.fields import Hash, Identifier, IdentifierInPath, Mark, StrategyName, Text
from jax.app.research.http.problems import responses
from jax.domain.artifact import ArtifactEvent, ArtifactState
from jax.domain.canonical_json import sha256_of
from jax.modules.artifacts.artifact_view import ArtifactView
from jax.modules.artifacts.display_artifact import displayed
from jax.modules.artifacts.display_difference import displayed_difference, field_changes


class ListedArtifactBody(ArtifactBody):
    """`problem` says why its payload is not to be read or believed."""

    problem: Text | None


class ArtifactsAnswer(BaseModel):
    """Newest first; `next_cursor` asks for the next page, null on the last."""

    policy: Mark
    artifacts: list[ListedArtifactBody]
    next_cursor: Identifier | None

    @classmethod
    def of(cls, page: ArtifactPage) -> "ArtifactsAnswer":
        return cls(
            policy=page.policy,
            artifacts=[
                ListedArtifactBody(**dict(ArtifactBody.of(found.artifact)), problem=found.problem)
                for found in page.artifacts
            ],
            next_cursor=page.next_cursor,
        )


class ArtifactAnswer(BaseModel):
    """An artifact as the policy in force judges it.

    `evidence` is what counts of it; `approvals` and `rejections` count, what is `set_aside` does not;
    `missing` says what the quorum lacks. Each `..._problem` says why something else is null.
    """

    policy: Mark
    policy_sha256: Hash
    artifact: ArtifactBody
    payload: dict[str, Any] = Field(
        description="The document that the hash stands for (jax/artifact/v2).",
        examples=[{"schema": "jax/artifact/v2", "name": "ma_crossover_v1", "version": "1.0.0"}],
    )
    code_problem: Text | None
    evidence: EvidenceBody | None
    evidence_problem: Text | None
    approvals: list[ApprovalBody]
    rejections: list[ApprovalBody]
    set_aside: list[SetAsideBody]
    missing: Text | None
    released_sha256: Hash | None = Field(description="What the newest snapshot names for the strategy.")
    release_problem: Text | None
    history: list[EventBody]

    @classmethod
    def of(cls, view: ArtifactView, history: list[ArtifactEvent]) -> "ArtifactAnswer":
        return cls(
            policy=view.policy.mark,
            policy_sha256=view.policy.sha256,
            artifact=ArtifactBody.of(view.version.artifact),
            payload=dict(view.version.payload.document),
            code_problem=view.version.bundle_problem,
            evidence=None if view.evidence is None else EvidenceBody.of(view.evidence),
            evidence_problem=view.evidence_problem,
            approvals=[ApprovalBody.of(approval) for approval in view.approvals.counted],
            rejections=[ApprovalBody.of(approval) for approval in view.approvals.rejections],
            set_aside=[SetAsideBody.of(item) for item in view.approvals.set_aside],
            missing=view.missing,
            released_sha256=None if view.released is None else view.released.artifact.payload_sha256,
            release_problem=view.release_problem,
            history=[EventBody.of(event) for event in history],
        )


class DisplayAnswer(BaseModel):
    """The very text that a person decides on; a decision carries its hash."""

    policy: Mark
    displayed: str = Field(examples=["ma_crossover_v1 1.0.0                     policy=desk\n"])
    displayed_sha256: Hash


class FieldChangeBody(BaseModel):
    """A leaf of the payload that differs, as JSON; null where it lacks."""

    field: str = Field(examples=["risk.max_daily_loss"])
    before: str | None = Field(examples=['"1000"'])
    after: str | None = Field(examples=['"2000"'])


class DifferenceAnswer(BaseModel):
    """From `against` to the artifact; `problem` says why there is nothing before it."""

    policy: Mark
    artifact: ArtifactBody
    against: ArtifactBody | None
    problem: Text | None
    fields: list[FieldChangeBody]
    displayed: str = Field(
        description="Fields and every line of code that differs.",
        examples=["diff a/jax/domain/strategies/ma_crossover_v1.py b/..."],
    )

    @classmethod
    def of(cls, found: Difference) -> "DifferenceAnswer":
        before, after = found.before, found.after
        return cls(
            policy=found.policy,
            artifact=ArtifactBody.of(after.artifact),
            against=None if before is None else ArtifactBody.of(before.artifact),
            problem=found.problem,
            fields=[
                FieldChangeBody(field=change.field, before=change.before, after=change.after)
                for change in (() if before is None else field_changes(before=before, after=after))
            ],
            displayed=displayed_difference(before=before, after=after),
        )


def artifact_routes(desk: Desk) -> APIRouter:
    """The routes under /api/v1/artifacts that only read."""
    routes = APIRouter(prefix="/api/v1/artifacts", tags=["artifacts"])

    @routes.get("", responses=responses(422, 503))
    async def artifacts(
        state: ArtifactState | None = None,
        name: StrategyName | None = None,
        cursor: Identifier | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> ArtifactsAnswer:
        """Every artifact (in a state, of a strategy), page by page."""
        return ArtifactsAnswer.of(await desk.reading.page(Wanted(state, name, cursor, limit)))

    @routes.get("/{artifact_id}", responses=responses(404, 409, 422, 503))
    async def artifact(artifact_id: IdentifierInPath) -> ArtifactAnswer:
        """Payload, evidence, decisions, what is missing, and the steps so far."""
        view = await desk.reading.view(artifact_id)
        return ArtifactAnswer.of(view, list(await desk.reading.history(artifact_id)))

    @routes.get("/{artifact_id}/display", responses=responses(404, 409, 422, 503))
    async def display(artifact_id: IdentifierInPath) -> DisplayAnswer:
        """What a person is shown before deciding, as `artifact-approver show` prints it."""
        view = await desk.reading.view(artifact_id)
        text = displayed(view)
        return DisplayAnswer(
            policy=view.policy.mark, displayed=text, displayed_sha256=sha256_of(text.encode())
        )

    @routes.get("/{artifact_id}/diff", responses=responses(404, 409, 422, 503))
    async def diff(artifact_id: IdentifierInPath, against: Identifier | None = None) -> DifferenceAnswer:
        """The difference to another artifact, or to the released version of the strategy."""
        return DifferenceAnswer.of(await desk.reading.difference(artifact_id, against=against))

    return routes
