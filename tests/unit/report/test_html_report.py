"""One page, complete in itself, in which nothing that was put in can become markup."""

import base64
import hashlib
from datetime import timedelta, timezone
from decimal import Decimal
from itertools import accumulate

import pytest

from jax.adapters.backtest_report.html_reporter import HtmlReporter
from jax.domain.errors import InvalidValue
from jax.ports.backtest_report import ReportSeries, SeriesUse
from tests.unit.report.page import Page, page
from tests.unit.report.report_content import START, content, curve, long_content, result, series, wave

HOSTILE = """<script>alert("x")</script>&'"</title></style><!--"""


def test_the_page_is_whole_and_every_element_is_closed() -> None:
    names = [name for name, _ in page().elements]
    assert names[:2] == ["html", "head"]
    assert names.count("body") == 1


def test_a_phone_is_told_the_width() -> None:
    metas = [attributes for name, attributes in page().elements if name == "meta"]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in metas


def test_every_identifier_is_there_once() -> None:
    identifiers = [attributes["id"] for _, attributes in page().elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers)) > 10


def test_nothing_is_fetched_from_anywhere() -> None:
    for name, attributes in page().elements:
        assert name not in {"link", "img", "iframe", "object", "embed", "base", "form", "video", "audio"}
        assert "src" not in attributes
        assert "style" not in attributes
        assert not any(key.startswith("on") for key in attributes)
    styles = "".join(page().texts["style"])
    assert "url(" not in styles
    assert "@import" not in styles


def test_the_policy_forbids_every_request_and_all_but_the_pages_own_scripts_and_style() -> None:
    found = page()
    (policy,) = [a["content"] for _, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert "unsafe" not in policy
    kinds = [attributes.get("type") for name, attributes in found.elements if name == "script"]
    run = [source for source, kind in zip(found.scripts(), kinds, strict=True) if kind is None]
    assert directives["script-src"].split() == [source_hash(source) for source in run]
    assert len(run) == 2
    assert directives["style-src"].split() == [source_hash(style) for style in found.texts["style"]]


def source_hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


@pytest.mark.parametrize("field", ["strategy", "run_id", "engine_version", "vendor", "currency", "benchmark"])
def test_hostile_text_stays_text(field: str) -> None:
    ran = result(benchmark=tuple(wave(40)))
    honest, hostile = page(result=ran), page(**{field: HOSTILE}, result=ran)
    assert [name for name, _ in hostile.elements] == [name for name, _ in honest.elements]
    assert HOSTILE in hostile.everything()


def test_hostile_names_and_values_stay_text() -> None:
    found = page(series=(series(HOSTILE),), hashes={HOSTILE: HOSTILE}, params={HOSTILE: 1})
    assert [name for name, _ in found.elements].count("script") == 3
    # Heading, menu (with its count of trades), data, parameter, name and value of the hash.
    assert found.everything().count(HOSTILE) == 6


def test_hostile_text_in_the_data_of_the_charts_cannot_end_it() -> None:
    drawn = page(currency=HOSTILE, benchmark=HOSTILE, series=(series(HOSTILE),)).drawn()
    assert drawn["currency"] == drawn["benchmark"] == drawn["prices"][0]["symbol"] == HOSTILE


def test_letters_that_would_turn_the_text_around_are_spelled_out() -> None:
    found = page(vendor="honest\N{RIGHT-TO-LEFT OVERRIDE}vendor", benchmark="a\N{RIGHT-TO-LEFT OVERRIDE}b")
    assert "honest<U+202E>vendor" in found.everything()
    assert found.drawn()["benchmark"] == "a<U+202E>b"


def test_the_run_is_named_by_strategy_symbols_and_window() -> None:
    words = page(series=(series("AAPL"), series("IBM"))).everything()
    assert "ma_crossover_v1" in words
    assert "Backtest on AAPL, IBM, 2020-01-02 to 2020-02-10" in words


def test_many_symbols_are_counted_in_the_heading_and_a_benchmark_is_none_of_them() -> None:
    words = page(series=tuple(series(f"S{number}") for number in range(15))).everything()
    assert "S10, S11 and 3 more, 2020-01-02" in words
    words = Page(HtmlReporter().render(long_content(points=40, trades=1))).everything()
    assert "Backtest on SYM0000, 2020-01-02 to" in words


def test_each_series_is_told_with_its_use_its_window_and_its_hash() -> None:
    found = Page(HtmlReporter().render(long_content(points=1300, trades=1)))
    at = found.cells.index("INDEX", found.cells.index("Used for"))
    assert found.cells[at : at + 6] == [
        *("INDEX", "benchmark", "1,300", "2020-01-02", "2023-07-24"),
        "sha256:" + "3" * 64,
    ]


def test_hashes_run_and_engine_are_told() -> None:
    words = page().everything()
    for expected in ("source bundle", "sha256:" + "1" * 64, "sha256:" + "2" * 64, "bt123", "jax-bars-1"):
        assert expected in words, expected


def test_parameters_are_told_without_trailing_zeros() -> None:
    found = page(params={"fast": 20, "threshold": Decimal("0.050"), "limit": Decimal("1E+3")})
    assert [found.beside(name) for name in ("fast", "threshold", "limit")] == ["20", "0.05", "1,000"]


def test_a_strategy_without_parameters_says_so() -> None:
    assert "The strategy has none." in page(params={}).everything()


def test_the_benchmark_stands_beside_the_run() -> None:
    found = page(
        result=result(points=500, benchmark=tuple(map(Decimal, range(100_000, 150_000, 100)))),
        benchmark="SPY",
    )
    words = found.everything()
    assert "49.90% SPY, total return" in words
    assert found.cells.count("SPY") == 1
    drawn = found.drawn()
    assert drawn["benchmark"] == "SPY"
    assert drawn["years"]["year"] == [2020, 2021]
    assert drawn["years"]["benchmark"] == [3640, 990]


def test_a_run_without_a_benchmark_names_none() -> None:
    found = page()
    assert "benchmark" not in found.everything()
    assert found.drawn()["years"]["benchmark"] == []


def test_trades_are_listed_with_quantity_prices_and_net() -> None:
    found = page()
    at = found.cells.index("SELL") - 1
    assert found.cells[at : at + 9] == [
        *("AAPL", "SELL", "1,000", "2020-01-02", "5.5000", "2020-01-03", "4.0000", "target"),
        "\N{MINUS SIGN}1.00",
    ]
    assert "Trades (3)" in found.everything()


def test_a_loss_and_a_gain_have_their_colours_and_nothing_has_none() -> None:
    found = page(result=result(open_positions=()))
    document = HtmlReporter().render(content()).decode()
    assert '<span class="loss">\N{MINUS SIGN}1.00</span>' in document
    assert "<td>0.00</td>" in document
    assert '<span class="gain">1.00</span>' in document
    assert found.cells.count("0.00") == 1


def test_what_is_still_held_is_listed() -> None:
    found = page()
    at = found.cells.index("\N{MINUS SIGN}7")
    assert found.cells[at - 1 : at + 4] == ["AAPL", "\N{MINUS SIGN}7", "2020-01-02", "5.0000", "4.0000"]


def test_bars_of_minutes_are_told_with_their_times() -> None:
    minute = timedelta(minutes=1)
    found = page(series=(series(step=minute),), result=result(equity=curve(wave(40), minute)))
    assert "2020-01-02 21:00 to 2020-01-02 21:39" in found.everything()
    assert found.drawn()["daily"] is False
    assert page().drawn()["daily"] is True


def test_the_same_run_gives_the_same_bytes() -> None:
    assert HtmlReporter().render(content()) == HtmlReporter().render(content())


def test_equal_contents_that_are_spelled_differently_give_the_same_bytes() -> None:
    plain = content(result=result(refused={"A": 1, "B": 2}))
    turned = content(
        params=dict(reversed(list(plain.params.items()))),
        hashes=dict(reversed(list(plain.hashes.items()))),
        result=result(refused={"B": 2, "A": 1}),
        series=(series(),),
    )
    elsewhere = timezone(timedelta(hours=9))
    moved = content(
        params={"fast": Decimal("20.0"), "threshold": Decimal("5E-2")},
        series=(
            ReportSeries(
                "AAPL",
                40,
                START.astimezone(elsewhere),
                series().last_end.astimezone(elsewhere),
                tuple((end.astimezone(elsewhere), close) for end, close in series().closes),
                sha256=series().sha256,
            ),
        ),
        result=result(refused={"A": 1, "B": 2}),
    )
    assert plain == turned == moved
    assert len({HtmlReporter().render(one) for one in (plain, turned, moved)}) == 1


def test_no_bar_end_and_half_a_benchmark_are_refused() -> None:
    with pytest.raises(InvalidValue, match=r"result\.equity: has no bar end"):
        content(result=result(points=0))
    with pytest.raises(InvalidValue, match=r"result\.benchmark: has 39 values for 40 bar ends"):
        content(result=result(benchmark=tuple(wave(39))))


def test_a_report_in_which_nothing_is_traded_is_refused() -> None:
    only = long_content(points=2, trades=0).series[1:]
    assert [one.used_for for one in only] == [SeriesUse.BENCHMARK]
    with pytest.raises(InvalidValue, match="series: none is traded"):
        content(series=only)


def test_the_charts_hold_the_curve() -> None:
    drawn = page().drawn()["curve"]
    equities = [100 * int(equity) for equity in wave(40)]
    assert list(accumulate(drawn["equity"])) == equities
    first = next(accumulate(drawn["time"])) * drawn["unit"]
    assert first == int(START.timestamp())
    assert list(accumulate(drawn["time"]))[-1] * drawn["unit"] == int(START.timestamp()) + 39 * 86_400
    assert max(drawn["drawdown"]) == round(10_000 * max_drawdown(equities))
    assert drawn["benchmark"] == []


def max_drawdown(equities: list[int]) -> float:
    highest, deepest = 0, 0.0
    for equity in equities:
        highest = max(highest, equity)
        deepest = max(deepest, 1 - equity / highest)
    return deepest


def test_a_run_without_trades_or_positions_is_a_page_too() -> None:
    words = page(result=result(trades=(), orders=(), open_positions=(), refused={})).everything()
    assert "Trades (0)" in words
    assert "None: no position was entered and left again." in words
    assert "None." in words
    assert "AAPL (0 trades)" in words


def test_a_run_that_entered_nothing_tells_at_the_trades_what_was_refused() -> None:
    idle = result(trades=(), refused={"STOP_DISTANCE_ZERO": 5})
    assert "Entries refused: 5 STOP_DISTANCE_ZERO." in page(result=idle).everything()
    assert "Entries refused:" not in page(result=result(refused={"STOP_DISTANCE_ZERO": 5})).everything()
    assert "Entries refused:" not in page(result=result(trades=(), refused={})).everything()


def test_a_run_of_one_bar_is_a_page_too() -> None:
    found = page(result=result(points=1, trades=()), series=(series(bars=1),))
    words = found.everything()
    assert "The run has only 1 bar." in words
    assert "The equity did not change over any bar." in words
    assert "2020-01-02 to 2020-01-02" in words
    drawn = found.drawn()
    assert (len(drawn["curve"]["time"]), len(drawn["prices"][0]["time"])) == (1, 1)
    assert drawn["curve"]["sharpe"] == []


def test_an_equity_that_never_changes_has_no_sharpe_ratio_to_draw() -> None:
    words = page(result=result(equity=curve([Decimal(100_000)] * 40))).everything()
    assert "Not defined: the equity did not change." in words


def test_without_prices_the_page_says_so() -> None:
    closeless = ReportSeries("AAPL", 40, START, START)
    found = page(series=(closeless,))
    assert "The prices were not given to this report." in found.everything()
    assert found.drawn()["prices"] == []
    assert "Hash over the bars" not in found.everything()
