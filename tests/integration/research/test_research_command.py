"""jax-research as a person runs it: its own process, exit codes, one line for each error."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HEADER = "Ticker,Date,Open,High,Low,Close,Volume,Adj Close"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "a home with spaces"


@pytest.fixture
def run(home: Path) -> Run:
    def started(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "jax.app.research.cli", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "JAX_HOME": str(home), "COLUMNS": "100", **environment},
        )

    return started


def test_import_says_what_is_there(run: Run) -> None:
    imported = run("import", "--json")
    assert imported.returncode == 0, imported.stderr
    assert json.loads(imported.stdout)["imported"] == 12_154
    assert imported.stderr == ""
    again = run("import")
    assert again.stdout.endswith(": 0 bars imported, 12154 were there already, 0 rows rejected, 0 gaps\n")


def test_bad_rows_are_one_line_each_and_nothing_is_stored(run: Run, home: Path, tmp_path: Path) -> None:
    rows = (
        *("IBM,2012-11-01,12,14,12,13,5,6.5", "IBM,2012-11-02,12,11,13,12,10,6", "IBM,2012-11-05", "x" * 5),
        *("IBM,2012-11-05,nan,14,12,13,5,6.5", "IBM,2012-11-01,12,14,12,13,5,6.5"),
    )
    path = tmp_path / "my bars.csv"
    path.write_text("\n".join([HEADER, *rows]))
    process = run("import", "--csv", str(path))
    assert process.returncode == 1
    assert process.stderr.splitlines() == [
        "line 3, IBM, 2012-11-02: the high 11 is below the low 13",
        "line 4: has 2 columns, not 8",
        "line 5: has 1 columns, not 8",
        "line 6, IBM, 2012-11-05: the open nan is not finite",
        "line 7, IBM, 2012-11-01: repeats line 2",
        "jax-research: 5 of 6 rows of csv my bars.csv cannot be bars, so nothing was stored: "
        "mend them, or pass --skip-bad-rows",
    ]
    assert process.stdout == ""
    assert not list(home.rglob("*.parquet"))

    skipped = run("import", "--csv", str(path), "--skip-bad-rows", "--json")
    assert skipped.returncode == 0
    document = json.loads(skipped.stdout)
    assert (document["imported"], [row["line"] for row in document["rejected"]]) == (
        1,
        [3, 4, 5, 6, 7],
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ("import", "--csv", "no.csv"),
            1,
            "jax-research: The bars in no.csv cannot be read (No such file or",
        ),
        (("import", "--csv", __file__), 1, "jax-research: header: the first line of "),
    ],
)
def test_an_error_is_one_line_with_exit_code_1(
    run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    process = run(*arguments)
    assert process.returncode == code
    assert process.stdout == ""
    assert process.stderr.startswith(said)
    assert process.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [("import", "--what"), ("import", "--mic"), ("backtest", "ma_crossover_v1"), ("x",)],
)
def test_a_wrong_use_has_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    process = run(*arguments)
    assert (process.returncode, process.stdout) == (2, "")


def test_a_home_that_cannot_be_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    process = run("import", JAX_HOME=str(tmp_path / "file" / "home"))
    assert process.returncode == 1
    assert process.stderr.startswith("jax-research: JAX_HOME: ")
    assert process.stderr.count("\n") == 1


def test_the_command_explains_itself(run: Run) -> None:
    helped = run("--help")
    assert helped.returncode == 0
    for command in ("import", "serve"):
        assert command in helped.stdout
    assert run("--version").stdout.startswith("jax-research ")
