"""Renders the page."""

from collections.abc import Sequence
from decimal import Decimal
from importlib.resources import files

from jax.adapters.backtest_report.chart_library import chart_library
from jax.adapters.backtest_report.curve import chart_data
from jax.adapters.backtest_report.markup import (
    Markup,
    data,
    day,
    element,
    facts,
    joined,
    listing,
    number,
    percent,
    ratio,
    script,
    script_hash,
    signed,
)
from jax.domain.backtest_result import BacktestTrade
from jax.domain.decimal_text import plain
from jax.ports.backtest_report import ReportContent

# So many rows stay readable, and the page below one megabyte.
_MOST_TRADES = 2000


class HtmlReporter:
    """A BacktestReporter whose page needs nothing but a browser: its policy forbids it every request."""

    def render(self, content: ReportContent) -> bytes:
        """See BacktestReporter; the page is UTF-8."""
        library, own = chart_library(), _resource("page.js")
        scripts = (library, own)
        head = joined(
            [
                Markup('<meta charset="utf-8">'),
                Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
                Markup(f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">'),
                element("title", f"{content.strategy} {_window(content)}"),
                element("style", Markup(_resource("page.css"))),
            ]
        )
        body = joined(
            [
                _header(content),
                element("main", *_sections(content)),
                _footer(),
                data("curve", chart_data(content)),
                *map(script, scripts),
            ]
        )
        page = element("html", element("head", head), element("body", body), lang="en")
        return f"<!doctype html>\n{page}\n".encode()


def _policy(scripts: Sequence[str]) -> str:
    allowed = " ".join(script_hash(source) for source in scripts)
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; base-uri 'none'"


def _header(content: ReportContent) -> Markup:
    symbols = ", ".join(series.symbol for series in content.series)
    return element(
        "header",
        element("h1", content.strategy),
        element("p", f"Backtest on {symbols}, {_window(content)}", css="under"),
        _tiles(content),
    )


def _tiles(content: ReportContent) -> Markup:
    metrics = content.result.metrics
    last = content.result.equity[-1].equity
    shown: list[tuple[str, object]] = [
        ("total return", signed(metrics.total_return, percent(metrics.total_return))),
        ("a year", percent(metrics.cagr)),
        ("Sharpe ratio", ratio(metrics.sharpe)),
        ("deepest drawdown", percent(metrics.max_drawdown)),
        ("trades won", percent(metrics.win_rate, 1)),
        (f"{content.currency} at the end", number(last, 0)),
    ]
    return element(
        "div",
        *(element("div", element("b", value), element("span", name), css="tile") for name, value in shown),
        css="tiles",
    )


def _sections(content: ReportContent) -> list[Markup]:
    return [
        _card("Equity", _chart("equity", "chart")),
        _card("Drawdown", _chart("drawdown", "chart low")),
        element(
            "div",
            _card("Metrics", _metrics(content)),
            _card("Account, costs and limits", _settings(content)),
            css="pair",
        ),
        element("div", _card("Parameters", _params(content)), _card("Data", *_data(content)), css="pair"),
        _card("Positions still open at the end", _open_positions(content)),
        _card(f"Trades ({len(content.result.trades):,})", *_trades(content.result.trades)),
        _card("Hashes", _hashes(content)),
    ]


def _card(title: str, *parts: object) -> Markup:
    return element("section", element("h2", title), *parts, css="card")


def _chart(identifier: str, css: str) -> Markup:
    return joined(
        [
            element("p", css="key", id=f"{identifier}-key"),
            element("div", css=css, id=identifier, role="img", **{"aria-label": f"{identifier} over time"}),
        ]
    )


def _metrics(content: ReportContent) -> Markup:
    metrics = content.result.metrics
    return facts(
        [
            ("Total return", percent(metrics.total_return)),
            ("Compound growth a year", percent(metrics.cagr)),
            ("Volatility a year", percent(metrics.volatility)),
            ("Sharpe ratio a year, over a rate of zero", ratio(metrics.sharpe)),
            ("Deepest drawdown", percent(metrics.max_drawdown)),
            ("Closed trades", f"{metrics.trades:,}"),
            ("Trades won", percent(metrics.win_rate)),
            ("Profit factor", ratio(metrics.profit_factor)),
            ("Days with a position", percent(metrics.exposure)),
        ]
    )


def _settings(content: ReportContent) -> Markup:
    settings = content.result.settings
    paid = sum((order.commission for order in content.result.orders), Decimal(0))
    refused = ", ".join(f"{count} {code}" for code, count in content.result.refused.items())
    return facts(
        [
            ("Cash at the start", f"{number(settings.initial_cash, 2)} {content.currency}"),
            ("Commission on the value of a fill", percent(settings.costs.commission_bps / 10_000)),
            ("Commission paid", f"{number(paid, 2)} {content.currency}"),
            ("Entries refused", refused or "none"),
        ]
    )


def _params(content: ReportContent) -> Markup:
    return facts((name, plain(Decimal(value))) for name, value in content.params.items())


def _data(content: ReportContent) -> list[Markup]:
    rows = [
        (series.symbol, f"{series.bars:,}", day(series.first_end), day(series.last_end))
        for series in content.series
    ]
    return [
        element("div", listing(("Symbol", "Bars", "First", "Last"), rows), css="scroll"),
        element("p", f"Daily bars from {content.vendor}, adjusted for splits and dividends.", css="note"),
    ]


def _open_positions(content: ReportContent) -> Markup:
    rows = [
        (
            held.symbol,
            number(held.signed_quantity, 0),
            day(held.entered_at),
            number(held.entry_price, 4),
            number(held.last_price, 4),
        )
        for held in content.result.open_positions
    ]
    if not rows:
        return element("p", "None.", css="note")
    return element("div", listing(("Symbol", "Quantity", "Entered", "At", "Last"), rows), css="scroll")


def _trades(trades: Sequence[BacktestTrade]) -> list[Markup]:
    shown = trades[-_MOST_TRADES:]
    head = ("Symbol", "Side", "Quantity", "Entered", "At", "Left", "At", "By", "Net")
    parts = [element("div", listing(head, map(_trade_row, shown)), css="tall")]
    if len(shown) < len(trades):
        parts.append(element("p", f"The last {len(shown):,} of {len(trades):,}.", css="note"))
    return parts


def _trade_row(trade: BacktestTrade) -> tuple[object, ...]:
    return (
        trade.symbol,
        trade.side.value,
        number(trade.quantity, 0),
        day(trade.entered_at),
        number(trade.entry_price, 4),
        day(trade.exited_at),
        number(trade.exit_price, 4),
        trade.exit_reason.value,
        signed(trade.net_pnl, number(trade.net_pnl, 2)),
    )


def _hashes(content: ReportContent) -> Markup:
    named = {**content.hashes, "run": content.run_id, "engine": content.engine_version}
    return element(
        "dl", *(joined([element("dt", name), element("dd", value)]) for name, value in named.items())
    )


def _footer() -> Markup:
    link = element(
        "a", "TradingView Lightweight Charts", href="https://www.tradingview.com/", rel="noreferrer"
    )
    return element(
        "footer",
        "What a strategy would have done says little about what it will do. Charts by ",
        link,
        ", Copyright TradingView, Inc., Apache License 2.0; nothing is loaded from the network.",
    )


def _window(content: ReportContent) -> str:
    first = min(series.first_end for series in content.series)
    last = max(series.last_end for series in content.series)
    return f"{day(first)} to {day(last)}"


def _resource(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
