"""Orders, fills, positions: what there is, and how to end it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from jax.app.http.decimal_text import DecimalText
from jax.app.http.problems import responses
from jax.app.trader.account_desk import AccountDesk
from jax.app.trader.http.denials import problem_of_denial
from jax.app.trader.http.signals import Limit, Person
from jax.domain.fill import Fill
from jax.domain.held_trade import HeldTrade
from jax.domain.order import Order, OrderLeg, OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.position import Position
from jax.domain.risk_decision import Denied
from jax.domain.side import Side

_OrderId = Annotated[str, Path(min_length=1, max_length=64)]
_Symbol = Annotated[str, Path(pattern=r"^[A-Z0-9][A-Z0-9.\-/]{0,31}$")]
Reason = Annotated[str, Field(min_length=1, max_length=1000, description="Why; it is recorded for good.")]


class Saying(BaseModel):
    """Who wants it, and why."""

    model_config = ConfigDict(extra="forbid")

    actor: Person
    reason: Reason


class OrderBody(BaseModel):
    """An order as it stands; `order_id` is the one that travels to the broker."""

    order_id: str
    signal_id: str
    artifact_id: str
    artifact_hash: str
    strategy: str
    leg: OrderLeg
    revision: int
    symbol: str
    side: Side
    order_type: OrderType
    quantity: DecimalText
    limit_price: DecimalText | None
    stop_price: DecimalText | None
    time_in_force: TimeInForce
    status: OrderStatus
    filled_qty: DecimalText
    avg_fill_price: DecimalText | None
    venue_order_id: str | None
    reason_code: str | None
    created_at: datetime
    updated_at: datetime
    cancel_requested_at: datetime | None

    @classmethod
    def of(cls, order: Order) -> "OrderBody":
        renamed: dict[str, Any] = {
            "order_id": order.client_order_id,
            "filled_qty": order.filled_quantity,
            "avg_fill_price": order.average_price,
        }
        same = {name: getattr(order, name) for name in cls.model_fields if name not in renamed}
        return cls(**renamed, **same)


class OrdersAnswer(BaseModel):
    """Newest first."""

    orders: list[OrderBody]


class FillBody(BaseModel):
    """One execution at the broker; a `revision` above 0 has corrected it, `quantity` 0 says it was busted."""

    execution_id: str
    revision: int
    order_id: str
    symbol: str
    side: Side
    quantity: DecimalText
    price: DecimalText
    commission: DecimalText
    ts_event: datetime

    @classmethod
    def of(cls, fill: Fill) -> "FillBody":
        same = {name: getattr(fill, name) for name in cls.model_fields if name != "order_id"}
        return cls(order_id=fill.client_order_id, **same)


class FillsAnswer(BaseModel):
    """Newest first."""

    fills: list[FillBody]


class HeldTradeBody(BaseModel):
    """What one trade holds, and what the broker has acknowledged to protect it with."""

    trade_id: str
    symbol: str
    strategy: str
    held_qty: DecimalText
    protected_qty: DecimalText
    open_exits: list[str]

    @classmethod
    def of(cls, held: HeldTrade) -> "HeldTradeBody":
        return cls(
            trade_id=held.trade.trade_id,
            symbol=held.entry.symbol,
            strategy=held.entry.strategy,
            held_qty=held.held_quantity,
            protected_qty=held.protected(OrderLeg.STOP),
            open_exits=[order.client_order_id for order in held.open_exits],
        )


class PositionBody(BaseModel):
    """`quantity` is above zero when long; `realized_pnl` is net of commission, since the first fill."""

    symbol: str
    quantity: DecimalText
    average_price: DecimalText | None
    realized_pnl: DecimalText

    @classmethod
    def of(cls, position: Position) -> "PositionBody":
        average = position.average_price
        return cls(
            symbol=position.symbol,
            quantity=position.signed_quantity,
            average_price=None if average is None else round(average, 8),
            realized_pnl=position.realized_pnl,
        )


class PositionsAnswer(BaseModel):
    """By symbol, and trade by trade."""

    positions: list[PositionBody]
    trades: list[HeldTradeBody]


def order_routes(desk: AccountDesk) -> APIRouter:
    """The routes of orders, fills and positions."""
    routes = APIRouter(prefix="/api/v1", tags=["orders"])

    @routes.get("/orders", responses=responses(422, 503))
    async def orders(
        status: Annotated[list[OrderStatus] | None, Query()] = None, limit: Limit = 100
    ) -> OrdersAnswer:
        """The newest orders (in some statuses), entries and exits."""
        wanted = frozenset(status) if status else frozenset(OrderStatus)
        return _orders(await desk.orders(wanted, limit))

    @routes.get("/fills", responses=responses(422, 503))
    async def fills(limit: Limit = 100) -> FillsAnswer:
        """The newest fills that count."""
        return FillsAnswer(fills=[FillBody.of(fill) for fill in await desk.fills(limit)])

    @routes.get("/positions", responses=responses(503))
    async def positions() -> PositionsAnswer:
        """What is held by our fills."""
        return PositionsAnswer(
            positions=[PositionBody.of(position) for position in await desk.positions()],
            trades=[HeldTradeBody.of(held) for held in await desk.held_trades()],
        )

    @routes.post("/orders/{order_id}/cancel", responses=responses(404, 409, 422, 503))
    async def cancel(order_id: _OrderId, saying: Saying) -> OrderBody:
        """Asks the broker to cancel; the answer is the order as it stands then, perhaps filled."""
        said = desk.said(reason=saying.reason, actor=saying.actor)
        return OrderBody.of(await desk.cancel(order_id, said))

    @routes.post("/positions/{symbol}/close", status_code=202, responses=responses(409, 422, 423, 503))
    async def close(symbol: _Symbol, saying: Saying) -> OrdersAnswer:
        """Cancels the symbol's entries and closes its trades at the market: the orders that do it."""
        said = desk.said(reason=saying.reason, actor=saying.actor)
        return _orders(await desk.close(symbol, said))

    @routes.post("/flatten", status_code=202, responses=responses(409, 422, 423, 503))
    async def flatten(saying: Saying) -> OrdersAnswer:
        """Cancels every entry and closes every trade at the market: the orders that do it."""
        return _orders(await desk.close(None, desk.said(reason=saying.reason, actor=saying.actor)))

    return routes


def _orders(found: Sequence[Order] | Denied) -> OrdersAnswer:
    if isinstance(found, Denied):
        raise problem_of_denial(found)
    return OrdersAnswer(orders=[OrderBody.of(order) for order in found])
