"""jax-shadow compare between a real old table and what a real shadow has decided."""

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.shadow.old_trades import make_table, trade
from tests.integration.shadow.shadow_command import run_compare, start_compare
from tests.integration.trader.shadow_street import open_shadow_street
from tests.postgres_server import run_sql


@dataclass(frozen=True)
class Scene:
    """Two databases; the shadow has decided on two signals, and denied a third."""

    legacy: str
    shadow: str
    home: Path
    decided: tuple[dict[str, Any], ...]
    denied: str

    def traded(self, number: int, **changes: object) -> None:
        """By the older executor as the shadow has decided, but for `changes`."""
        trade(self.legacy, self.decided[number]["signal_id"], {**self.decided[number], **changes})

    def compared(self, *options: str) -> tuple[int, dict[str, Any]]:
        """Exit code and result."""
        done = run_compare(self.home, self.legacy, self.shadow, "--json", *options)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def scene(tmp_path: Path, database_url: str, empty_database_url: str) -> Scene:
    make_table(empty_database_url)
    decided, denied = asyncio.run(_decide(tmp_path, database_url))
    return Scene(empty_database_url, database_url, tmp_path / "home", tuple(decided), denied)


async def _decide(folder: Path, url: str) -> tuple[list[dict[str, Any]], str]:
    async with open_shadow_street(folder, url) as street:
        await street.quoted()
        async with street.shadow() as shadow:
            answers = [await shadow.execute(await shadow.approved_signal(day)) for day in (4, 5)]
        async with street.shadow(RESTRICTED_SYMBOLS="AAPL") as shadow:
            denied = await shadow.approved_signal(6)
            assert (await shadow.execute(denied)).status_code == 422
    return [answer.json()["trade"] for answer in answers], denied


def _kinds(result: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(d["signal"], d["what"], d["legacy"], d["shadow"]) for d in result["differences"]]


def test_equal_records_are_said_to_be_equal(scene: Scene) -> None:
    scene.traded(0)
    scene.traded(1)
    done = run_compare(scene.home, scene.legacy, scene.shadow)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["3 signals compared, 0 differ in 0 respects, 0 left out"]


def test_every_kind_of_difference_is_found_in_stored_rows(scene: Scene) -> None:
    first = scene.decided[0]
    wrong = {"direction": "SELL", "quantity": "2.5", "entry_price": "150.5", "stop_loss": "1"}
    scene.traded(0, **wrong)
    trade(scene.legacy, "sg-unheard", first)
    trade(scene.legacy, scene.denied, first)
    code, result = scene.compared()
    assert code == 1
    quantity = first["quantity"]
    assert sorted(_kinds(result)) == sorted(
        [
            (first["signal_id"], "side", "SELL", "BUY"),
            (first["signal_id"], "quantity", "2.5", quantity),
            (first["signal_id"], "price", "150.5", first["entry_price"]),
            (first["signal_id"], "stop", "1", first["stop_loss"]),
            (scene.decided[1]["signal_id"], "extra", "-", f"BUY {quantity}"),
            ("sg-unheard", "missing", f"BUY {quantity}", "-"),
            (scene.denied, "missing", f"BUY {quantity}", "SYMBOL_RESTRICTED"),
        ]
    )
    table = run_compare(scene.home, scene.legacy, scene.shadow).stdout
    assert table.splitlines()[0].split() == ["signal", "symbol", "what", "legacy", "shadow"]
    assert len(table.splitlines()) == 9


def test_an_older_table_of_other_names_with_denials_is_read(scene: Scene) -> None:
    scene.traded(0)
    run_sql(
        scene.legacy,
        "CREATE SCHEMA old",
        "ALTER TABLE trades SET SCHEMA old",
        "ALTER TABLE old.trades RENAME TO executed",
        "ALTER TABLE old.executed RENAME COLUMN signal_id TO sig",
        "ALTER TABLE old.executed ADD COLUMN why text",
        f"INSERT INTO old.executed (sig, symbol, direction, entry, stop, targets, risk, why) "
        f"VALUES ('{scene.denied}', 'AAPL', 'LONG', 1, 1, '[]', '{{}}', 'TOO_RISKY')",
    )
    names = (
        "--legacy-table",
        "old.executed",
        "--legacy-column",
        "signal_id=sig",
        "--legacy-column",
        "denial=why",
    )
    code, result = scene.compared(*names)
    assert (code, result["compared"]) == (1, 3)
    assert [kind[:2] for kind in _kinds(result)] == [
        (signal_id, kind)
        for signal_id, kind in sorted(
            [(scene.denied, "denial_code"), (scene.decided[1]["signal_id"], "extra")]
        )
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--legacy-table", "nowhere"), "name table and columns with --legacy-table and --legacy-column"),
        (("--legacy-column", "prize=entry"), "prize is none of id, signal_id"),
        (("--legacy-column", "entry=1; DROP TABLE trades"), "is no name of a table, a column or a key"),
        (("--legacy-column", "quantity"), "'quantity' is not like quantity=risk.quantity"),
        (("--since", "yesterday"), "'yesterday' is neither a span such as 5d nor a time"),
        (("--every", "hourly"), "'hourly' is no span of time such as 90s"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    tmp_path: Path, empty_database_url: str, shared_database_url: str, options: tuple[str, ...], told: str
) -> None:
    make_table(empty_database_url)
    done = run_compare(tmp_path, empty_database_url, shared_database_url, *options)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("jax-shadow: ")
    assert told in line


def test_a_row_that_says_nothing_is_named(scene: Scene) -> None:
    scene.traded(0)
    run_sql(scene.legacy, "UPDATE trades SET risk = '{}'")
    done = run_compare(scene.home, scene.legacy, scene.shadow)
    assert done.returncode == 1
    assert "legacy trade" in done.stderr
    assert '"1" cannot be read' in done.stderr


def test_a_validation_that_is_killed_goes_on_where_it_was(scene: Scene) -> None:
    scene.traded(0)
    terms = ("--every", "1s", "--runs", "4")
    state_file = scene.home / "shadow" / "validation.json"
    with start_compare(scene.home, scene.legacy, scene.shadow, *terms) as process:
        before = _runs_when(state_file, 2)
        process.kill()
    other = run_compare(scene.home, scene.legacy, scene.shadow, "--every", "2s", "--runs", "4")
    assert "validation.json holds another one after" in other.stderr
    done = run_compare(scene.home, scene.legacy, scene.shadow, *terms)
    state = json.loads(state_file.read_text())
    assert done.returncode == 1
    assert len(state["runs"]) == 4
    assert state["runs"][: len(before["runs"])] == before["runs"]
    assert state["since"] == before["since"]
    assert len(done.stdout.splitlines()) == 4 - len(before["runs"])
    again = run_compare(scene.home, scene.legacy, scene.shadow, *terms)
    assert (again.returncode, again.stdout) == (1, "")
    assert json.loads(state_file.read_text()) == state
    _check_files(scene, state)


def _check_files(scene: Scene, state: dict[str, Any]) -> None:
    """One signal is extra in each of four runs: it counts once."""
    metrics = (scene.home / "shadow" / "jax_shadow.prom").read_text().splitlines()
    assert "jax_shadow_comparisons_total 4" in metrics
    assert 'jax_shadow_differences_total{kind="extra"} 1' in metrics
    assert 'jax_shadow_differences_total{kind="missing"} 0' in metrics
    page = (scene.home / "shadow" / "report.html").read_text()
    assert "Shadow validation: 1 differences" in page
    assert "4 of 4 runs" in page
    assert scene.decided[1]["signal_id"] in page
    password = scene.legacy.rpartition("@")[0].rpartition(":")[2]
    assert password not in page + json.dumps(state) + "\n".join(metrics)


def _runs_when(state_file: Path, least: int) -> dict[str, Any]:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if state_file.exists():
            state: dict[str, Any] = json.loads(state_file.read_text())
            if len(state["runs"]) >= least:
                return state
        time.sleep(0.02)
    raise AssertionError("the validation does not run")
