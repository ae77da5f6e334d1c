"""What the price chart draws: each symbol's closes and its fills."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from jax.adapters.backtest_report.thinning import kept_rows, steps, times_of, whole
from jax.domain.backtest_result import BacktestTrade, OpenPosition
from jax.domain.side import Side
from jax.domain.visible_text import visible
from jax.ports.backtest_report import ReportSeries, SeriesUse

# The kinds of fills, as the page's script knows them.
BOUGHT, SOLD_SHORT, CLOSED_AT_A_GAIN, CLOSED_AT_A_LOSS = range(4)
# Fewer closes than this do not show how a price went.
_FEWEST_CLOSES = 100
_DIGITS = 4
_MOST_PLACES = 10


@dataclass(frozen=True, slots=True)
class DrawnFill:
    """Where a position was entered or left: the drawn moment, the price there, and of which kind."""

    symbol: str
    at: datetime
    price: Decimal
    kind: int


def drawn_fills(trades: Iterable[BacktestTrade], held: Iterable[OpenPosition]) -> list[DrawnFill]:
    """The entries and exits of `trades`, and the entries of what is still held, oldest first."""
    fills = []
    for trade in trades:
        entry = BOUGHT if trade.side is Side.BUY else SOLD_SHORT
        leave = CLOSED_AT_A_GAIN if trade.net_pnl > 0 else CLOSED_AT_A_LOSS
        fills.append(DrawnFill(trade.symbol, trade.entered_at, trade.entry_price, entry))
        fills.append(DrawnFill(trade.symbol, trade.exited_at, trade.exit_price, leave))
    for position in held:
        entry = BOUGHT if position.signed_quantity > 0 else SOLD_SHORT
        fills.append(DrawnFill(position.symbol, position.entered_at, position.entry_price, entry))
    return sorted(fills, key=lambda fill: fill.at)


def drawable(series: Sequence[ReportSeries]) -> list[ReportSeries]:
    """The traded series whose closes are known."""
    return [one for one in series if one.closes and one.used_for is SeriesUse.TRADED]


def charted(
    series: Sequence[ReportSeries], trades: Iterable[BacktestTrade], *, most: int
) -> list[ReportSeries]:
    """The traded series with closes, in their order; the most traded when `most` closes cannot show all."""
    candidates = drawable(series)
    room = max(most // _FEWEST_CLOSES, 1)
    if len(candidates) <= room:
        return candidates
    traded = Counter(trade.symbol for trade in trades)
    chosen = sorted(candidates, key=lambda one: (-traded[one.symbol], one.symbol))[:room]
    return [one for one in candidates if one in chosen]


def price_data(
    series: Sequence[ReportSeries], fills: Sequence[DrawnFill], *, most: int
) -> list[dict[str, Any]]:
    """One entry a series, together about `most` closes; each fill is [index among the closes, price, kind].

    Closes are whole numbers of 10 ** -places, to four digits at the lowest, as a first value and steps.
    """
    by_symbol: dict[str, list[DrawnFill]] = {one.symbol: [] for one in series}
    for fill in fills:
        by_symbol.setdefault(fill.symbol, []).append(fill)
    return [_chart(one, by_symbol[one.symbol], most // len(series)) for one in series]


def _chart(series: ReportSeries, fills: Sequence[DrawnFill], most: int) -> dict[str, Any]:
    ends = [end for end, _ in series.closes]
    closes = [float(close) for _, close in series.closes]
    # A fill at the open of a bar lies before its end, which is where the bar is drawn.
    at = [min(bisect_left(ends, fill.at), len(ends) - 1) for fill in fills]
    rows = kept_rows((closes, [-close for close in closes]), most=most, always=set(at))
    index = {row: number for number, row in enumerate(rows)}
    lowest = min(close for _, close in series.closes)
    places = min(max(_DIGITS - 1 - lowest.adjusted(), 0), _MOST_PLACES)
    return {
        "symbol": visible(series.symbol),
        "closes": len(closes),
        "places": places,
        **times_of([ends[row] for row in rows]),
        "close": steps(whole([closes[row] for row in rows], places)),
        "fills": [
            [index[row], float(f"{fill.price:.7g}"), fill.kind] for row, fill in zip(at, fills, strict=True)
        ],
    }
