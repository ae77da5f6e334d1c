"""Quotes and candles, and the bars that move the paper venue."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from jax.app.bridge.bridge import Bridge
from jax.app.bridge.http.account import Limit
from jax.app.bridge.http.outcomes import BridgeProblem, told
from jax.app.http.decimal_text import DecimalText
from jax.app.http.problems import responses
from jax.domain.bar import Bar, Timeframe
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument

MOST_BARS = 5_000
Symbol = Annotated[str, Path(min_length=1, max_length=32)]


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(  # noqa: TRY004 - pydantic reports ValueError, and raises TypeError through
            "must be an RFC 3339 time with its offset, such as 2024-03-04T21:00:00Z"
        )
    return value


Time = Annotated[AwareDatetime, BeforeValidator(_text_only, json_schema_input_type=str)]


class QuoteAnswer(BaseModel):
    """Best bid and ask."""

    symbol: str
    bid: DecimalText
    ask: DecimalText
    ts_event: datetime


class CandleBody(BaseModel):
    """One bar over [start, end)."""

    model_config = ConfigDict(extra="forbid")

    symbol: str
    timeframe: Timeframe
    start: Time
    end: Time
    open: DecimalText
    high: DecimalText
    low: DecimalText
    close: DecimalText
    volume: DecimalText

    @classmethod
    def of(cls, bar: Bar) -> "CandleBody":
        return cls.model_construct(**{field: getattr(bar, field) for field in cls.model_fields})

    def to_bar(self) -> Bar:
        """The bar; InvalidValue when its values contradict each other."""
        times = {"start": self.start.astimezone(UTC), "end": self.end.astimezone(UTC)}
        return Bar(**{**dict(self), **times})


class InstrumentBody(BaseModel):
    """What is traded, and in which steps."""

    model_config = ConfigDict(extra="forbid")

    symbol: str
    mic: str
    currency: str
    price_increment: DecimalText
    lot_size: DecimalText
    multiplier: DecimalText = Decimal(1)


class CandlesAnswer(BaseModel):
    """Oldest first."""

    candles: list[CandleBody]


class BarsRequest(BaseModel):
    """Bars in any order; the instruments of symbols that are new here."""

    model_config = ConfigDict(extra="forbid")

    bars: list[CandleBody] = Field(min_length=1, max_length=MOST_BARS)
    instruments: list[InstrumentBody] = Field(default_factory=list, max_length=MOST_BARS)


class BarsAnswer(BaseModel):
    """How many bars were passed on."""

    bars: int


def market_routes(bridge: Bridge) -> APIRouter:
    """The routes /api/v1/quotes, /api/v1/candles and /api/v1/bars."""
    routes = APIRouter(prefix="/api/v1", tags=["market"])

    # A symbol such as BTC/USDT has a slash of its own.
    @routes.get("/quotes/{symbol:path}", responses=responses(404, 422, 503, 504, model=BridgeProblem))
    async def quote(symbol: Symbol) -> QuoteAnswer:
        """The venue's newest quote."""
        with told():
            found = await bridge.desk.quote(symbol)
        return QuoteAnswer(symbol=found.symbol, bid=found.bid, ask=found.ask, ts_event=found.ts_event)

    @routes.get("/candles/{symbol:path}", responses=responses(404, 422, model=BridgeProblem))
    async def candles(symbol: Symbol, limit: Limit = 100) -> CandlesAnswer:
        """The newest bars that the bridge has heard since it started."""
        with told():
            found = bridge.market.candles(symbol, limit)
        return CandlesAnswer(candles=[CandleBody.of(bar) for bar in found])

    @routes.post("/bars", responses=responses(413, 422, 503, 504, model=BridgeProblem))
    async def hear_bars(request: BarsRequest) -> BarsAnswer:
        """Moves the market of the paper venue: fills what works, expires what ends, quotes the close.

        Any other venue has a market of its own, and learns the instruments only.
        """
        instruments = [Instrument(**dict(body)) for body in request.instruments]
        bars = [_bar(number, body) for number, body in enumerate(request.bars)]
        with told():
            await bridge.hear_bars(bars, instruments)
        return BarsAnswer(bars=len(bars))

    return routes


def _bar(position: int, body: CandleBody) -> Bar:
    try:
        return body.to_bar()
    except InvalidValue as error:
        raise InvalidValue(f"bars[{position}].{error.field}", error.problem) from error
