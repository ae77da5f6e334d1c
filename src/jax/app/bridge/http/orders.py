"""Orders in, and what became of them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel

from jax.app.bridge.bridge import Bridge
from jax.app.bridge.http.bodies import OrderBody, ReportBody, WorkingOrderBody
from jax.app.bridge.http.order_request import HEADERS, order_of
from jax.app.bridge.http.outcomes import BridgeProblem, told, told_of_order
from jax.app.http.problems import responses

OrderId = Annotated[str, Path(min_length=1, max_length=64)]
Account = Annotated[str, Query(min_length=1, max_length=64)]
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": OrderBody.model_json_schema()}},
}


class WorkingOrdersAnswer(BaseModel):
    """Every order that is open in the account."""

    orders: list[WorkingOrderBody]


def order_routes(bridge: Bridge) -> APIRouter:
    """The routes under /api/v1/orders."""
    routes = APIRouter(prefix="/api/v1/orders", tags=["orders"])

    @routes.put(
        "/{client_order_id}",
        responses=responses(409, 410, 412, 422, 423, 503, 504, model=BridgeProblem),
        openapi_extra={"requestBody": _BODY, "parameters": HEADERS},
    )
    async def place(client_order_id: OrderId, request: Request) -> ReportBody:
        """Brings the order to the venue, at most once however often it is asked."""
        order = await order_of(request, client_order_id, bridge.clock)
        with told_of_order(client_order_id):
            return ReportBody.of(await bridge.desk.place(order))

    @routes.get("/{client_order_id}", responses=responses(404, 503, 504, model=BridgeProblem))
    async def query(client_order_id: OrderId) -> ReportBody:
        """What the venue says of the order; 404 only when it is known that there is none."""
        with told_of_order(client_order_id):
            return ReportBody.of(await bridge.desk.query(client_order_id))

    @routes.delete("/{client_order_id}", responses=responses(404, 503, 504, model=BridgeProblem))
    async def cancel(client_order_id: OrderId) -> ReportBody:
        """Asks the venue to cancel what is still open; taken whatever the epoch, and also while killed."""
        with told_of_order(client_order_id):
            return ReportBody.of(await bridge.desk.cancel(client_order_id))

    @routes.get("", responses=responses(404, 422, 503, 504, model=BridgeProblem))
    async def working(account: Account) -> WorkingOrdersAnswer:
        """What is open in the account, ours or not."""
        with told():
            orders = await bridge.desk.working_orders(account)
        return WorkingOrdersAnswer(orders=[WorkingOrderBody.of(order) for order in orders])

    return routes
