"""Epochs, the kill switch, and the journal."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from jax.app.bridge.bridge import Bridge
from jax.app.bridge.http.account import After, Limit
from jax.app.bridge.http.bodies import EventBody
from jax.app.bridge.http.orders import Account
from jax.app.bridge.http.outcomes import BridgeProblem, told
from jax.app.http.problems import responses

AccountName = Annotated[str, Field(min_length=1, max_length=64)]


class EpochRequest(BaseModel):
    """The epoch of the trader that holds the account now."""

    model_config = ConfigDict(extra="forbid")

    account: AccountName
    epoch: int = Field(ge=0, le=2**63 - 1)


class KillRequest(BaseModel):
    """Why everything is to stop."""

    model_config = ConfigDict(extra="forbid")

    account: AccountName
    reason: str = Field(min_length=1, max_length=500)


class StatusAnswer(BaseModel):
    """The venue's name, whether it takes real money and has brackets, and how it stands.

    `problem`: why it cannot be asked; `killed`: the reason, while it is; `epoch`: the floor.
    """

    venue: str
    is_live: bool
    has_brackets: bool
    problem: str | None
    killed: str | None
    epoch: int


class EventsAnswer(BaseModel):
    """Oldest first; another `journal` has other numbers."""

    journal: str
    events: list[EventBody]


def control_routes(bridge: Bridge) -> APIRouter:
    """The routes /api/v1/epoch, /api/v1/kill, /api/v1/status and /api/v1/events."""
    routes = APIRouter(prefix="/api/v1", tags=["control"])

    async def status_of(account: str) -> StatusAnswer:
        status = await bridge.desk.status(account)
        return StatusAnswer(
            venue=bridge.desk.name,
            is_live=bridge.desk.is_live,
            has_brackets=bridge.desk.has_brackets,
            problem=status.problem,
            killed=status.killed,
            epoch=status.epoch,
        )

    @routes.post("/epoch", responses=responses(404, 412, 422, 503, 504, model=BridgeProblem))
    async def raise_epoch(request: EpochRequest) -> StatusAnswer:
        """From now on, orders of lower epochs are refused; 412 when the floor is higher already."""
        with told():
            await bridge.desk.raise_epoch(request.account, request.epoch)
            return await status_of(request.account)

    @routes.post("/kill", responses=responses(422, 503, 504, model=BridgeProblem))
    async def kill(request: KillRequest) -> StatusAnswer:
        """Refuses new orders from now on and cancels what is open; 504 when something may still be open."""
        with told():
            await bridge.desk.kill(request.account, reason=request.reason)
            return await status_of(request.account)

    @routes.delete("/kill", responses=responses(422, 503, 504, model=BridgeProblem))
    async def release_kill(account: Account) -> StatusAnswer:
        """Takes orders again; those refused meanwhile stay refused."""
        with told():
            await bridge.desk.release_kill(account)
            return await status_of(account)

    @routes.get("/status", responses=responses(422, 503, model=BridgeProblem))
    async def status(account: Account) -> StatusAnswer:
        """Whether the account can be traded now."""
        with told():
            return await status_of(account)

    @routes.get("/events", responses=responses(422, 503, model=BridgeProblem))
    async def events(after: After = 0, limit: Limit = 1000) -> EventsAnswer:
        """The journal after number `after`."""
        with told():
            page = await bridge.desk.events(after=after, limit=limit)
        return EventsAnswer(journal=page.journal, events=[EventBody.of(event) for event in page.events])

    return routes
