"""Research as it is wired: the sample series in, evidence and a report out."""

import asyncio
import csv
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from jax.app.research.research import BacktestRequest, BacktestRun, Research
from jax.app.research.wiring import build_research
from jax.domain.backtest_settings import BacktestSettings, Costs, FillMoment
from jax.domain.errors import InvalidValue
from jax.domain.golden_suite import decode_golden_suite, replay_golden_suite
from jax.modules.artifacts.load_bundle import load_strategy
from jax.modules.backtest.evidence import orders_sha256
from jax.ports.errors import Conflict, NotFound

END_OF_2004 = datetime(2004, 12, 31, 23, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home into which the sample series were imported once."""
    folder = tmp_path_factory.mktemp("home")
    report = asyncio.run(build_research(folder).import_bars())
    # All five series are whole: no row is bad and no session is missing.
    assert (report.rows, report.imported, report.rejected, report.gaps) == (12_154, 12_154, (), ())
    return folder


@pytest.fixture
def research(home: Path) -> Research:
    return build_research(home)


def backtest(research: Research, **terms: object) -> BacktestRun:
    request = BacktestRequest("ma_crossover_v1", **{"data_to": END_OF_2004, **terms})  # type: ignore[arg-type]  # a test's terms
    return asyncio.run(research.backtest(request))


def test_an_import_again_changes_nothing(home: Path, research: Research) -> None:
    def contents() -> Mapping[Path, bytes]:
        return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}

    before = contents()
    report = asyncio.run(research.import_bars())
    assert (report.imported, report.already_there) == (0, 12_154)
    assert contents() == before


def test_only_bars_that_end_within_the_window_are_seen(research: Research) -> None:
    run = backtest(research, data_from=datetime(2003, 1, 2, 21, tzinfo=UTC))
    assert run.manifest.first_end == datetime(2003, 1, 2, 21, tzinfo=UTC)
    assert run.manifest.last_end == datetime(2004, 12, 31, 21, tzinfo=UTC)
    assert [entry.symbol for entry in run.manifest.series] == ["AAPL", "GOOG", "IBM", "MSFT"]


def test_bars_after_the_window_change_neither_orders_nor_equity(research: Research) -> None:
    short = backtest(research)
    long = backtest(research, data_to=datetime(2008, 12, 31, tzinfo=UTC))
    filled = [order for order in short.result.orders if order.filled_at is not None]
    assert list(long.result.orders[: len(filled)]) == filled
    assert long.result.equity[: len(short.result.equity)] == short.result.equity


def test_the_same_request_gives_the_same_run_to_the_byte(research: Research) -> None:
    assert backtest(research) == backtest(research)


@pytest.mark.parametrize(
    "terms",
    [
        {"data_to": datetime(2004, 12, 30, 23, tzinfo=UTC)},
        {"symbols": ("AAPL", "IBM")},
        {"params": {"fast": 19}},
        {"params": {"first_target": Decimal("3.5")}},
        {"settings": BacktestSettings(costs=Costs(commission_bps=Decimal(11)))},
        {"settings": BacktestSettings(fill_at=FillMoment.NEXT_CLOSE)},
        {"benchmark": "MSFT"},
        {"market": "MSFT"},
    ],
)
def test_whatever_goes_in_differently_is_another_run(research: Research, terms: dict[str, object]) -> None:
    assert backtest(research, **terms).run_id != backtest(research).run_id


def test_a_run_carries_all_that_an_artifact_needs(research: Research) -> None:
    run = backtest(research)
    strategy = load_strategy(run.source.bundle, run.source.entry)
    assert {name: float(value) for name, value in run.params.items()} == strategy.params._asdict()
    assert run.evidence.orders_sha256 == orders_sha256(run.result)
    assert run.evidence.run_id == run.run_id
    suite = decode_golden_suite(run.golden_suite)
    assert {case.symbol for case in suite.cases} == {entry.symbol for entry in run.manifest.series}
    assert replay_golden_suite(suite, strategy, strategy.params).failed == ()
    assert run.manifest.vendor.startswith("bokeh_sampledata ")
    for told in (run.source.bundle.sha256, run.manifest.sha256, run.evidence.orders_sha256, run.run_id):
        assert told.encode() in run.report
    assert len(run.report) < 1_000_000


def test_progress_reaches_the_number_of_bar_ends(research: Research) -> None:
    heard: list[tuple[int, int]] = []
    request = BacktestRequest("ma_crossover_v1", data_to=END_OF_2004)
    run = asyncio.run(research.backtest(request, lambda done, total: heard.append((done, total))))
    total = len(run.result.equity)
    assert heard[-1] == (total, total)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)


@pytest.mark.parametrize(
    ("terms", "error", "said"),
    [
        (
            {"data_from": datetime(2020, 1, 1, tzinfo=UTC), "data_to": None},
            InvalidValue,
            "window: no bar of any",
        ),
        ({"symbols": ("FB",)}, InvalidValue, "window: no bar of FB ends within it"),
        ({"symbols": ("TSLA",)}, NotFound, "There are no bars of TSLA; there are those of AAPL, FB"),
        ({"params": {"fast": 60}}, InvalidValue, "params: ma_crossover_v1 needs fast < middle < slow"),
        ({"params": {"quick": 5}}, InvalidValue, "params: ma_crossover_v1 takes"),
        ({"strategy": "ma_crossover_v9"}, NotFound, "No strategy 'ma_crossover_v9' is installed"),
    ],
)
def test_a_request_that_cannot_be_met_says_why(
    research: Research, terms: dict[str, object], error: type[Exception], said: str
) -> None:
    request = BacktestRequest(**{"strategy": "ma_crossover_v1", "data_to": END_OF_2004, **terms})  # type: ignore[arg-type]  # a test's terms
    with pytest.raises(error, match=said):
        asyncio.run(research.backtest(request))


def test_without_bars_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="jax-research import"):
        asyncio.run(build_research(tmp_path).backtest(BacktestRequest("ma_crossover_v1")))


def test_the_reference_rows_reach_from_2000_to_a_year_ahead(research: Research) -> None:
    rows = asyncio.run(research.reference_rows(date(2026, 11, 21)))
    assert [(i.symbol, i.mic, i.currency) for i in rows.instruments] == [
        ("AAPL", "XNAS", "USD"),
        ("FB", "XNAS", "USD"),
        ("GOOG", "XNAS", "USD"),
        ("IBM", "XNYS", "USD"),
        ("MSFT", "XNAS", "USD"),
    ]
    assert {session.mic for session in rows.sessions} == {"XNAS", "XNYS"}
    days = [session.session_date for session in rows.sessions if session.mic == "XNYS"]
    assert (days[0], days[-1]) == (date(2000, 1, 3), date(2027, 11, 22))
    assert date(2001, 9, 11) in {holiday.holiday_date for holiday in rows.holidays}


def test_series_of_ones_own_join_the_samples(research: Research, home: Path, tmp_path: Path) -> None:
    own = build_research(tmp_path / "home")
    with (tmp_path / "acme.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Ticker", "Date", "Open", "High", "Low", "Close", "Volume", "Adj Close"])
        writer.writerows(
            ["ACME", f"2004-11-{day:02}", 10, 11, 9, 10, 100, 10]
            for day in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 22, 23, 24, 26, 29, 30)
        )
    report = asyncio.run(own.import_csv(tmp_path / "acme.csv", mic="XLON", currency="GBP"))
    assert (report.imported, report.gaps[0].first) == (21, date(2004, 11, 25))  # no holiday in London
    rows = asyncio.run(own.reference_rows(date(2026, 1, 1)))
    assert ("ACME", "XLON", "GBP") in [(i.symbol, i.mic, i.currency) for i in rows.instruments]
    assert "XLON" in {session.mic for session in rows.sessions}
    run = asyncio.run(own.backtest(BacktestRequest("ma_crossover_v1")))
    assert (run.manifest.vendor, run.result.orders) == ("csv acme.csv", ())
    with pytest.raises(Conflict, match="ACME is known as XLON GBP"):
        asyncio.run(own.import_csv(tmp_path / "acme.csv", mic="XNYS", currency="USD"))
