"""The emergency stop."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from jax.app.research.desk.desk import Desk
from jax.app.research.http.fields import (
    Hash,
    Identifier,
    IdentifierInPath,
    Mark,
    Moment,
    Person,
    Reason,
    StrictBody,
    Text,
)
from jax.app.research.http.problems import responses
from jax.app.research.http.signing import EnvelopeRequest, StatementBody


class RevocationDraftRequest(StrictBody):
    """Who ends the artifact, and why."""

    revoker: Person
    reason: Reason


class RevocationBody(BaseModel):
    """A revocation as it is signed."""

    subject: str = Field(examples=["ma_crossover_v1 1.0.0"])
    payload_sha256: Hash
    revoker: Person
    reason: Text
    issued_at: Moment


class RevocationDraftAnswer(BaseModel):
    """To be signed by any key in use of the revoker's."""

    policy: Mark | None
    revocation: RevocationBody
    statement: StatementBody


class RevocationAnswer(BaseModel):
    """The stop, which is in force; `history_problem` says why the record does not tell of it yet.

    `policy` is what was told last, or null, when the database did not tell it in time.
    """

    policy: Mark | None
    revocation_id: Identifier
    payload_sha256: Hash
    revoker: Person
    reason: Text
    revoked_at: Moment
    history_problem: Text | None


def revocation_routes(desk: Desk) -> APIRouter:
    """The routes of revocations."""
    routes = APIRouter(prefix="/api/v1", tags=["revocations"])

    @routes.post("/artifacts/{artifact_id}/revocation/draft", responses=responses(404, 409, 413, 422, 503))
    async def draft_revocation(
        artifact_id: IdentifierInPath, request: RevocationDraftRequest
    ) -> RevocationDraftAnswer:
        """The statement to sign."""
        drafted = await desk.stops.draft(artifact_id, revoker=request.revoker, reason=request.reason)
        revocation = drafted.revocation
        return RevocationDraftAnswer(
            policy=drafted.policy,
            revocation=RevocationBody(
                **{field: getattr(revocation, field) for field in RevocationBody.model_fields}
            ),
            statement=StatementBody.of(revocation.statement()),
        )

    @routes.post("/revocations", responses=responses(409, 413, 422, 503))
    async def accept_revocation(request: EnvelopeRequest) -> RevocationAnswer:
        """Stops the artifact that the signed statement names, at once and for good."""
        stopped = await desk.stops.accept(request.envelope.encoded())
        recorded = stopped.revocation
        return RevocationAnswer(
            policy=stopped.policy,
            revocation_id=recorded.revocation_id,
            payload_sha256=recorded.payload_sha256,
            revoker=recorded.revoker,
            reason=recorded.reason,
            revoked_at=recorded.revoked_at,
            history_problem=stopped.history_problem,
        )

    return routes
