"""Backtests: asked for, watched, canceled, read."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from jax.app.research.desk.backtests import Backtests
from jax.app.research.desk.desk import Desk
from jax.app.research.http.backtest_answers import (
    BacktestAnswer,
    BacktestsAnswer,
    EquityAnswer,
    EquityBody,
    OrderBody,
    OrdersAnswer,
    TradeBody,
    TradesAnswer,
)
from jax.app.research.http.backtest_request import BacktestBody
from jax.app.research.http.fields import Identifier, IdentifierInPath
from jax.app.research.http.problems import responses
from jax.ports.run_store import Rows, RunStore, RunTable

ARROW = "application/vnd.apache.arrow.stream"
_LARGEST = 2**53 - 1
# A report is a page of its own: whatever it holds must not speak to this service in the reader's name.
_ALONE = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:"
)
_TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {ARROW: {"schema": {"type": "string", "format": "binary"}}},
        "description": f"A page as JSON, or with `Accept: {ARROW}` the whole table as an Arrow IPC stream.",
    }
}

_Cursor = Annotated[int, Query(ge=0, le=_LARGEST)]
_Limit = Annotated[int, Query(ge=1, le=1000)]


def backtest_routes(desk: Desk) -> APIRouter:
    """The routes under /api/v1/backtest."""
    routes = APIRouter(prefix="/api/v1/backtest", tags=["backtests"])
    backtests = desk.backtests

    @routes.post("", status_code=202, responses=responses(413, 422, 503))
    async def backtest(body: BacktestBody, response: Response) -> BacktestAnswer:
        """Queues a backtest in a process of its own; the same one, while it is under way, is the same run."""
        view = await backtests.start(body.request())
        response.headers["Location"] = f"/api/v1/backtest/runs/{view.run_id}"
        return BacktestAnswer.of(view)

    @routes.get("/runs", responses=responses(422, 503))
    async def runs(
        cursor: Identifier | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> BacktestsAnswer:
        """Every backtest that was asked for here or kept by `jax backtest`, page by page."""
        return BacktestsAnswer.of(await backtests.page(cursor=cursor, limit=limit))

    @routes.get("/runs/{run_id}", responses=responses(404, 422, 503))
    async def run(run_id: IdentifierInPath) -> BacktestAnswer:
        """How far the backtest is and, when it is done, what it came to."""
        return BacktestAnswer.of(await backtests.get(run_id))

    @routes.delete("/runs/{run_id}", responses=responses(404, 422, 503))
    async def cancel(run_id: IdentifierInPath) -> BacktestAnswer:
        """Ends the backtest and its process; one that is over stays as it is."""
        return BacktestAnswer.of(await backtests.cancel(run_id))

    @routes.get("/runs/{run_id}/report", response_class=HTMLResponse, responses=responses(404, 409, 422, 503))
    async def report(run_id: IdentifierInPath) -> HTMLResponse:
        """The report, one page that loads nothing from elsewhere."""
        page = await desk.parts.runs.report(await backtests.kept_as(run_id))
        return HTMLResponse(page, headers={"Content-Security-Policy": _ALONE})

    _add_tables(routes, backtests, desk.parts.runs)
    return routes


def _add_tables(routes: APIRouter, backtests: Backtests, kept: RunStore) -> None:
    problems = {**responses(404, 409, 422, 503), **_TABLE}

    @routes.get("/runs/{run_id}/orders", response_model=OrdersAnswer, responses=problems)
    async def orders(
        request: Request, run_id: IdentifierInPath, cursor: _Cursor = 0, limit: _Limit = 100
    ) -> OrdersAnswer | Response:
        """The orders, as they were made."""
        run = await backtests.kept_as(run_id)
        if _wants_arrow(request):
            return _arrow(await kept.arrow(run, RunTable.ORDERS))
        found = await kept.orders(run, Rows(cursor, limit + 1))
        page = [OrderBody.of(order) for order in found[:limit]]
        return OrdersAnswer(orders=page, next_cursor=cursor + limit if len(found) > limit else None)

    @routes.get("/runs/{run_id}/trades", response_model=TradesAnswer, responses=problems)
    async def trades(
        request: Request, run_id: IdentifierInPath, cursor: _Cursor = 0, limit: _Limit = 100
    ) -> TradesAnswer | Response:
        """The trades, in the order of their exits."""
        run = await backtests.kept_as(run_id)
        if _wants_arrow(request):
            return _arrow(await kept.arrow(run, RunTable.TRADES))
        found = await kept.trades(run, Rows(cursor, limit + 1))
        page = [TradeBody.of(trade) for trade in found[:limit]]
        return TradesAnswer(trades=page, next_cursor=cursor + limit if len(found) > limit else None)

    @routes.get("/runs/{run_id}/equity", response_model=EquityAnswer, responses=problems)
    async def equity(
        request: Request, run_id: IdentifierInPath, cursor: _Cursor = 0, limit: _Limit = 100
    ) -> EquityAnswer | Response:
        """The account at the end of each bar; the Arrow table has the benchmark's worth beside it."""
        run = await backtests.kept_as(run_id)
        if _wants_arrow(request):
            return _arrow(await kept.arrow(run, RunTable.EQUITY))
        found = await kept.equity(run, Rows(cursor, limit + 1))
        page = [EquityBody.of(point) for point in found[:limit]]
        return EquityAnswer(equity=page, next_cursor=cursor + limit if len(found) > limit else None)


def _wants_arrow(request: Request) -> bool:
    accepted = request.headers.get("accept", "").split(",")
    return any(kind.partition(";")[0].strip().lower() == ARROW for kind in accepted)


def _arrow(content: bytes) -> Response:
    return Response(content, media_type=ARROW)
