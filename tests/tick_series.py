"""Ticks of one exchange's sessions, and what bars they should make: restated plainly."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from jax.domain.marked_bar import MarkedBar
from jax.domain.minute_bars import MinuteBars
from jax.domain.session import ExchangeSession
from jax.domain.symbol_bars import SymbolBars
from jax.domain.tick import Tick
from jax.domain.trading_hours import TradingHours

OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
CLOSE = datetime(2024, 3, 4, 21, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def session(opens_at: datetime = OPEN, closes_at: datetime = CLOSE, *, half: bool = False) -> ExchangeSession:
    return ExchangeSession("XNAS", opens_at.date(), opens_at, closes_at, is_half_day=half)


def hours(*sessions: ExchangeSession) -> TradingHours:
    return TradingHours(sessions or [session()])


def at(seconds: float, opening: datetime = OPEN) -> datetime:
    """So long after the opening."""
    return opening + timedelta(seconds=seconds)


def tick(seconds: float, price: str = "100", size: str = "1", tick_id: str | None = None) -> Tick:
    """A trade so long after the opening."""
    moment = at(seconds)
    return Tick("AAPL", Decimal(price), Decimal(size), moment, tick_id or moment.isoformat())


@dataclass(frozen=True, order=True)
class Arrival:
    """A tick and when it comes."""

    at: datetime
    number: int
    tick: Tick


def played(
    bars: MinuteBars | SymbolBars, arrivals: Iterable[Arrival], *, until: datetime = CLOSE + MINUTE
) -> list[MarkedBar]:
    """Everything that comes of the arrivals, in their order, and of the time up to `until`."""
    given: list[MarkedBar] = []
    for arrival in sorted(arrivals):
        given.extend(bars.hear(arrival.tick, arrival.at))
    return [*given, *bars.pass_time(until)]


def prompt(ticks: Sequence[Tick]) -> list[Arrival]:
    """Each comes when it happens."""
    return [Arrival(one.ts_event, number, one) for number, one in enumerate(ticks)]
