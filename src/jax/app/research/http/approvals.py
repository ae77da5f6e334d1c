"""Decisions: drafted here, signed elsewhere, accepted here."""

from fastapi import APIRouter
from pydantic import BaseModel

from jax.app.research.desk.desk import Desk
from jax.app.research.http.bodies import ApprovalBody, ArtifactBody
from jax.app.research.http.fields import Hash, IdentifierInPath, Mark, Person, Reason, StrictBody, Text
from jax.app.research.http.problems import responses
from jax.app.research.http.signing import EnvelopeRequest, StatementBody
from jax.domain.approval import Decision
from jax.domain.artifact import ApprovalKind
from jax.modules.artifacts.accept_approval import Opinion


class ApprovalDraftRequest(StrictBody):
    """What a person wants to say, having been shown what hashes to `displayed_sha256`."""

    kind: ApprovalKind
    decision: Decision
    approver: Person
    displayed_sha256: Hash
    reason: Reason


class ApprovalDraftAnswer(BaseModel):
    """To be signed by the approver's key."""

    policy: Mark
    approval: ApprovalBody
    statement: StatementBody


class ApprovalAnswer(BaseModel):
    """The decision as stored, the artifact after it, and what the quorum still lacks."""

    policy: Mark | None
    approval: ApprovalBody
    artifact: ArtifactBody
    missing: Text | None


def approval_routes(desk: Desk) -> APIRouter:
    """The routes under /api/v1/artifacts/{artifact_id}/approvals."""
    routes = APIRouter(prefix="/api/v1/artifacts/{artifact_id}/approvals", tags=["approvals"])

    @routes.post("/draft", responses=responses(404, 409, 413, 422, 503))
    async def draft_approval(
        artifact_id: IdentifierInPath, request: ApprovalDraftRequest
    ) -> ApprovalDraftAnswer:
        """The statement to sign; refused when what is displayed now is not what the person was shown."""
        opinion = Opinion(
            request.kind, request.decision, request.approver, request.displayed_sha256, request.reason
        )
        drafted = await desk.decisions.draft(artifact_id, opinion)
        return ApprovalDraftAnswer(
            policy=drafted.policy,
            approval=ApprovalBody.of(drafted.approval),
            statement=StatementBody.of(drafted.approval.statement()),
        )

    @routes.post("", responses=responses(404, 409, 413, 422, 503))
    async def accept_approval(artifact_id: IdentifierInPath, request: EnvelopeRequest) -> ApprovalAnswer:
        """Verifies and stores a signed decision and takes the steps that follow; a repeat changes nothing."""
        accepted = await desk.decisions.accept(artifact_id, request.envelope.encoded())
        return ApprovalAnswer(
            policy=accepted.policy,
            approval=ApprovalBody.of(accepted.approval),
            artifact=ArtifactBody.of(accepted.artifact),
            missing=accepted.missing,
        )

    return routes
