"""What the bridge says, as documents."""

from datetime import datetime

from pydantic import BaseModel

from jax.app.http.decimal_text import DecimalText
from jax.domain.fill import Fill
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.broker import BrokerEvent, BrokerEventKind, OrderReport, WorkingOrder


class FillBody(BaseModel):
    """One execution; `revision` above 0 corrects it, quantity 0 busts it."""

    execution_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: DecimalText
    price: DecimalText
    commission: DecimalText
    ts_event: datetime
    revision: int

    @classmethod
    def of(cls, fill: Fill) -> "FillBody":
        return cls(**{field: getattr(fill, field) for field in cls.model_fields})


class ReportBody(BaseModel):
    """What the venue says of one order now; what events with a `change` up to `as_of` told of it is in."""

    client_order_id: str
    venue_order_id: str
    status: OrderStatus
    reason_code: str | None
    fills: list[FillBody]
    as_of: int | None

    @classmethod
    def of(cls, report: OrderReport) -> "ReportBody":
        return cls(
            client_order_id=report.client_order_id,
            venue_order_id=report.venue_order_id,
            status=report.status,
            reason_code=report.reason_code,
            fills=[FillBody.of(fill) for fill in report.fills],
            as_of=report.as_of,
        )


class WorkingOrderBody(BaseModel):
    """An order that is open at the venue; `client_order_id` is null for one that is not ours."""

    client_order_id: str | None
    venue_order_id: str
    symbol: str
    side: Side
    leaves_quantity: DecimalText

    @classmethod
    def of(cls, order: WorkingOrder) -> "WorkingOrderBody":
        return cls(**{field: getattr(order, field) for field in cls.model_fields})


class EventBody(BaseModel):
    """Entry `seq` of the journal: a reason to ask, never an answer."""

    seq: int
    kind: BrokerEventKind
    client_order_id: str | None
    detail: str
    at: datetime
    change: int | None

    @classmethod
    def of(cls, event: BrokerEvent) -> "EventBody":
        return cls(**{field: getattr(event, field) for field in cls.model_fields})


class OrderBody(BaseModel):
    """The terms of an order; each of them is part of its identity.

    An entry with a bracket names the price of its stop, and that of its target if it has one.
    """

    account: str
    signal_id: str
    artifact_id: str
    artifact_hash: str
    strategy: str
    symbol: str
    side: Side
    order_type: str
    quantity: DecimalText
    limit_price: DecimalText | None
    stop_price: DecimalText | None
    time_in_force: str
    leg: str
    revision: int
    bracket_stop_price: DecimalText | None = None
    bracket_target_price: DecimalText | None = None
