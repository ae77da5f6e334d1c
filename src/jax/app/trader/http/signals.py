"""Signals, and what people decide about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from jax.app.http.decimal_text import DecimalText
from jax.app.http.problems import ProblemRaised, responses
from jax.app.trader.trader import Trader
from jax.domain.reason_code import ReasonCode
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.ports.errors import NotFound

Limit = Annotated[int, Query(ge=1, le=1000)]
Person = Annotated[str, Field(min_length=1, max_length=200, description="Who decides.")]


class SignalBody(BaseModel):
    """One proposal of a strategy."""

    signal_id: str
    artifact_id: str
    artifact_hash: str
    strategy: str
    symbol: str
    side: Side
    entry_price: DecimalText
    stop_loss: DecimalText
    take_profit: DecimalText | None
    confidence: DecimalText
    reason: str
    ts_event: datetime
    created_at: datetime
    status: SignalStatus
    decided_by: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, signal: Signal) -> "SignalBody":
        return cls(**{field: getattr(signal, field) for field in cls.model_fields})


class SignalsAnswer(BaseModel):
    """Newest first."""

    signals: list[SignalBody]


class ApproveRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    approved_by: Person


class RejectRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rejected_by: Person


@contextmanager
def signal_must_exist() -> Iterator[None]:
    """Answers 404 with the signal's own code."""
    try:
        yield
    except NotFound as error:
        raise ProblemRaised(404, ReasonCode.SIGNAL_NOT_FOUND, str(error)) from error


def signal_routes(trader: Trader) -> APIRouter:
    """The routes under /api/v1/signals."""
    routes = APIRouter(prefix="/api/v1/signals", tags=["signals"])

    @routes.get("", responses=responses(422, 503))
    async def signals(status: SignalStatus | None = None, limit: Limit = 100) -> SignalsAnswer:
        """The newest signals (in a status)."""
        found = await trader.signals(status, limit)
        return SignalsAnswer(signals=[SignalBody.of(signal) for signal in found])

    @routes.post("/{signal_id}/approve", responses=responses(404, 409, 422, 503))
    async def approve(signal_id: str, request: ApproveRequest) -> SignalBody:
        """PENDING > APPROVED; a repeat changes nothing."""
        with signal_must_exist():
            return SignalBody.of(
                await trader.decide(signal_id, SignalStatus.APPROVED, by=request.approved_by)
            )

    @routes.post("/{signal_id}/reject", responses=responses(404, 409, 422, 503))
    async def reject(signal_id: str, request: RejectRequest) -> SignalBody:
        """PENDING or APPROVED > REJECTED; a repeat changes nothing."""
        with signal_must_exist():
            return SignalBody.of(
                await trader.decide(signal_id, SignalStatus.REJECTED, by=request.rejected_by)
            )

    return routes
