"""The card with the price chart and its menu of symbols."""

from collections import Counter

from jax.adapters.backtest_report.detail import Detail
from jax.adapters.backtest_report.markup import Markup, card, chart, element, joined, note
from jax.adapters.backtest_report.price_charts import charted, drawable
from jax.ports.backtest_report import ReportContent

_TITLE = "Trades on the price"
# As the page's script draws them.
_LEGEND = (
    ("entry", "\N{BLACK UP-POINTING TRIANGLE} bought"),
    ("entry", "\N{BLACK DOWN-POINTING TRIANGLE} sold short"),
    ("gain", "\N{BLACK CIRCLE} closed at a gain"),
    ("loss", "\N{BLACK CIRCLE} closed at a loss"),
)


def price_section(content: ReportContent, detail: Detail) -> Markup:
    """One chart, of the symbol that the menu says; what it leaves out is told under it."""
    trades = content.result.trades
    series = charted(content.series, trades, most=detail.closes)
    if not series:
        return card(_TITLE, note("The prices were not given to this report."))
    counts = Counter(trade.symbol for trade in trades)
    options = [
        element("option", f"{one.symbol} ({_counted(counts[one.symbol])})", value=str(number))
        for number, one in enumerate(series)
    ]
    menu = element("label", "Symbol ", element("select", *options, id="symbol"))
    legend = element("p", joined(element("span", words, css=css) for css, words in _LEGEND), css="key")
    notes = [element("p", css="note", id="price-note")]
    if len(trades) > detail.trades:
        notes.append(note(f"Fills are those of the last {detail.trades:,} of {len(trades):,} trades."))
    every = len(drawable(content.series))
    if len(series) < every:
        notes.append(note(f"The menu has the {len(series):,} most traded of {every:,} symbols."))
    return card(_TITLE, element("p", menu, css="menu"), chart("price", _TITLE), legend, *notes)


def _counted(trades: int) -> str:
    return "1 trade" if trades == 1 else f"{trades:,} trades"
