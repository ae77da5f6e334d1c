"""The page from top to bottom."""

from decimal import Decimal

from jax.adapters.backtest_report.detail import Detail
from jax.adapters.backtest_report.distribution import unit_of
from jax.adapters.backtest_report.figures import ReportFigures
from jax.adapters.backtest_report.markup import Markup, card, chart, coloured, element, note
from jax.adapters.backtest_report.metrics_table import metrics_table
from jax.adapters.backtest_report.months_table import months_table
from jax.adapters.backtest_report.price_section import price_section
from jax.adapters.backtest_report.settings_tables import account_table, costs_table, refused_entries
from jax.adapters.backtest_report.tables import (
    data_table,
    hashes_list,
    params_table,
    positions_table,
    traded_symbols,
    trades_table,
)
from jax.adapters.backtest_report.wording import moment, number, percent, ratio
from jax.ports.backtest_report import ReportContent, SeriesUse

_MOST_NAMES = 12


def header(content: ReportContent, figures: ReportFigures) -> Markup:
    """What was run, and the numbers that people look for first."""
    traded = [series for series in content.series if series.used_for is SeriesUse.TRADED]
    first = moment(min(series.first_end for series in traded), daily=figures.daily)
    last = moment(max(series.last_end for series in traded), daily=figures.daily)
    symbols = traded_symbols(content, most=_MOST_NAMES)
    return element(
        "header",
        element("h1", content.strategy),
        element("p", f"Backtest on {symbols}, {first} to {last}", css="under"),
        _tiles(content),
        element("noscript", note("The charts need JavaScript; everything else is here without it.")),
    )


def _tiles(content: ReportContent) -> Markup:
    result, metrics = content.result, content.result.metrics
    places = 0 if result.settings.initial_cash >= 1000 else 4
    shown: list[tuple[str, object]] = [
        ("total return", coloured(metrics.total_return, _brief(metrics.total_return))),
        ("a year", _brief(metrics.cagr)),
        ("Sharpe ratio", ratio(metrics.sharpe)),
        ("deepest drawdown", percent(metrics.max_drawdown)),
        ("trades won", percent(metrics.win_rate, 1)),
        (f"{content.currency} at the end", number(result.equity[-1].equity, places)),
    ]
    if result.benchmark:
        grown = result.benchmark[-1] / result.settings.initial_cash - 1
        shown.insert(1, (f"{content.benchmark}, total return", _brief(grown)))
    tiles = (element("div", element("b", value), element("span", name), css="tile") for name, value in shown)
    return element("div", *tiles, css="tiles")


def _brief(value: Decimal) -> str:
    return percent(value, 2 if abs(value) < 10 else 0)


def sections(content: ReportContent, figures: ReportFigures, detail: Detail) -> list[Markup]:
    """The cards of the page."""
    return [
        *_curves(content, figures, detail),
        price_section(content, detail),
        card("Months and years", months_table(figures, benchmark=content.benchmark), note(_MONTHS_NOTE)),
        _pair(card("Years", chart("years", "Return of each year")), _distribution(figures)),
        _pair(
            card("Metrics", metrics_table(content, figures.places), note(_METRICS_NOTE)),
            element(
                "div",
                card("Costs", costs_table(content, places=figures.places)),
                card("Account and limits", account_table(content)),
            ),
        ),
        *_lists(content, figures, detail),
    ]


_MONTHS_NOTE = "In per cent. The first and the last month and year are as long as the data is."
_METRICS_NOTE = "Rates are over a riskless rate of zero, annualised by the data's own calendar."


def _curves(content: ReportContent, figures: ReportFigures, detail: Detail) -> list[Markup]:
    ends = len(content.result.equity)
    thinned = [note(_thinned_note(ends, detail.points))] if ends > detail.points else []
    return [
        card("Equity", chart("equity", "Equity over time"), *thinned),
        card("Drawdown", chart("drawdown", "Drawdown over time", low=True)),
        _rolling_sharpe(figures),
    ]


def _thinned_note(ends: int, most: int) -> str:
    return (
        f"Of {ends:,} bar ends the charts over time draw at most {most:,}: of each stretch the highest "
        "equity and the deepest drawdown. All tables and metrics are of every bar."
    )


def _rolling_sharpe(figures: ReportFigures) -> Markup:
    title = f"Rolling Sharpe ratio, over {figures.window:,} bars"
    if len(figures.sharpe) < figures.window:
        bars = "bar" if len(figures.sharpe) == 1 else "bars"
        return card(title, note(f"The run has only {len(figures.sharpe):,} {bars}."))
    if all(value is None for value in figures.sharpe):
        return card(title, note("Not defined: the equity did not change."))
    return card(title, chart("sharpe", title, low=True), note("Annualised, over a riskless rate of zero."))


def _distribution(figures: ReportFigures) -> Markup:
    found = figures.returns
    total = sum(found.counts) + found.unchanged
    title = "Returns of bars"
    if not found.counts:
        return card(title, note("The equity did not change over any bar."))
    unit = unit_of(found).words
    notes = [note(f"How many bars had which return, in {unit}; a column stands over its lower edge.")]
    if found.unchanged:
        left_out = f"{found.unchanged:,} of {total:,} bars, over which the equity did not change"
        notes.append(note(f"Left out: {left_out}."))
    return card(title, chart("returns", "How often which return occurred"), *notes)


def _lists(content: ReportContent, figures: ReportFigures, detail: Detail) -> list[Markup]:
    trades, daily = content.result.trades, figures.daily
    listed = trades_table(trades, most=detail.trades, daily=daily, places=figures.places)
    if not trades and content.result.refused:
        listed.append(note(f"Entries refused: {refused_entries(content)}."))
    return [
        card(f"Trades ({len(trades):,})", *listed),
        card("Positions still open at the end", positions_table(content, daily=daily)),
        card("Data", *data_table(content, most=detail.series, daily=daily)),
        _pair(card("Parameters", params_table(content)), card("Hashes", hashes_list(content))),
    ]


def _pair(*cards: Markup) -> Markup:
    return element("div", *cards, css="pair")
