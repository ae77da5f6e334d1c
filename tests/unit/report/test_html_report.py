"""One page, complete in itself, in which nothing that was put in can become markup."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from jax.adapters.backtest_report.html_reporter import HtmlReporter
from jax.domain.backtest_result import (
    BacktestMetrics,
    BacktestOrder,
    BacktestResult,
    BacktestSettings,
    BacktestTrade,
    EquityPoint,
    OpenPosition,
    OrderReason,
)
from jax.domain.side import Side
from jax.ports.backtest_report import ReportContent, ReportSeries

START = datetime(2020, 1, 2, 21, tzinfo=UTC)
HOSTILE = """<script>alert("x")</script>&'"</title></style><!--"""


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, and the text inside scripts."""

    def __init__(self, document: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.words: list[str] = []
        self._open = [""]
        self.feed(document.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"{tag} is closed where it is not open"

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open[-1], []).append(data)
        if self._open[-1] not in {"script", "style"}:
            self.words.append(data)

    def everything(self) -> str:
        return " ".join(self.words)

    def scripts(self) -> Iterator[str]:
        return iter(self.texts["script"])


def result(*, points: int = 40, trades: int = 3) -> BacktestResult:
    return BacktestResult(
        settings=BacktestSettings(),
        orders=(
            BacktestOrder(
                "AAPL",
                Side.BUY,
                Decimal(10),
                START,
                START,
                Decimal(5),
                Decimal("0.05"),
                OrderReason.ENTRY,
                "x",
            ),
        ),
        trades=some_trades(trades),
        open_positions=(OpenPosition("AAPL", Decimal(-7), START, Decimal(5), Decimal(4)),),
        equity=tuple(
            EquityPoint(START + timedelta(days=day), Decimal(100_000 + (day * 7919) % 500), Decimal(0), 1)
            for day in range(points)
        ),
        metrics=BacktestMetrics(
            total_return=Decimal("-0.123456"),
            cagr=Decimal("0.01"),
            volatility=Decimal("0.2"),
            sharpe=None,
            max_drawdown=Decimal("0.25"),
            trades=trades,
            win_rate=Decimal("0.5"),
            profit_factor=None,
            exposure=Decimal("0.75"),
        ),
        refused={"BUYING_POWER_TOO_SMALL": 4},
    )


def some_trades(count: int) -> tuple[BacktestTrade, ...]:
    return tuple(
        BacktestTrade(
            "AAPL",
            Side.SELL,
            Decimal(1000 + number),
            START,
            Decimal("5.5"),
            START + timedelta(days=1),
            Decimal(4),
            OrderReason.TARGET,
            Decimal(number - 1),
        )
        for number in range(count)
    )


def content(**changes: Any) -> ReportContent:
    plain = ReportContent(
        strategy="ma_crossover_v1",
        run_id="bt123",
        engine_version="jax-bars-1",
        vendor="a vendor 1.0",
        currency="USD",
        params={"fast": 20, "threshold": Decimal("0.050")},
        series=(ReportSeries("AAPL", 40, START, START + timedelta(days=39)),),
        hashes={"source bundle": "sha256:" + "1" * 64, "orders": "sha256:" + "2" * 64},
        result=result(),
    )
    return replace(plain, **changes)


def page(**changes: Any) -> Page:
    return Page(HtmlReporter().render(content(**changes)))


def test_the_page_is_whole_and_every_element_is_closed() -> None:
    names = [name for name, _ in page().elements]
    assert names[:2] == ["html", "head"]
    assert names.count("body") == 1


def test_a_phone_is_told_the_width() -> None:
    metas = [attributes for name, attributes in page().elements if name == "meta"]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in metas


def test_nothing_is_fetched_from_anywhere() -> None:
    for name, attributes in page().elements:
        assert name not in {"link", "img", "iframe", "object", "embed", "base", "form", "video", "audio"}
        assert "src" not in attributes
        assert not any(key.startswith("on") for key in attributes)
    styles = "".join(page().texts["style"])
    assert "url(" not in styles
    assert "@import" not in styles


def test_the_policy_forbids_every_request_and_every_script_but_the_pages_own() -> None:
    found = page()
    (policy,) = [a["content"] for _, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert "default-src 'none'" in policy
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    kinds = [attributes.get("type") for name, attributes in found.elements if name == "script"]
    run = [source for source, kind in zip(found.scripts(), kinds, strict=True) if kind is None]
    hashes = {base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() for source in run}
    assert allowed == hashes
    assert len(run) == 2


@pytest.mark.parametrize("field", ["strategy", "run_id", "engine_version", "vendor", "currency"])
def test_hostile_text_stays_text(field: str) -> None:
    honest, hostile = page(), page(**{field: HOSTILE})
    assert [name for name, _ in hostile.elements] == [name for name, _ in honest.elements]
    assert HOSTILE in hostile.everything()


def test_hostile_names_and_values_stay_text() -> None:
    series = (ReportSeries(HOSTILE, 40, START, START),)
    found = page(series=series, hashes={HOSTILE: HOSTILE}, params={HOSTILE: 1})
    assert [name for name, _ in found.elements].count("script") == 3
    assert found.everything().count(HOSTILE) == 5  # heading, data, parameter, name and value of the hash


def test_hostile_text_in_the_data_of_the_chart_cannot_end_it() -> None:
    found = page(currency=HOSTILE)
    assert json.loads(next(found.scripts()))["currency"] == HOSTILE


def test_the_chart_holds_the_curve() -> None:
    curve = json.loads(next(page().scripts()))
    assert curve["time"][0] == int(START.timestamp())
    assert curve["equity"][:2] == [100_000, 100_419]
    assert curve["drawdown"][:2] == [0, 0]
    assert max(curve["drawdown"]) == pytest.approx(max_drawdown(curve["equity"]), abs=1e-6)


def max_drawdown(equities: list[float]) -> float:
    return max(1 - equity / max(equities[: row + 1]) for row, equity in enumerate(equities))


def test_metrics_costs_parameters_and_hashes_are_told() -> None:
    words = page().everything()
    for expected in (
        "\N{MINUS SIGN}12.35\N{NO-BREAK SPACE}%",
        "100,000.00 USD",
        "0.10\N{NO-BREAK SPACE}%",
        "4 BUYING_POWER_TOO_SMALL",
        "threshold",
        "0.05",
        "a vendor 1.0",
        "2020-01-02",
        "sha256:" + "2" * 64,
        "bt123",
        "\N{MINUS SIGN}7",
    ):
        assert expected in words, expected


def test_a_metric_that_is_not_defined_is_a_dash() -> None:
    assert "Profit factor \N{EN DASH}" in page().everything()


def test_the_same_run_gives_the_same_bytes() -> None:
    assert HtmlReporter().render(content()) == HtmlReporter().render(content())


def test_a_long_run_stays_below_a_megabyte_and_keeps_its_depths() -> None:
    long = replace(result(points=60_000, trades=30_000), metrics=result().metrics)
    document = HtmlReporter().render(content(result=long))
    assert len(document) < 1_000_000
    found = Page(document)
    curve = json.loads(next(found.scripts()))
    equities = [float(point.equity) for point in long.equity]
    assert curve["equity"][-1] == equities[-1]
    assert max(curve["drawdown"]) == pytest.approx(max_drawdown_fast(equities), abs=1e-6)
    assert "The last 2,000 of 30,000." in found.everything()


def max_drawdown_fast(equities: list[float]) -> float:
    highest, deepest = 0.0, 0.0
    for equity in equities:
        highest = max(highest, equity)
        deepest = max(deepest, 1 - equity / highest)
    return deepest


def test_a_run_without_trades_or_positions_is_a_page_too() -> None:
    empty = replace(result(trades=0), orders=(), open_positions=(), refused={})
    words = page(result=empty).everything()
    assert "Trades (0)" in words
    assert "None." in words
