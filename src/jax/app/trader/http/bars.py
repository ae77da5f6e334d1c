"""Bars in, signals out."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from jax.app.http.decimal_text import DecimalText
from jax.app.http.problems import responses
from jax.app.trader.http.signals import SignalBody
from jax.app.trader.trader import Trader
from jax.domain.bar import Bar, Timeframe
from jax.domain.errors import InvalidValue

MOST_BARS = 5_000


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(  # noqa: TRY004 - pydantic reports ValueError, and raises TypeError through
            "must be an RFC 3339 time with its offset, such as 2024-03-04T21:00:00Z"
        )
    return value


Time = Annotated[AwareDatetime, BeforeValidator(_text_only, json_schema_input_type=str)]


class BarBody(BaseModel):
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

    def to_bar(self) -> Bar:
        """The bar; InvalidValue when its values contradict each other."""
        values = {**dict(self), "start": self.start.astimezone(UTC), "end": self.end.astimezone(UTC)}
        return Bar(**values)


class BarsRequest(BaseModel):
    """Bars in any order; those that are stored already are skipped."""

    model_config = ConfigDict(extra="forbid")

    bars: list[BarBody] = Field(min_length=1, max_length=MOST_BARS)


class BarsAnswer(BaseModel):
    """How many bars were new, and the signals that came of them."""

    new_bars: int
    signals: list[SignalBody]


class LastBarsAnswer(BaseModel):
    """The end of the newest bar of each symbol."""

    last: dict[str, datetime]


def bar_routes(trader: Trader) -> APIRouter:
    """The routes under /api/v1/bars."""
    routes = APIRouter(prefix="/api/v1/bars", tags=["bars"])

    @routes.post("", responses=responses(409, 413, 422, 503))
    async def receive_bars(request: BarsRequest) -> BarsAnswer:
        """Stores bars, all or none, and lets the loaded strategies decide on the new ones."""
        received = await trader.receive_bars([_bar(n, body) for n, body in enumerate(request.bars)])
        return BarsAnswer(
            new_bars=received.new_bars, signals=[SignalBody.of(signal) for signal in received.signals]
        )

    @routes.get("/last", responses=responses(422, 503))
    async def last_bars(timeframe: Timeframe = Timeframe.DAY) -> LastBarsAnswer:
        """Where to go on sending."""
        return LastBarsAnswer(last=dict(await trader.last_bar_ends(timeframe)))

    return routes


def _bar(position: int, body: BarBody) -> Bar:
    try:
        return body.to_bar()
    except InvalidValue as error:
        raise InvalidValue(f"bars[{position}].{error.field}", error.problem) from error
