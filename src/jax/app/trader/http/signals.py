"""Signals, and what people decide about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from jax.app.http.decimal_text import DecimalText
from jax.app.http.problems import ProblemRaised, responses
from jax.app.trader.trader import Trader
from jax.domain.reason_code import ReasonCode
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.domain.signal_filter import SignalFilter
from jax.ports.errors import NotFound

Limit = Annotated[int, Query(ge=1, le=1000)]
Symbol = Annotated[str, Field(min_length=1, max_length=32)]
Strategy = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
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
    """Newest first; `next_cursor` leads to the page behind this one, null when there is none."""

    signals: list[SignalBody]
    next_cursor: str | None


class GenerateRequest(BaseModel):
    """Of which symbols and strategies; an empty list stands for all."""

    model_config = ConfigDict(extra="forbid")

    symbols: list[Symbol] = Field(default_factory=list, max_length=1000)
    strategies: list[Strategy] = Field(default_factory=list, max_length=1000)


class GenerateAnswer(BaseModel):
    """The signals that are new."""

    signals: list[SignalBody]


class SignalQuery(BaseModel):
    """What to look for; `since` and `until` bound `ts_event`, both inclusive."""

    model_config = ConfigDict(extra="forbid")

    status: SignalStatus | None = None
    strategy: Strategy | None = None
    symbol: Symbol | None = None
    side: Side | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, max_length=100)

    def filter(self) -> SignalFilter:
        return SignalFilter(self.status, self.strategy, self.symbol, self.side, self.since, self.until)


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
    async def signals(wanted: Annotated[SignalQuery, Query()]) -> SignalsAnswer:
        """The newest signals, a page at a time."""
        page = await trader.signals(wanted.filter(), limit=wanted.limit, cursor=wanted.cursor)
        return SignalsAnswer(
            signals=[SignalBody.of(signal) for signal in page.signals],
            next_cursor=page.next_cursor,
        )

    @routes.post("/generate", responses=responses(409, 422, 503))
    async def generate(request: GenerateRequest) -> GenerateAnswer:
        """Lets the loaded strategies decide on their newest stored bars; nothing is made twice."""
        made = await trader.generate(frozenset(request.symbols), frozenset(request.strategies))
        return GenerateAnswer(signals=[SignalBody.of(signal) for signal in made])

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
