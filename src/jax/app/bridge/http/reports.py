"""What became of several orders, in one answer."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from jax.app.bridge.bridge import Bridge
from jax.app.bridge.http.bodies import ReportBody
from jax.app.bridge.http.orders import OrderId
from jax.app.http.problems import responses
from jax.ports.broker import MOST_ASKED_ABOUT

OrderIds = Annotated[list[OrderId], Query(alias="id", min_length=1, max_length=MOST_ASKED_ABOUT)]


class ReportsAnswer(BaseModel):
    """Of what was asked about: what can be said now, and the orders that are known not to be there."""

    reports: list[ReportBody]
    not_found: list[str]


def report_routes(bridge: Bridge) -> APIRouter:
    """The route /api/v1/reports."""
    routes = APIRouter(prefix="/api/v1/reports", tags=["orders"])

    @routes.get("", responses=responses(422))
    async def reports(asked: OrderIds) -> ReportsAnswer:
        """What the venue says of each order, `id=...&id=...`; one of which it cannot now is left out."""
        said = await bridge.desk.query_many(asked)
        return ReportsAnswer(
            reports=[ReportBody.of(report) for report in said.values() if report is not None],
            not_found=[name for name, report in said.items() if report is None],
        )

    return routes
