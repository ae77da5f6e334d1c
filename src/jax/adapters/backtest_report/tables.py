"""The page's lists: parameters, data, trades, positions, hashes."""

from collections.abc import Sequence
from decimal import Decimal

from jax.adapters.backtest_report.markup import Markup, coloured, element, facts, joined, listing, note
from jax.adapters.backtest_report.wording import exact, moment, number, price, quantity
from jax.domain.backtest_result import BacktestTrade
from jax.ports.backtest_report import ReportContent, ReportSeries, SeriesUse


def params_table(content: ReportContent) -> Markup:
    """The strategy's parameters by name."""
    if not content.params:
        return note("The strategy has none.")
    return facts((name, exact(Decimal(value))) for name, value in sorted(content.params.items()))


def data_table(content: ReportContent, *, most: int, daily: bool) -> list[Markup]:
    """The window of each series, of the first `most`."""
    shown = content.series[:most]
    hashed = any(series.sha256 for series in shown)
    head = ["Symbol", "Used for", "Bars", "First", "Last", *(["Hash over the bars"] if hashed else [])]
    rows = [_series_row(series, daily=daily, hashed=hashed) for series in shown]
    parts = [element("div", listing(head, rows), css="tall")]
    if len(shown) < len(content.series):
        parts.append(note(f"The first {len(shown):,} of {len(content.series):,} series."))
    parts.append(
        note(f"From {content.vendor}, adjusted for splits and dividends. A bar is named by its end, in UTC.")
    )
    return parts


def _series_row(series: ReportSeries, *, daily: bool, hashed: bool) -> list[object]:
    return [
        series.symbol,
        series.used_for.value,
        f"{series.bars:,}",
        moment(series.first_end, daily=daily),
        moment(series.last_end, daily=daily),
        *([element("code", series.sha256)] if hashed else []),
    ]


def positions_table(content: ReportContent, *, daily: bool) -> Markup:
    """What is still held when the data ends."""
    rows = [
        (
            held.symbol,
            quantity(held.signed_quantity),
            moment(held.entered_at, daily=daily),
            price(held.entry_price),
            price(held.last_price),
        )
        for held in content.result.open_positions
    ]
    if not rows:
        return note("None.")
    return element("div", listing(("Symbol", "Quantity", "Entered", "At", "Last"), rows), css="scroll")


def trades_table(trades: Sequence[BacktestTrade], *, most: int, daily: bool, places: int) -> list[Markup]:
    """The last `most` trades; the net has `places` places."""
    if not trades:
        return [note("None: no position was entered and left again.")]
    shown = trades[-most:]
    head = ("Symbol", "Side", "Quantity", "Entered", "At", "Left", "At", "By", "Net")
    rows = (_trade_row(trade, daily=daily, places=places) for trade in shown)
    parts = [element("div", listing(head, rows), css="tall")]
    if len(shown) < len(trades):
        parts.append(note(f"The last {len(shown):,} of {len(trades):,}."))
    return parts


def _trade_row(trade: BacktestTrade, *, daily: bool, places: int) -> tuple[object, ...]:
    return (
        trade.symbol,
        trade.side.value,
        quantity(trade.quantity),
        moment(trade.entered_at, daily=daily),
        price(trade.entry_price),
        moment(trade.exited_at, daily=daily),
        price(trade.exit_price),
        trade.exit_reason.value,
        coloured(trade.net_pnl, number(trade.net_pnl, places)),
    )


def hashes_list(content: ReportContent) -> Markup:
    """What names the run and everything that went into it."""
    named = {**dict(sorted(content.hashes.items())), "run": content.run_id, "engine": content.engine_version}
    rows = [joined([element("dt", name), element("dd", value)]) for name, value in named.items()]
    return element("dl", *rows)


def traded_symbols(content: ReportContent, *, most: int) -> str:
    """The traded symbols, the first `most` by name."""
    symbols = [series.symbol for series in content.series if series.used_for is SeriesUse.TRADED]
    rest = len(symbols) - most
    return ", ".join(symbols[:most]) + (f" and {rest:,} more" if rest > 0 else "")
