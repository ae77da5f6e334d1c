"""Is the trader fit to trade?"""

from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from jax.app.trader.health import Dependency, Health, HealthStatus
from jax.app.trader.trader import Trader


class LoadedArtifactBody(BaseModel):
    """An artifact that decides."""

    id: str
    strategy: str
    version: str
    hash: str


class RefusedArtifactBody(BaseModel):
    """An approved artifact that must not decide, and why."""

    id: str
    strategy: str
    version: str
    reason: str


class DependencyBody(BaseModel):
    """Something the trader needs."""

    name: str
    ok: bool
    problem: str | None

    @classmethod
    def of(cls, dependency: Dependency) -> "DependencyBody":
        return cls(name=dependency.name, ok=dependency.problem is None, problem=dependency.problem)


class LastExecutionBody(BaseModel):
    """The newest trade."""

    trade_id: str
    signal_id: str
    symbol: str
    status: str
    submitted_at: datetime


class HealthAnswer(BaseModel):
    """`reasons` say why the status is not ok, a sentence each."""

    status: HealthStatus
    reasons: list[str]
    version: str
    mode: str
    execution_enabled: bool
    policy: str | None = Field(description="The policy of the snapshot in force; `solo` for a person alone.")
    snapshot_seq: int = Field(description="The number of the snapshot in force; 0 for none.")
    snapshot_expires_at: datetime | None
    artifacts: list[LoadedArtifactBody]
    artifacts_refused: list[RefusedArtifactBody]
    database: DependencyBody
    broker: DependencyBody
    last_execution: LastExecutionBody | None
    uptime_seconds: float = Field(description="Since the trader was ready.")

    @classmethod
    def of(cls, health: Health) -> "HealthAnswer":
        last = health.last_execution
        return cls(
            status=health.status,
            reasons=list(health.reasons),
            version=health.version,
            mode=health.mode,
            execution_enabled=health.execution_enabled,
            policy=health.artifacts.policy,
            snapshot_seq=health.artifacts.snapshot_seq,
            snapshot_expires_at=health.artifacts.expires_at,
            artifacts=[
                LoadedArtifactBody(
                    id=artifact.artifact_id,
                    strategy=artifact.payload.name,
                    version=artifact.payload.version,
                    hash=artifact.payload_sha256,
                )
                for artifact in health.artifacts.loaded
            ],
            artifacts_refused=[
                RefusedArtifactBody(
                    id=refused.artifact_id,
                    strategy=refused.name,
                    version=refused.version,
                    reason=refused.reason,
                )
                for refused in health.artifacts.refused
            ],
            database=DependencyBody.of(health.database),
            broker=DependencyBody.of(health.broker),
            last_execution=None if last is None else LastExecutionBody(**asdict(last)),
            uptime_seconds=round(health.uptime_seconds, 3),
        )


def health_routes(trader: Trader) -> APIRouter:
    """The route /health."""
    routes = APIRouter(tags=["health"])

    @routes.get(
        "/health",
        responses={503: {"model": HealthAnswer, "description": "degraded or unhealthy, with reasons"}},
    )
    async def health(response: Response) -> HealthAnswer:
        """200 when the trader can do its work, 503 when it cannot, with the reasons."""
        answer = HealthAnswer.of(await trader.health())
        response.status_code = 200 if answer.status is HealthStatus.OK else 503
        return answer

    return routes
