"""jax sweep and walkforward as a person runs them: exit codes, one line for each error, JSON."""

import asyncio
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from jax.adapters.parquet.sweep_file import SweepFiles
from tests.architecture.checkout import ROOT, SRC, environment_with
from tests.integration.research.authored_artifacts import BARS, stock
from tests.integration.research.jax_command import Jax, jax_on

GRID = ("--param", "fast=3:9:3", "--param", "slow=6,12,24")
ALL_IN = ("sma_crossover_v1", "--sizing", "all-in", "--symbol", "IBM")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a home with spaces")
    asyncio.run(stock(folder))
    return folder


@pytest.fixture
def jax(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Jax:
    return jax_on(home, monkeypatch, capsys)


def test_a_sweep_tells_the_best_and_what_so_many_trials_make_of_it(jax: Jax, home: Path) -> None:
    document = jax("sweep", *ALL_IN, *GRID, "--json").document
    assert (document["strategy"], document["symbols"], document["bars"]) == ("sma_crossover_v1", ["IBM"], 400)
    assert (document["sets"], document["refused"], document["by"]) == (7, 2, "sharpe")
    sharpes = [float(one["metrics"]["sharpe"]) for one in document["best"]]
    assert len(sharpes) == 7
    assert sharpes == sorted(sharpes, reverse=True)
    assert document["evidence"]["trials"] == 7
    assert 0 <= float(document["evidence"]["deflated_sharpe"]) <= 1
    assert 0 <= float(document["evidence"]["pbo"]) <= 1
    assert document["settings"]["sizing"] == "all in"
    assert document["path"] == str(home / "sweeps" / f"{document['sweep_id']}.parquet")


def test_the_best_is_what_a_backtest_of_it_comes_to(jax: Jax) -> None:
    best = jax("sweep", *ALL_IN, *GRID, "--benchmark", "AAPL", "--json").document["best"][0]
    params = [word for name, value in best["params"].items() for word in ("--param", f"{name}={value}")]
    run = jax("backtest", *ALL_IN, *params, "--benchmark", "AAPL", "--json").document
    assert best["metrics"] == run["metrics"]
    assert "alpha" in best["metrics"]


def test_every_set_is_kept_with_its_metrics_and_statistics(jax: Jax, home: Path) -> None:
    document = jax("sweep", *ALL_IN, *GRID, "--top", "2", "--json").document
    assert len(document["best"]) == 2
    kept = asyncio.run(SweepFiles(home / "sweeps").get(document["sweep_id"]))
    assert list(zip(kept.params["fast"], kept.params["slow"], strict=True)) == [
        *((3, 6), (3, 12), (3, 24)),
        *((6, 12), (6, 24)),
        *((9, 12), (9, 24)),
    ]
    assert kept.summary == {name: value for name, value in document.items() if name != "path"}
    frame = pl.read_parquet(document["path"])
    best = frame.sort("metric.sharpe", descending=True).row(0, named=True)
    told = document["best"][0]
    assert {name: best[f"param.{name}"] for name in told["params"]} == told["params"]
    assert round(best["metric.sharpe"], 6) == float(told["metrics"]["sharpe"])
    assert best["metric.trades"] == int(told["metrics"]["trades"]) == best["statistic.trades"]
    assert best["statistic.bars"] == 400.0


@pytest.mark.parametrize("metric", ["alpha", "beta"])
def test_the_best_against_a_benchmark_is_what_backtests_of_all_sets_say(
    jax: Jax, home: Path, metric: str
) -> None:
    against = ("--benchmark", "AAPL")
    document = jax("sweep", *ALL_IN, *GRID, *against, "--by", metric, "--json").document
    told = [one["metrics"][metric] for one in document["best"]]
    assert len(told) == 7
    assert sorted(told, key=float, reverse=True) == told
    for one in document["best"]:
        params = [f"--param={name}={value}" for name, value in one["params"].items()]
        run = jax("backtest", *ALL_IN, *against, *params, "--json").document
        assert run["metrics"][metric] == one["metrics"][metric]
    kept = asyncio.run(SweepFiles(home / "sweeps").get(document["sweep_id"]))
    assert {round(value, 6) for value in kept.metrics[metric] if value is not None} == set(map(float, told))


def test_a_repeat_says_the_same_from_any_workers(jax: Jax) -> None:
    asked = ("sweep", *ALL_IN, *GRID, "--by", "max_drawdown", "--json")
    first = jax(*asked).document
    drawdowns = [float(one["metrics"]["max_drawdown"]) for one in first["best"]]
    assert drawdowns == sorted(drawdowns)
    assert jax(*asked, "--threads", "3").document == first
    assert jax(*asked, "--processes", "2").document == first


def test_a_sample_is_drawn_by_its_seed(jax: Jax) -> None:
    asked = ("sweep", *ALL_IN, "--param", "fast=2:20", "--param", "slow=21:60", "--sample", "9", "--json")
    first = jax(*asked).document
    assert (first["sets"], first["sample"], first["seed"]) == (9, 9, 0)
    assert jax(*asked).document == first
    other = jax(*asked, "--seed", "1").document
    assert other["best"] != first["best"]
    assert other["sweep_id"] != first["sweep_id"]


def test_folds_are_cross_validated(jax: Jax) -> None:
    asked = ("sweep", *ALL_IN, *GRID, "--json")
    plain = jax(*asked).document
    document = jax(*asked, "--folds", "4", "--purge", "5", "--embargo", "10").document
    folds = document["cross_validation"]
    assert [fold["test"]["bar_ends"] for fold in folds] == [100] * 4
    assert folds[1]["test"]["first_end"] == BARS["IBM"][100].end.isoformat()
    assert folds[1]["test"]["last_end"] == BARS["IBM"][199].end.isoformat()
    assert all(fold["metrics"] and fold["training_sharpe"] for fold in folds)
    assert document["best"] == plain["best"]
    assert document["evidence"] == plain["evidence"]
    assert document["sweep_id"] != plain["sweep_id"]


def test_a_walk_goes_on_with_what_was_best_until_then(jax: Jax) -> None:
    asked = ("walkforward", *ALL_IN, *GRID, "--json")
    document = jax(*asked, "--train", "100", "--test", "75").document
    spans = [(window["train"]["bar_ends"], window["test"]["bar_ends"]) for window in document["windows"]]
    assert spans == [(100, 75), (175, 75), (250, 75), (325, 75)]
    rolling = jax(*asked, "--train", "100", "--test", "75", "--rolling").document
    assert [window["train"]["bar_ends"] for window in rolling["windows"]] == [100] * 4
    assert [window["test"] for window in rolling["windows"]] == [
        window["test"] for window in document["windows"]
    ]
    growth = 1.0
    for window in document["windows"]:
        assert set(window["params"]) == {"fast", "slow"}
        assert float(window["in_sample"]["sharpe"]) > -10
        growth *= 1.0 + float(window["out_of_sample"]["total_return"])
    assert float(document["metrics"]["total_return"]) == pytest.approx(growth - 1.0, abs=1e-4)
    assert document["sets"] == 7
    assert len(jax(*asked, "--folds", "3").document["windows"]) == 3
    assert len(jax(*asked).document["windows"]) == 5


def test_people_read_tables(jax: Jax) -> None:
    swept = jax("sweep", *ALL_IN, *GRID, "--folds", "3")
    assert (swept.code, swept.err) == (0, "")
    lines = swept.out.splitlines()
    assert lines[0] == "sma_crossover_v1 on IBM, 400 bars"
    assert lines[1] == "7 parameter sets, 2 that it does not take left out, the best by sharpe"
    assert lines[3].split() == ["fast", "slow", "sharpe", "total_return", "max_drawdown", "trades"]
    assert len(lines[4].split()) == 6
    assert "trials                      7" in lines
    assert sum(line.startswith("fold ") for line in lines) == 3
    walked = jax("walkforward", *ALL_IN, *GRID)
    assert (walked.code, walked.err) == (0, "")
    told = walked.out.splitlines()
    assert told[3].split() == [
        "test",
        "from",
        "to",
        "chosen",
        "sharpe",
        "in",
        "sharpe",
        "out",
        "return",
        "out",
    ]
    assert [line for line in told if line.startswith("efficiency")]


def test_what_is_held_to_the_end_was_bought(jax: Jax) -> None:
    held = jax("sweep", "buy_and_hold", "--sizing", "all-in", "--symbol", "IBM")
    assert (held.code, held.err) == (0, "")
    assert held.out.splitlines()[1] == "1 parameter set, the best by sharpe"


def test_says_that_nothing_was_traded(jax: Jax) -> None:
    idle = jax("sweep", "sma_crossover_v1", "--symbol", "IBM", *GRID, "--json")
    assert idle.document["best"][0]["metrics"]["trades"] == "0"
    assert idle.document["evidence"]["deflated_sharpe"] is None
    assert (
        idle.err == "no set bought or sold: take more bars, or --sizing all-in for a strategy without stops\n"
    )


@pytest.mark.parametrize(
    ("arguments", "flag", "said"),
    [
        (("--param", "speed=3"), "--param", "sma_crossover_v1 has no parameter 'speed'; it has fast, slow"),
        (("--param", "fast=nan"), "--param", "nan is not a finite number"),
        (("--param", "fast=9:3:1"), "--param", "the range is empty: 9 is above 3"),
        (("--param", "fast=60"), "--param", "takes none of 1 parameter sets: it needs fast < slow"),
        (("--param", "fast=1:2000", "--param", "slow=1:2000"), "--param", "take fewer values, or a sample"),
        (("--sample", "0"), "--sample", "must be from 1 to 1,000,000"),
        (("--seed", "-1"), "--seed", "must not be below zero"),
        (("--by", "alpha"), "--by", "alpha compares with a benchmark, which nothing names here"),
        (("--by", "luck"), "--by", "there is no metric 'luck' to choose by; there are total_return"),
        (("--folds", "1"), "--folds", "must be at least 2, not 1"),
        (("--folds", "2", "--purge", "250"), "--purge", "leaves nothing to train on"),
        (("--purge", "3"), "", "--purge and --embargo are for cross-validation: pass --folds 5"),
        (("--threads", "2", "--processes", "2"), "", "choose one of --threads, --processes and --cluster"),
        (("--threads", "0"), "--threads", "greater than or equal to 1"),
        (("--cash", "0"), "--cash", "must be above zero"),
        (("--from", "2020-01-02", "--to", "2020-01-01"), "--from", "comes after"),
    ],
)
def test_a_wrong_use_ends_with_2_and_names_the_option(
    jax: Jax, arguments: tuple[str, ...], flag: str, said: str
) -> None:
    ended = jax("sweep", *ALL_IN, *arguments)
    assert ended.code == 2
    told = " ".join(ended.err.replace("│", " ").split())
    assert said in told
    assert flag in told
    assert ended.out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--train", "400"), "400 bar ends are too few to train on 400"),
        (("--test", "5", "--folds", "5"), "give the length of a test or the number of folds, not both"),
        (("--test", "0"), "must be at least 1, not 0"),
        (("--by", "alpha", "--benchmark", "AAPL"), "alpha compares with a benchmark"),
    ],
)
def test_a_wrong_use_of_a_walk_ends_with_2(jax: Jax, arguments: tuple[str, ...], said: str) -> None:
    ended = jax("walkforward", *ALL_IN, *arguments)
    assert ended.code == 2
    assert said in " ".join(ended.err.replace("│", " ").split())


@pytest.mark.parametrize("command", ["sweep", "walkforward"])
def test_what_is_not_there_ends_with_1_and_one_line(jax: Jax, command: str) -> None:
    unknown = jax(command, "sma_crosover_v1")
    assert unknown.code == 1
    (line,) = unknown.err.splitlines()
    assert line.startswith("jax: No strategy 'sma_crosover_v1' is installed; did you mean sma_crossover_v1")
    absent = jax(command, "sma_crossover_v1", "--symbol", "NONE")
    assert (absent.code, absent.err) == (1, "jax: There are no bars of NONE; there are those of AAPL, IBM\n")
    away = jax(command, *ALL_IN, "--cluster", "tcp://127.0.0.1:9")
    assert away.code == 1
    assert away.err.startswith("jax: The cluster at tcp://127.0.0.1:9 cannot be reached (")


@pytest.mark.parametrize("command", ["sweep", "walkforward"])
def test_help_has_an_example(jax: Jax, command: str) -> None:
    told = jax(command, "--help")
    assert told.code == 0
    assert f"Example: jax {command} sma_crossover_v1 --symbol AAPL --param fast=5:40:5" in told.out


def test_a_command_that_only_names_them_imports_none_of_their_code() -> None:
    program = (
        "import sys; from jax.app import cli\n"
        "print([name for name in sys.modules if name in {'numpy', 'numba', 'polars', 'distributed'}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment_with(SRC),
    )
    assert done.stdout == "[]\n"
