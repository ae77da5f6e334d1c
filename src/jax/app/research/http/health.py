"""Can people work?"""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from jax.app.research.desk.desk import Desk
from jax.app.research.desk.health import HealthStatus
from jax.app.research.http.fields import Mark, Version


class HealthAnswer(BaseModel):
    """`reasons` say why the status is not ok, a sentence each."""

    status: HealthStatus
    reasons: list[str] = Field(examples=[["gate: the gate has no policy yet"]])
    version: Version
    policy: Mark | None


def health_routes(desk: Desk) -> APIRouter:
    """The route /health, and the same under /api/v1 for those who have the token."""
    routes = APIRouter(tags=["health"])
    not_ok: dict[int | str, dict[str, Any]] = {
        503: {"model": HealthAnswer, "description": "degraded or unhealthy, with reasons"}
    }

    @routes.get("/health", responses=not_ok)
    @routes.get("/api/v1/health", responses=not_ok)
    async def health(response: Response) -> HealthAnswer:
        """200 when people can work, 503 when they cannot, with the reasons."""
        found = await desk.health()
        response.status_code = 200 if found.status is HealthStatus.OK else 503
        return HealthAnswer(
            status=found.status,
            reasons=list(found.reasons),
            version=desk.facts.version,
            policy=found.policy,
        )

    return routes
