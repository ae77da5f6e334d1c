"""Below a megabyte, whatever the run; and what the page leaves out, it says."""

from dataclasses import replace
from datetime import timedelta
from itertools import accumulate, pairwise

import pytest

from jax.adapters.backtest_report import html_reporter
from jax.adapters.backtest_report.detail import DETAILS
from jax.adapters.backtest_report.html_reporter import HtmlReporter
from tests.unit.report.page import Page
from tests.unit.report.report_content import long_content

MINUTE = timedelta(minutes=1)


def test_a_hundred_thousand_bars_stay_below_a_megabyte_and_keep_the_extremes() -> None:
    long = long_content(points=100_000, trades=30_000, step=MINUTE)
    document = HtmlReporter().render(long)
    assert len(document) < 1_000_000
    found = Page(document)
    drawn = found.drawn()["curve"]
    equities = [int(100 * point.equity) for point in long.result.equity]
    shown = list(accumulate(drawn["equity"]))
    assert (shown[-1], max(shown)) == (equities[-1], max(equities))
    assert "Of 100,000 bar ends the charts over time draw at most 6,000:" in found.everything()
    assert "The last 1,000 of 30,000." in found.everything()
    assert "Fills are those of the last 1,000 of 30,000 trades." in found.everything()


def test_five_symbols_of_thirteen_years_are_drawn_whole() -> None:
    long = long_content(points=3270, trades=900, symbols=5)
    document = HtmlReporter().render(long)
    assert len(document) < 1_000_000
    found = Page(document)
    assert [len(chart["time"]) for chart in found.drawn()["prices"]] == [3270] * 5
    assert "of each stretch" not in found.everything()
    assert "The last" not in found.everything()
    assert "The menu has" not in found.everything()
    assert "The first" not in found.everything().replace("The first and the last month", "")


def test_thousands_of_symbols_stay_below_a_megabyte_and_what_is_left_out_is_counted() -> None:
    document = HtmlReporter().render(long_content(points=600, trades=3000, symbols=4000))
    assert len(document) < 1_000_000
    words = Page(document).everything()
    (listed,) = [detail for detail in DETAILS if f"The first {detail.series:,} of 4,001 series." in words]
    assert listed.series < DETAILS[0].series
    assert f"The menu has the {listed.closes // 100} most traded of 4,000 symbols." in words


def test_the_page_is_as_detailed_as_its_size_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    long = long_content(points=3000, trades=900)
    whole = HtmlReporter().render(long)
    monkeypatch.setattr(html_reporter, "MOST_BYTES", len(whole))
    assert HtmlReporter().render(long) == whole
    monkeypatch.setattr(html_reporter, "MOST_BYTES", len(whole) - 1)
    smaller = HtmlReporter().render(long)
    assert len(smaller) < len(whole)
    assert "The last 500 of 900." in Page(smaller).everything()


def test_each_detail_is_half_of_the_one_before() -> None:
    for more, less in pairwise(DETAILS):
        assert (less.points, less.closes, less.trades, less.series) == (
            *(more.points // 2, more.closes // 2, more.trades // 2, more.series // 2),
        )


def test_as_many_as_fit_are_not_said_to_be_left_out() -> None:
    long = long_content(points=DETAILS[0].points, trades=DETAILS[0].trades)
    words = Page(HtmlReporter().render(replace(long, series=long.series[:1]))).everything()
    assert "of each stretch" not in words
    assert "The last 1,000" not in words
    assert "Fills are those" not in words
