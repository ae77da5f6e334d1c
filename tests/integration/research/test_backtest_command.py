"""jax backtest, strategies and compare as a person runs them: exit codes, one line for each error, JSON."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from jax.adapters.parquet.bar_encoding import encoded
from jax.adapters.parquet.checked_file import CheckedFile
from jax.adapters.strategy_catalog.installed_strategies import InstalledStrategies
from jax.domain.bar import Bar
from tests.integration.research.authored_artifacts import BARS, stock
from tests.integration.research.jax_command import Jax, jax_on

ALL_IN = ("sma_crossover_v1", "--sizing", "all-in", "--param", "fast=5", "--param", "slow=12")


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a home with spaces")
    asyncio.run(stock(folder))
    return folder


@pytest.fixture
def home(stocked: Path) -> Path:
    return stocked


@pytest.fixture
def jax(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Jax:
    return jax_on(home, monkeypatch, capsys)


def store_unchecked(home: Path, symbol: str, bars: Sequence[Bar]) -> None:
    """What another program may have written into the store."""
    file = CheckedFile(home / "market_data" / "1d" / f"{symbol}.parquet")
    file.stage(encoded(bars))
    file.commit()


def test_a_backtest_is_told_kept_and_reported(jax: Jax, home: Path) -> None:
    document = jax("backtest", *ALL_IN, "--symbol", "IBM", "--symbol", "AAPL", "--json").document
    assert (document["strategy"], document["symbols"], document["bars"]) == (
        "sma_crossover_v1",
        ["AAPL", "IBM"],
        800,
    )
    assert document["params"] == {"fast": 5, "slow": 12}
    assert document["settings"]["sizing"] == "all in"
    assert document["orders"] > 10
    assert Path(document["report_path"]).read_bytes().startswith(b"<!doctype html>")
    assert Path(document["report_path"]).parent == home / "runs" / document["run_id"]

    again = jax("backtest", *ALL_IN)
    assert (again.code, again.err) == (0, "")
    lines = dict(line.split(maxsplit=1) for line in again.out.splitlines())
    assert lines["symbols"] == "AAPL, IBM"
    assert (lines["run_id"], lines["fast"]) == (document["run_id"], "5")
    assert lines["sharpe"] == f"{float(document['metrics']['sharpe']):.6f}"


def test_what_was_refused_is_told_with_a_remedy(jax: Jax) -> None:
    """The crossover names no stop, so that the trader's sizing has no risk to go by."""
    asked = ("backtest", "sma_crossover_v1", "--param", "fast=5", "--param", "slow=12", "--symbol", "IBM")
    refused = jax(*asked, "--json").document["refused"]
    (told,) = (f"{code} {count}" for code, count in refused.items())
    shown = jax(*asked)
    assert f"refused                {told}" in shown.out.splitlines()
    assert shown.err == (
        f"no order was made, every decision was refused ({told}); a strategy that names no stop needs "
        "--sizing all-in\n"
    )
    whole = jax("backtest", *ALL_IN, "--symbol", "IBM")
    assert "refused" not in whole.out
    assert whole.err == ""


def test_the_window_benchmark_and_market_are_those_asked_for(jax: Jax) -> None:
    first, last = BARS["IBM"][20].end, BARS["IBM"][200].end
    days = ("--from", first.date().isoformat(), "--to", last.date().isoformat())
    document = jax(
        "backtest", *ALL_IN, *days, "--symbol", "IBM", "--benchmark", "AAPL", "--market", "AAPL", "--json"
    ).document
    assert (document["first_end"], document["last_end"]) == (first.isoformat(), last.isoformat())
    assert (document["benchmark"], document["market"]) == ("AAPL", "AAPL")
    assert "beta" in document["metrics"]


def test_two_runs_are_compared(jax: Jax) -> None:
    a = jax("backtest", *ALL_IN, "--symbol", "IBM", "--json").document
    b = jax("backtest", "buy_and_hold", "--sizing", "all-in", "--symbol", "IBM", "--json").document
    document = jax("compare", a["run_id"], b["run_id"], "--json").document
    assert (document["a"]["run_id"], document["b"]["strategy"]) == (a["run_id"], "buy_and_hold")
    assert document["metrics"]["sharpe"] == {"a": a["metrics"]["sharpe"], "b": b["metrics"]["sharpe"]}
    assert document["common_bar_ends"] == 400
    significance = document["significance"]
    assert 0 < float(significance["mean_return"]["p_value"]) <= 1
    assert jax("compare", a["run_id"], b["run_id"], "--json").document == document

    told = jax("compare", a["run_id"], b["run_id"])
    assert told.code == 0
    shown = {line.split()[0]: line for line in told.out.splitlines()}
    assert shown["run_id"].split()[1:] == [a["run_id"], b["run_id"]]
    assert shown["win_rate"].split()[1:] == [a["metrics"]["win_rate"], "-"]
    assert told.out.splitlines()[-1] == (
        f"mean_return A - B      {significance['mean_return']['value']}, 95 % from "
        f"{significance['mean_return']['low']} to {significance['mean_return']['high']}, "
        f"p = {significance['mean_return']['p_value']}"
    )


def test_runs_with_too_little_in_common_are_compared_without_significance(jax: Jax) -> None:
    first, last = (BARS["IBM"][place].end.date().isoformat() for place in (15, 30))
    a = jax("backtest", "buy_and_hold", "--symbol", "IBM", "--to", last, "--json").document["run_id"]
    b = jax("backtest", "buy_and_hold", "--symbol", "IBM", "--from", first, "--json").document["run_id"]
    told = jax("compare", a, b)
    assert told.code == 0
    assert told.out.splitlines()[-1].startswith(
        "significance           none: 16 bar ends are common to both runs: 15 say nothing about chance"
    )


def test_an_unknown_run_is_answered_with_the_newest(jax: Jax) -> None:
    known = jax("backtest", *ALL_IN, "--symbol", "IBM", "--json").document["run_id"]
    told = jax("compare", known, "bt404")
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("jax: There is no run 'bt404'; the newest are ")
    assert "(sma_crossover_v1)" in told.err
    assert told.err.count("\n") == 1


def test_strategies_are_listed_with_their_parameters_and_what_they_do(jax: Jax) -> None:
    listed = jax("strategies", "--json").document["strategies"]
    assert [entry["name"] for entry in listed] == list(InstalledStrategies().names())
    (crossover,) = (entry for entry in listed if entry["name"] == "sma_crossover_v1")
    assert crossover == {
        "name": "sma_crossover_v1",
        "params": {"fast": 10, "slow": 30},
        "summary": "Two simple averages cross: what engines are compared with.",
        "problem": None,
    }
    lines = jax("strategies").out.splitlines()
    place = lines.index("sma_crossover_v1")
    assert lines[place + 1 : place + 3] == [f"  {crossover['summary']}", "  fast=10 slow=30"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("sma_crosover_v1",),
            "jax: No strategy 'sma_crosover_v1' is installed; did you mean sma_crossover_v1",
        ),
        (("nothing_v1",), "jax: No strategy 'nothing_v1' is installed; there are: buy_and_hold, "),
        (
            ("buy_and_hold", "--symbol", "TSLA"),
            "jax: There are no bars of TSLA; there are those of AAPL, IBM",
        ),
        (("buy_and_hold", "--benchmark", "SPY"), "jax: There are no bars of the benchmark SPY; there are"),
        (("buy_and_hold", "--from", "2050-01-01"), "jax: window: no bar of any symbol ends within it"),
    ],
)
def test_an_error_is_one_line_with_exit_code_1(jax: Jax, arguments: tuple[str, ...], said: str) -> None:
    told = jax("backtest", *arguments)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(said)
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "flag", "said"),
    [
        (("--cash", "0"), "--cash", "must be above zero, not 0; pass --cash 100000"),
        (("--cash", "NaN"), "--cash", "NaN is not a finite number"),
        (("--participation", "2"), "--participation", "must be above 0 and at most 1, not 2"),
        (
            ("--param", "fast=30", "--param", "slow=5"),
            "--param",
            "sma_crossover_v1 needs fast < slow, not 30, 5",
        ),
        (("--param", "quick=5"), "--param", "takes no 'quick', only fast, slow; `jax strategies` lists"),
        (("--param", "fast=2.5"), "--param", "fast must be a whole number"),
        (("--param", "fast=nan"), "--param", "fast must be a finite number, not NaN"),
        (("--param", "fast"), "--param", "'fast' is not NAME=VALUE with a decimal number"),
        (("--param", "fast=ten"), "--param", "'fast=ten' is not NAME=VALUE with a decimal number"),
        (("--param", "fast=1", "--param", "fast=2"), "--param", "fast was given before: give it once"),
        (("--symbol", "ibm"), "--symbol", "'ibm' is not a symbol"),
        (("--market", "s p y"), "--market", "'s p y' is not a symbol"),
        (("--from", "2021-02-01", "--to", "2021-01-01"), "--from", "2021-02-01 comes after 2021-01-01"),
        (("--from", "soon"), "--from", "'soon'"),
    ],
)
def test_a_wrong_use_has_exit_code_2_and_names_its_option(
    jax: Jax, arguments: tuple[str, ...], flag: str, said: str
) -> None:
    told = jax("backtest", "sma_crossover_v1", *arguments)
    assert (told.code, told.out) == (2, "")
    assert flag in told.err
    assert said in " ".join(told.err.split())


def test_one_day_is_a_window(jax: Jax) -> None:
    day = BARS["IBM"][7].end.date().isoformat()
    document = jax(
        "backtest", "buy_and_hold", "--symbol", "IBM", "--from", day, "--to", day, "--json"
    ).document
    assert document["bars"] == 1


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ((1, 0, 2), "jax: bars: IBM, bar 2: starts "),
        ((0, 1, 1), "jax: bars: IBM, bar 3: starts "),
    ],
)
def test_bars_that_are_unsorted_or_double_are_named_by_their_row(
    jax: Jax, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: Sequence[int], said: str
) -> None:
    home = tmp_path / "home"
    asyncio.run(stock(home))
    store_unchecked(home, "IBM", [BARS["IBM"][row] for row in order])
    monkeypatch.setenv("JAX_HOME", str(home))
    told = jax("backtest", "buy_and_hold", "--symbol", "IBM")
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(said)
    assert told.err.endswith("bars must be sorted, each once\n")


def test_bars_that_overlap_are_named_by_their_row(
    jax: Jax, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    asyncio.run(stock(home))
    first, second, *_ = BARS["IBM"]
    longer = Bar(
        first.symbol,
        first.timeframe,
        first.start,
        second.start + timedelta(hours=1),
        *(first.open, first.high, first.low, first.close, first.volume),
    )
    store_unchecked(home, "IBM", [longer, second])
    monkeypatch.setenv("JAX_HOME", str(home))
    assert jax("backtest", "buy_and_hold", "--symbol", "IBM").err.startswith("jax: bars: IBM, bar 2: starts ")


def test_without_bars_the_next_step_is_named(
    jax: Jax, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAX_HOME", str(tmp_path))
    told = jax("backtest", "buy_and_hold")
    assert (told.code, told.err.startswith("jax: There are no bars to test on: import some with")) == (
        1,
        True,
    )


def _modules_of(*arguments: str, home: Path) -> set[str]:
    """The modules that a process of its own has loaded when `jax` has run so."""
    program = (
        "import sys; from jax.app import cli\n"
        "try:\n    cli.main()\nexcept SystemExit as stopped:\n    code = stopped.code\n"
        "print('\\n' + ' '.join([str(code), *sys.modules]))"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=200,
        env={**os.environ, "JAX_HOME": str(home)},
    )
    code, *modules = process.stdout.splitlines()[-1].split()
    assert code == "0", process.stderr
    return set(modules)


def test_help_loads_nothing_that_computes(home: Path) -> None:
    heavy = {"numpy", "polars", "numba", "scipy", "pandas", "exchange_calendars", "jax.app.research.research"}
    assert _modules_of("--help", home=home) & heavy == set()


def test_a_small_backtest_loads_neither_a_compiler_nor_a_calendar(home: Path) -> None:
    loaded = _modules_of("backtest", *ALL_IN, "--symbol", "IBM", home=home)
    assert {"numpy", "polars"} <= loaded
    needless = {"numba", "llvmlite", "scipy", "pandas", "exchange_calendars", "bokeh_sampledata"}
    needless |= {"sqlalchemy", "fastapi", "uvicorn", "rich.progress"}
    assert loaded & needless == set()
