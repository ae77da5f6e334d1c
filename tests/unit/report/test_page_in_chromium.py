"""The page in a real browser without a network: everything is drawn, on a desk and on a phone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.backtest_report.html_reporter import HtmlReporter
from jax.domain.backtest_settings import BacktestSettings
from jax.ports.backtest_report import ReportContent
from tests.unit.report.chromium import CHROMIUM, Browser, Tab, chromium
from tests.unit.report.report_content import content, curve, long_content, result, series, some_trades, wave

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and "JAX_TESTS_NEED_CHROMIUM" not in os.environ,
    reason="needs Chromium (Debian's package is `chromium`)",
)

DESK, PHONE = 1280, 375
MINUTE = timedelta(minutes=1)
DRAWN = {
    "equity": ("accent", "other"),
    "drawdown": ("loss",),
    "sharpe": ("gain", "loss"),
    "price": ("soft", "accent", "gain"),
    "years": ("gain", "loss", "other"),
    "returns": ("gain", "loss"),
}
GROUNDS = {"light": "rgb(246, 247, 249)", "dark": "rgb(14, 20, 27)"}
FIVE_SYMBOLS = long_content(points=800, trades=60, symbols=5)
# How many pixels of the largest canvas in the element `id` are in the colour of the style's variable.
PIXELS = """
(() => {
  const canvases = [...document.querySelectorAll("#%(name)s canvas")];
  const largest = canvases.sort((a, b) => b.width * b.height - a.width * a.height)[0];
  const probe = document.createElement("i");
  document.body.append(probe);
  probe.style.color = "var(--%(colour)s)";
  const [red, green, blue] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
  probe.remove();
  const { width, height } = largest;
  const copy = Object.assign(document.createElement("canvas"), { width, height });
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.drawImage(largest, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    const far = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue);
    if (far < 12 && data[at + 3] > 200) found += 1;
  }
  return found;
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A run of five symbols on a wide screen."""
    with opened(browser, tmp_path_factory.mktemp("desk"), FIVE_SYMBOLS) as tab:
        yield tab


@contextmanager
def opened(
    browser: Browser, folder: Path, shown: ReportContent, width: int = DESK, *, scheme: str = "light"
) -> Iterator[Tab]:
    """The page; while it was open nothing complained, and nothing else was asked for."""
    file = folder / "report.html"
    file.write_bytes(HtmlReporter().render(shown))
    with browser.page(file, width=width, scheme=scheme) as tab:
        yield tab
        tab.settle()
        assert tab.complaints == []
        assert list(tab.requests.values()) == [file.as_uri()]


def pixels(tab: Tab, name: str, colour: str) -> int:
    return int(tab.value(PIXELS % {"name": name, "colour": colour}))


def told(tab: Tab, name: str) -> str:
    return str(tab.value(f"document.getElementById('{name}').textContent"))


def charts(tab: Tab) -> dict[str, int]:
    """The area of the largest canvas of each chart."""
    found = tab.value(
        "[...document.querySelectorAll('.chart')].map((chart) => [chart.id, Math.max(0,"
        " ...[...chart.querySelectorAll('canvas')].map((one) => one.clientWidth * one.clientHeight))])"
    )
    return dict(found)


def too_wide(tab: Tab) -> int:
    return int(tab.value("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def point_at(tab: Tab, name: str, across: float) -> None:
    """Moves the pointer to the middle of a chart's height, and so far across."""
    x, y, width, height = tab.value(
        f"(() => {{ const one = document.getElementById('{name}'); one.scrollIntoView({{ block: 'center' }});"
        " const box = one.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; })()"
    )
    for nudge in (0, 1):
        place = {"x": x + across * width + nudge, "y": y + height / 2}
        tab.ask("Input.dispatchMouseEvent", type="mouseMoved", **place)
    tab.settle()


def choose(tab: Tab, number: int) -> None:
    tab.value(
        "(() => { const menu = document.getElementById('symbol');"
        f" menu.value = '{number}'; menu.dispatchEvent(new Event('change')); }})()"
    )
    tab.settle()


@pytest.mark.parametrize(
    ("width", "schemes"), [(DESK, ("light", "dark")), (PHONE, ("dark", "light"))], ids=["desk", "phone"]
)
def test_all_charts_are_drawn_in_the_colours_of_the_scheme_and_of_the_next_one(
    browser: Browser, tmp_path: Path, width: int, schemes: tuple[str, str]
) -> None:
    with opened(browser, tmp_path, FIVE_SYMBOLS, width, scheme=schemes[0]) as tab:
        assert too_wide(tab) == 0
        assert list(charts(tab)) == list(DRAWN)
        assert min(charts(tab).values()) > 20_000
        for scheme in schemes:
            tab.prefer(scheme)
            assert tab.value("getComputedStyle(document.body).backgroundColor") == GROUNDS[scheme]
            for name, colours in DRAWN.items():
                for colour in colours:
                    assert pixels(tab, name, colour) > 10, (scheme, name, colour)


@pytest.mark.parametrize(
    ("shown", "names"),
    [
        (
            content(result=result(points=1, trades=(), open_positions=()), series=(series(bars=1),)),
            {"equity", "drawdown", "price", "years"},
        ),
        (
            content(result=result(points=2, trades=(), benchmark=tuple(wave(2))), series=(series(bars=2),)),
            {"equity", "drawdown", "price", "years", "returns"},
        ),
        (
            content(result=result(equity=curve([Decimal(100_000)] * 40), trades=(), orders=())),
            {"equity", "drawdown", "price", "years"},
        ),
        (
            content(series=(replace(series(), closes=()),)),
            {"equity", "drawdown", "sharpe", "years", "returns"},
        ),
        (
            content(result=result(equity=curve([Decimal(100_000 - 4000 * day) for day in range(40)]))),
            set(DRAWN),
        ),
        (
            content(result=result(settings=BacktestSettings(initial_cash=Decimal("0.5"))), currency="BTC"),
            set(DRAWN),
        ),
        (long_content(points=9000, trades=1500, step=MINUTE), set(DRAWN)),
    ],
    ids=["one bar", "two bars", "nothing happens", "no prices", "below zero", "coins", "long"],
)
def test_odd_runs_are_drawn_too(
    browser: Browser, tmp_path: Path, shown: ReportContent, names: set[str]
) -> None:
    with opened(browser, tmp_path, shown, PHONE) as tab:
        assert too_wide(tab) == 0
        assert set(charts(tab)) == names
        assert min(charts(tab).values()) > 20_000
        for name in names:
            assert told(tab, f"{name}-key") != "", name


def test_long_names_do_not_widen_the_page(browser: Browser, tmp_path: Path) -> None:
    name = "A" * 90
    shown = content(
        strategy=name,
        vendor=name,
        benchmark=name,
        params={name: 1},
        series=(series(name),),
        result=result(benchmark=tuple(wave(40)), refused={name: 4}),
    )
    with opened(browser, tmp_path, shown, PHONE) as tab:
        assert too_wide(tab) == 0


def test_a_line_over_each_chart_tells_its_last_value_when_the_pointer_is_elsewhere(desk: Tab) -> None:
    point_at(desk, "equity", 0.4)
    point_at(desk, "price", 0.4)
    point_at(desk, "equity", -0.05)
    last = FIVE_SYMBOLS.result.equity[-1].equity
    assert told(desk, "equity-key") == (
        f"2022-03-11strategy {last:,.2f} USDINDEX {2 * last - 99_000:,.2f} USD"
    )
    assert told(desk, "drawdown-key").startswith("2022-03-11")
    assert told(desk, "drawdown-key").endswith("% below the highest equity so far")
    assert told(desk, "price-key") == "2022-03-11close 5.580 USD"
    assert told(desk, "years-key").startswith("2022strategy ")
    assert told(desk, "returns-key") == "798 returns"


def test_all_charts_over_time_follow_the_pointer(desk: Tab) -> None:
    point_at(desk, "equity", 0.3)
    dates = {told(desk, f"{name}-key")[:10] for name in ("equity", "drawdown", "sharpe")}
    assert len(dates) == 1
    assert "2020-02" < dates.pop() < "2021-12"


@pytest.mark.parametrize(("name", "unit"), [("years", "%"), ("returns", "returns"), ("price", "USD")])
def test_what_is_under_the_pointer_is_told(desk: Tab, name: str, unit: str) -> None:
    before = told(desk, f"{name}-key")
    point_at(desk, name, 0.35)
    assert told(desk, f"{name}-key") != before
    assert unit in told(desk, f"{name}-key")


def test_the_menu_chooses_the_symbol_that_is_drawn(browser: Browser, tmp_path: Path) -> None:
    dear = replace(series("IBM"), closes=tuple((end, 100 * close) for end, close in series().closes[:30]))
    shown = content(series=(series("AAPL"), dear), result=result(trades=some_trades(3)))
    with opened(browser, tmp_path, shown) as tab:
        assert told(tab, "price-note") == "40 closes and 7 fills, all drawn."
        assert pixels(tab, "price", "accent") > 10
        choose(tab, 1)
        assert told(tab, "price-note") == "30 closes and 0 fills, all drawn."
        assert told(tab, "price-key") == "2020-01-31close 494.0 USD"
        assert pixels(tab, "price", "accent") == 0
        assert pixels(tab, "price", "soft") > 10
        choose(tab, 0)
        assert pixels(tab, "price", "accent") > 10


def test_closes_that_are_left_out_and_a_logarithmic_scale_are_told(browser: Browser, tmp_path: Path) -> None:
    long = long_content(points=40_000, trades=100, step=MINUTE)
    one = series("RISING")
    rising = replace(one, closes=tuple((end, Decimal(1 + row)) for row, (end, _) in enumerate(one.closes)))
    with opened(browser, tmp_path, replace(long, series=(*long.series, rising))) as tab:
        note = told(tab, "price-note")
        assert note.startswith("200 fills; of 40,000 closes ")
        assert note.endswith(
            " are drawn: of each stretch the highest and the lowest, and every one with a fill."
        )
        choose(tab, 1)
        assert told(tab, "price-note") == "40 closes and 0 fills, all drawn; the scale is logarithmic."
        assert "logarithmic" not in told(tab, "equity-key")


def test_an_equity_that_went_up_many_times_is_on_a_logarithmic_scale(
    browser: Browser, tmp_path: Path
) -> None:
    rising = [Decimal(100_000 + 20_000 * day) for day in range(40)]
    with opened(browser, tmp_path, content(result=result(equity=curve(rising)))) as tab:
        assert told(tab, "equity-key").endswith("880,000.00 USDlogarithmic scale")
        assert pixels(tab, "equity", "accent") > 10


def test_the_charts_over_time_end_together_though_the_ratio_ends_before(
    browser: Browser, tmp_path: Path
) -> None:
    falling = [max(Decimal(0), 100_000 - Decimal(day * 7919 % 500) - 300 * day) for day in range(600)]
    with opened(browser, tmp_path, content(result=result(equity=curve(falling)))) as tab:
        point_at(tab, "sharpe", 0.5)
        first = told(tab, "equity-key")[:10]
        point_at(tab, "equity", 0.5)
        assert told(tab, "equity-key")[:10] == first
        assert pixels(tab, "sharpe", "loss") > 10


def test_the_policy_stops_foreign_scripts_and_every_request(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_bytes(HtmlReporter().render(content()))
    with browser.page(file, width=PHONE) as tab:
        assert tab.complaints == []
        tab.value(
            "(() => { const one = document.createElement('script');"
            " try { one.textContent = 'window.owned = 1'; document.body.append(one); }"
            " catch (refused) {} })()"
        )
        tab.value(
            "new Promise((done) => { const one = new Image();"
            " one.onerror = () => done(); one.src = 'http://127.0.0.1:9/x'; })"
        )
        tab.value("fetch('http://127.0.0.1:9/y').catch(() => 0)")
        assert tab.value("window.owned === undefined") is True
        assert list(tab.requests.values()) == [file.as_uri()]
        assert sum("Content Security Policy" in complaint for complaint in tab.complaints) >= 2
