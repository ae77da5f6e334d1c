"""Renders the page."""

from collections.abc import Sequence
from importlib.resources import files

from jax.adapters.backtest_report.chart_data import chart_data
from jax.adapters.backtest_report.chart_library import chart_library
from jax.adapters.backtest_report.detail import DETAILS, Detail
from jax.adapters.backtest_report.figures import ReportFigures, report_figures
from jax.adapters.backtest_report.markup import (
    Markup,
    data,
    element,
    joined,
    script,
    script_hash,
    style_hash,
)
from jax.adapters.backtest_report.sections import header, sections
from jax.ports.backtest_report import ReportContent

MOST_BYTES = 999_999


class HtmlReporter:
    """A BacktestReporter whose page needs nothing but a browser: its policy forbids it every request."""

    def render(self, content: ReportContent) -> bytes:
        """See BacktestReporter; the page is UTF-8, and as detailed as it can be below a megabyte."""
        figures = report_figures(content)
        page = b""
        for detail in DETAILS:
            page = _page(content, figures, detail)
            if len(page) <= MOST_BYTES:
                break
        return page


def _page(content: ReportContent, figures: ReportFigures, detail: Detail) -> bytes:
    style, scripts = _resource("page.css"), (chart_library(), _resource("page.js"))
    head = joined(
        [
            Markup('<meta charset="utf-8">'),
            Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Markup(f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, scripts)}">'),
            Markup('<meta name="referrer" content="no-referrer">'),
            Markup('<meta name="color-scheme" content="light dark">'),
            element("title", f"{content.strategy}, backtest {content.run_id}"),
            element("style", Markup(style)),
        ]
    )
    body = joined(
        [
            header(content, figures),
            element("main", *sections(content, figures, detail)),
            _footer(),
            data("run", chart_data(content, figures, detail)),
            *map(script, scripts),
        ]
    )
    page = element("html", element("head", head), element("body", body), lang="en")
    return f"<!doctype html>\n{page}\n".encode()


def _policy(style: str, scripts: Sequence[str]) -> str:
    allowed = " ".join(map(script_hash, scripts))
    return (
        f"default-src 'none'; style-src {style_hash(style)}; script-src {allowed}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
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


def _resource(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
