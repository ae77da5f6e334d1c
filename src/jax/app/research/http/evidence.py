"""The validator's run, and the evidence that is signed for it."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from jax.app.research.desk.desk import Desk
from jax.app.research.desk.reruns import RerunRun
from jax.app.research.http.bodies import ArtifactBody, EvidenceBody
from jax.app.research.http.fields import Identifier, IdentifierInPath, Mark, Person, StrictBody
from jax.app.research.http.problems import responses
from jax.app.research.http.runs import RunBody
from jax.app.research.http.signing import EnvelopeBody, StatementBody


class RerunRequest(StrictBody):
    """Who will sign for the run."""

    validator: Person


class RerunAnswer(BaseModel):
    """A run of the artifact's backtest.

    When it is DONE there are `statements` to sign, unless `differences` say, a sentence each, what the run
    did not make as the payload says: then nobody signs.
    """

    policy: Mark | None
    artifact_id: Identifier
    validator: Person
    run: RunBody
    evidence: EvidenceBody | None
    differences: list[str] = Field(
        examples=[["orders: the payload says sha256:5e..., the run made sha256:7a..."]]
    )
    statements: list[StatementBody]

    @classmethod
    def of(cls, run: RerunRun, policy: str | None) -> "RerunAnswer":
        result = run.result
        return cls(
            policy=policy,
            artifact_id=run.subject.artifact_id,
            validator=run.subject.validator,
            run=RunBody.of(run),
            evidence=None if result is None else EvidenceBody.of(result.evidence),
            differences=[] if result is None else list(result.differences),
            statements=[] if result is None else [StatementBody.of(one) for one in result.statements],
        )


class EvidenceRequest(StrictBody):
    """The signed re-run and the signed result of the golden suite."""

    envelopes: list[EnvelopeBody] = Field(min_length=1, max_length=4)


class EvidenceAnswer(BaseModel):
    """The artifact after the step."""

    policy: Mark | None
    artifact: ArtifactBody


def evidence_routes(desk: Desk) -> APIRouter:
    """The routes of re-runs and evidence."""
    routes = APIRouter(prefix="/api/v1", tags=["evidence"])

    @routes.post(
        "/artifacts/{artifact_id}/reruns", status_code=202, responses=responses(404, 409, 413, 422, 503)
    )
    async def start_rerun(
        artifact_id: IdentifierInPath, request: RerunRequest, response: Response
    ) -> RerunAnswer:
        """Starts the run in another process, or names the one that is under way for the same validator."""
        run = await desk.reruns.start(artifact_id, validator=request.validator)
        response.headers["Location"] = f"/api/v1/reruns/{run.run_id}"
        return RerunAnswer.of(run, await desk.policy_mark())

    @routes.get("/reruns/{run_id}", responses=responses(404, 422, 503))
    async def rerun(run_id: IdentifierInPath) -> RerunAnswer:
        """How far the run is and, when it is done, what the validator signs."""
        return RerunAnswer.of(desk.reruns.get(run_id), await desk.policy_mark())

    @routes.post("/artifacts/{artifact_id}/evidence", responses=responses(404, 409, 413, 422, 503))
    async def accept_evidence(artifact_id: IdentifierInPath, request: EvidenceRequest) -> EvidenceAnswer:
        """Verifies and stores signed evidence: DRAFT becomes VALIDATED."""
        validated = await desk.reruns.accept(
            artifact_id, [envelope.encoded() for envelope in request.envelopes]
        )
        return EvidenceAnswer(policy=validated.policy, artifact=ArtifactBody.of(validated.artifact))

    return routes
