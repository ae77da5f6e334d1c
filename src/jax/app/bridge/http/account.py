"""What the account holds, and what was traded in it."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from jax.app.bridge.bridge import Bridge
from jax.app.bridge.http.bodies import FillBody
from jax.app.bridge.http.orders import Account
from jax.app.bridge.http.outcomes import BridgeProblem, told
from jax.app.http.decimal_text import DecimalText
from jax.app.http.problems import responses

After = Annotated[int, Query(ge=0, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=1000)]


class AccountAnswer(BaseModel):
    """The account's means, in its currency."""

    account: str
    currency: str
    cash: DecimalText
    net_liquidation: DecimalText
    buying_power: DecimalText


class PositionsAnswer(BaseModel):
    """Signed quantity by symbol; only what is not flat."""

    positions: dict[str, DecimalText]


class ExecutionBody(BaseModel):
    """Fill number `seq` at the venue."""

    seq: int
    fill: FillBody


class ExecutionsAnswer(BaseModel):
    """Oldest first."""

    executions: list[ExecutionBody]


def account_routes(bridge: Bridge) -> APIRouter:
    """The routes /api/v1/account, /api/v1/positions and /api/v1/executions."""
    routes = APIRouter(prefix="/api/v1", tags=["account"])

    @routes.get("/account", responses=responses(404, 422, 503, 504, model=BridgeProblem))
    async def account(account: Account) -> AccountAnswer:
        """The account's means now."""
        with told():
            snapshot = await bridge.desk.account(account)
        return AccountAnswer(**{field: getattr(snapshot, field) for field in AccountAnswer.model_fields})

    @routes.get("/positions", responses=responses(404, 422, 503, 504, model=BridgeProblem))
    async def positions(account: Account) -> PositionsAnswer:
        """What the account holds."""
        with told():
            return PositionsAnswer(positions=dict(await bridge.desk.positions(account)))

    @routes.get("/executions", responses=responses(404, 422, 503, 504, model=BridgeProblem))
    async def executions(account: Account, after: After = 0, limit: Limit = 1000) -> ExecutionsAnswer:
        """The account's fills after number `after`."""
        with told():
            found = await bridge.venue.executions(account, after=after, limit=limit)
        return ExecutionsAnswer(
            executions=[ExecutionBody(seq=number, fill=FillBody.of(fill)) for number, fill in found]
        )

    return routes
