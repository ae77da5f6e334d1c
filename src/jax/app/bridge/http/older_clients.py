"""The two routes that clients of the bridge before this one know, in their words."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from jax.app.bridge.bridge import Bridge
from jax.app.bridge.http.outcomes import BridgeProblem, told_of_order
from jax.app.http.problems import ProblemRaised, responses
from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.order import Order, OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.broker import OrderReport

_PAPER = "paper"
_PREFIX = "old-"
_MAY_TAKE = timedelta(seconds=5)
_NO_ARTIFACT = "sha256:" + "0" * 64
_TYPES = {"MKT": OrderType.MARKET, "LMT": OrderType.LIMIT, "STP": OrderType.STOP}
_WORDS = {
    OrderStatus.NEW: "Submitted",
    OrderStatus.PARTIALLY_FILLED: "Submitted",
    OrderStatus.FILLED: "Filled",
    OrderStatus.CANCELED: "Cancelled",
    OrderStatus.EXPIRED: "Cancelled",
}


class OldOrderRequest(BaseModel):
    """An order of nobody's signal: the paper venue takes it, no other does."""

    model_config = ConfigDict(extra="forbid")

    symbol: str
    action: Literal["BUY", "SELL"]
    quantity: Annotated[int, Field(gt=0, le=10**9)]
    order_type: Literal["MKT", "LMT", "STP"] = "MKT"
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


class OldOrderAnswer(BaseModel):
    """`order_id` is what its status is asked for by."""

    success: bool
    order_id: int
    message: str


class OldStatusAnswer(BaseModel):
    """Prices and quantities are numbers here, as older clients read them."""

    order_id: int
    status: str
    filled_qty: float
    avg_fill_price: float
    last_update: str


def older_routes(bridge: Bridge) -> APIRouter:
    """The routes POST /api/v1/orders and GET /api/v1/orders/{order_id}/status."""
    routes = APIRouter(prefix="/api/v1/orders", tags=["older clients"], deprecated=True)

    @routes.post("", responses=responses(403, 410, 412, 422, 423, 503, 504, model=BridgeProblem))
    async def place(request: OldOrderRequest) -> OldOrderAnswer:
        """Places an order without signal and artifact on the paper venue; each request is another order."""
        if bridge.facts.backend != _PAPER:
            raise ProblemRaised(
                403,
                "ORDER_WITHOUT_SIGNAL",
                f"the venue {bridge.facts.backend} takes orders of a trader's signals only: use PUT "
                "/api/v1/orders/{client_order_id}",
            )
        # 48 bits: what older clients read as a whole number, in any language.
        number = int(bridge.ids.new_id().replace("-", "")[:12], 16)
        order = await _order(bridge, request, number)
        with told_of_order(order.client_order_id):
            report = await bridge.desk.place(order)
        return OldOrderAnswer(success=True, order_id=number, message=f"order is {_word(report)}")

    @routes.get("/{order_id}/status", responses=responses(404, 422, 503, 504, model=BridgeProblem))
    async def status(order_id: Annotated[int, Path(ge=0, lt=2**48)]) -> OldStatusAnswer:
        """Where an order of the route above stands."""
        name = f"{_PREFIX}{order_id}"
        with told_of_order(name):
            report = await bridge.desk.query(name)
        filled = sum((fill.quantity for fill in report.fills), Decimal(0))
        paid = sum((fill.quantity * fill.price for fill in report.fills), Decimal(0))
        newest = max((fill.ts_event for fill in report.fills), default=bridge.clock.now())
        return OldStatusAnswer(
            order_id=order_id,
            status=_word(report),
            filled_qty=float(filled),
            avg_fill_price=float(paid / filled) if filled else 0.0,
            last_update=newest.isoformat(),
        )

    return routes


async def _order(bridge: Bridge, request: OldOrderRequest, number: int) -> Order:
    now, account = bridge.clock.now(), bridge.facts.account
    status = await bridge.desk.status(account)
    for field in ("limit_price", "stop_price"):
        value: Decimal | None = getattr(request, field)
        if value is not None:
            checks.positive(field, value)
    if request.order_type != "LMT" and request.limit_price is not None:
        raise InvalidValue("limit_price", f"a {request.order_type} order has none")
    return Order(
        client_order_id=f"{_PREFIX}{number}",
        account=account,
        signal_id=f"{_PREFIX}{number}",
        artifact_id="none",
        artifact_hash=_NO_ARTIFACT,
        strategy="none",
        symbol=request.symbol,
        side=Side(request.action),
        order_type=_TYPES[request.order_type],
        quantity=Decimal(request.quantity),
        limit_price=request.limit_price,
        time_in_force=TimeInForce.DAY,
        epoch=status.epoch,
        created_at=now,
        deadline_at=now + _MAY_TAKE,
        updated_at=now,
        stop_price=request.stop_price,
    )


def _word(report: OrderReport) -> str:
    return _WORDS.get(report.status, "Inactive")
