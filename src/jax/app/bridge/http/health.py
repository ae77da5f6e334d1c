"""Is the bridge fit to bring orders to its venue?"""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from jax.app.bridge.bridge import Bridge

_NS = 1_000_000_000


class HealthAnswer(BaseModel):
    """`reasons` say why the status is not ok, a sentence each."""

    status: Literal["ok", "degraded"]
    reasons: list[str]
    version: str
    boot_id: str
    backend: str
    account: str
    killed: str | None = Field(description="The reason given to the kill switch, while it is engaged.")
    epoch: int = Field(description="The floor of epochs.")
    uptime_seconds: float


def health_routes(bridge: Bridge) -> APIRouter:
    """The route /health."""
    routes = APIRouter(tags=["health"])

    @routes.get("/health", responses={503: {"model": HealthAnswer, "description": "degraded, with reasons"}})
    async def health(response: Response) -> HealthAnswer:
        """200 when orders can be taken, 503 when they cannot, with the reasons."""
        facts = bridge.facts
        status = await bridge.desk.status(facts.account)
        reasons = [] if status.problem is None else [status.problem]
        if status.killed is not None:
            reasons.append(f"the kill switch is engaged: {status.killed}")
        response.status_code = 503 if reasons else 200
        return HealthAnswer(
            status="degraded" if reasons else "ok",
            reasons=reasons,
            version=facts.version,
            boot_id=facts.boot_id,
            backend=facts.backend,
            account=facts.account,
            killed=status.killed,
            epoch=status.epoch,
            uptime_seconds=round((bridge.clock.monotonic_ns() - facts.started_ns) / _NS, 3),
        )

    return routes
