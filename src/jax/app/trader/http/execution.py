"""A signal becomes an order, and what was traded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from jax.app.http.decimal_text import DecimalText
from jax.app.http.problems import ProblemRaised, responses
from jax.app.trader.http.denials import problem_of_denial
from jax.app.trader.http.signals import Limit, Person, signal_must_exist
from jax.app.trader.trader import Trader
from jax.domain.keyed_request import LONGEST_KEY
from jax.domain.order import Order
from jax.domain.order_status import FAILED, UNRESOLVED, OrderStatus
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.side import Side
from jax.domain.trade import Trade

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=LONGEST_KEY,
        pattern=r"^[!-~]+$",
        description="The caller's own name for this request, printable ASCII without spaces.",
    ),
]


class ExecuteRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    signal_id: str = Field(min_length=1, max_length=64)
    approved_by: Person


class TradeBody(BaseModel):
    """The recorded execution of one signal with its order as it stands now.

    Prices and amounts are in the instrument's currency, quantities in units.
    """

    trade_id: str
    signal_id: str
    order_id: str
    symbol: str
    direction: Side
    quantity: DecimalText
    entry_price: DecimalText
    stop_loss: DecimalText
    take_profit: DecimalText | None
    strategy_id: str
    status: OrderStatus
    filled_qty: DecimalText
    avg_fill_price: DecimalText | None
    risk_amount: DecimalText
    risk_percent: DecimalText = Field(
        description="risk_amount as a fraction of net liquidation, under the name that older clients know."
    )
    position_value: DecimalText
    submitted_at: datetime
    artifact_id: str
    artifact_hash: str
    policy: str | None = Field(
        description="The policy it was approved under; `solo` for a person alone; null from before the gate."
    )

    @classmethod
    def of(cls, trade: Trade, order: Order, policy: str | None) -> "TradeBody":
        return cls(
            trade_id=trade.trade_id,
            signal_id=trade.signal_id,
            order_id=order.client_order_id,
            symbol=trade.symbol,
            direction=trade.side,
            quantity=trade.quantity,
            entry_price=trade.entry_price,
            stop_loss=trade.stop_loss,
            take_profit=trade.take_profit,
            strategy_id=trade.strategy,
            status=order.status,
            filled_qty=order.filled_quantity,
            avg_fill_price=order.average_price,
            risk_amount=trade.risk_amount,
            risk_percent=trade.risk_fraction,
            position_value=trade.position_value,
            submitted_at=trade.submitted_at,
            artifact_id=trade.artifact_id,
            artifact_hash=trade.artifact_hash,
            policy=policy,
        )


class ExecuteAnswer(BaseModel):
    """`duration` is the time in seconds from the decision to what was last heard of the order."""

    success: bool
    trade_id: str
    order_id: str
    trade: TradeBody
    duration: float


class TradesAnswer(BaseModel):
    """Newest first."""

    trades: list[TradeBody]


def execution_routes(trader: Trader) -> APIRouter:
    """The routes /api/v1/execute and /api/v1/trades."""
    routes = APIRouter(prefix="/api/v1", tags=["execution"])

    @routes.post(
        "/execute",
        status_code=201,
        responses={
            200: {"model": ExecuteAnswer, "description": "It was executed before: the same trade"},
            202: {"model": ExecuteAnswer, "description": "Sent, and not answered for certain yet"},
            **responses(404, 409, 422, 423, 503),
        },
    )
    async def execute(
        request: ExecuteRequest, response: Response, idempotency_key: IdempotencyKey = None
    ) -> ExecuteAnswer:
        """Sends the order of an APPROVED signal, at most once however often it is asked.

        Without an Idempotency-Key the signal is the key. With one, the answer to the decision is kept: the
        same request under it is answered the same, another one is refused.
        """
        with signal_must_exist():
            outcome = await trader.execute(
                request.signal_id, approved_by=request.approved_by, key=idempotency_key
            )
        if isinstance(outcome, Denied):
            raise problem_of_denial(outcome)
        trade, order = outcome.trade, outcome.order
        if trade.approved_by != request.approved_by:
            raise ProblemRaised(
                422,
                "REPEAT_DIFFERS",
                f"signal {trade.signal_id} was executed on the approval of somebody else",
                trade_id=trade.trade_id,
            )
        _check_not_failed(trade, order)
        response.status_code = _status_code(order, repeated=outcome.repeated)
        return ExecuteAnswer(
            success=True,
            trade_id=trade.trade_id,
            order_id=order.client_order_id,
            trade=(await _bodies(trader, [(trade, order)]))[0],
            duration=(order.updated_at - trade.submitted_at).total_seconds(),
        )

    @routes.get("/trades", responses=responses(422, 503))
    async def trades(limit: Limit = 100) -> TradesAnswer:
        """The newest trades with their orders."""
        found = await trader.trades(limit)
        return TradesAnswer(trades=await _bodies(trader, found))

    return routes


async def _bodies(trader: Trader, found: Sequence[tuple[Trade, Order]]) -> list[TradeBody]:
    marks = await trader.policy_marks([trade for trade, _ in found])
    return [TradeBody.of(trade, order, marks.get(trade.policy_sha256 or "")) for trade, order in found]


def _status_code(order: Order, *, repeated: bool) -> int:
    if order.status in UNRESOLVED:
        return 202
    return 200 if repeated else 201


def _check_not_failed(trade: Trade, order: Order) -> None:
    """The trade is recorded, and its order never worked at the broker."""
    if order.status not in FAILED:
        return
    raise ProblemRaised(
        422,
        _code_of_failure(order),
        f"order {order.client_order_id} is {order.status}: {order.reason_code or 'no reason given'}",
        reason_code=order.reason_code,
        order_status=order.status,
        trade_id=trade.trade_id,
        order_id=order.client_order_id,
    )


def _code_of_failure(order: Order) -> ReasonCode:
    if order.status is OrderStatus.REJECTED:
        return ReasonCode.BROKER_REFUSED
    # Not sent after all, for a reason of ours.
    return ReasonCode.__members__.get(order.reason_code or "", ReasonCode.BROKER_REFUSED)
