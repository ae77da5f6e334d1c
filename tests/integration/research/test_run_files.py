"""Runs on a disk: whole or not at all, never changed, and not believed unless they are what was written."""

import asyncio
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from jax.adapters.parquet import run_files
from jax.adapters.parquet.result_frames import equity_frame, orders_frame, trades_frame
from jax.adapters.parquet.run_files import RunFiles
from jax.ports.errors import NotFound, Unavailable
from jax.ports.run_store import KeptRun, Rows, RunTable
from tests.kept_runs import FILLED, KEPT_AT, TRADE, UNFILLED, kept_run, result

REPORT = b"<!doctype html><title>a run</title>"
RESULT = result()
RUN = kept_run(RESULT)
NAMES = {"run.json", "report.html", "equity.parquet", "orders.parquet", "trades.parquet"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "home" / "runs"


@pytest.fixture
def store(root: Path) -> RunFiles:
    return RunFiles(root)


async def keep(store: RunFiles, *runs: KeptRun) -> None:
    for run in runs or (RUN,):
        await store.keep(run, RESULT, REPORT)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_run_is_given_back_as_it_was_kept(store: RunFiles, root: Path) -> None:
    await keep(store)
    assert await store.get(RUN.run_id) == RUN
    assert await store.equity(RUN.run_id) == list(RESULT.equity)
    assert await store.orders(RUN.run_id) == [FILLED, UNFILLED]
    assert await store.trades(RUN.run_id) == [TRADE]
    assert await store.report(RUN.run_id) == REPORT
    assert store.report_location(RUN.run_id) == str(root / RUN.run_id / "report.html")
    assert names_in(root / RUN.run_id) == NAMES


async def test_another_process_reads_it_too(store: RunFiles, root: Path) -> None:
    await keep(store)
    assert await RunFiles(root).get(RUN.run_id) == RUN


async def test_rows_are_read_page_by_page(store: RunFiles) -> None:
    await keep(store)
    assert await store.equity(RUN.run_id, Rows(1, 1)) == [RESULT.equity[1]]
    assert await store.equity(RUN.run_id, Rows(1)) == list(RESULT.equity[1:])
    assert await store.equity(RUN.run_id, Rows(3, 5)) == []
    assert await store.orders(RUN.run_id, Rows(0, 1)) == [FILLED]


async def test_a_table_is_an_arrow_stream(store: RunFiles) -> None:
    await keep(store)
    frames = {
        RunTable.EQUITY: equity_frame(RESULT),
        RunTable.ORDERS: orders_frame(RESULT),
        RunTable.TRADES: trades_frame(RESULT),
    }
    for table, frame in frames.items():
        assert pl.read_ipc_stream(await store.arrow(RUN.run_id, table)).equals(frame)


async def test_a_run_that_is_there_stays_as_it_is(store: RunFiles) -> None:
    await keep(store)
    later = replace(RUN, kept_at=KEPT_AT + timedelta(days=1))
    await store.keep(later, result(orders=()), b"another report")
    assert await store.get(RUN.run_id) == RUN
    assert await store.orders(RUN.run_id) == [FILLED, UNFILLED]
    assert await store.report(RUN.run_id) == REPORT


async def test_the_newest_come_first(store: RunFiles) -> None:
    runs = [kept_run(RESULT, f"bt{n}", kept_at=KEPT_AT + timedelta(hours=n)) for n in (1, 3, 2)]
    await keep(store, *runs)
    assert [run.run_id for run in await store.newest()] == ["bt3", "bt2", "bt1"]
    assert [run.run_id for run in await store.newest(2)] == ["bt3", "bt2"]


async def test_an_unknown_run_is_not_found_and_the_newest_are_named(store: RunFiles) -> None:
    with pytest.raises(NotFound) as nothing:
        await store.get("btxyz")
    assert str(nothing.value) == "There is no run 'btxyz': none is kept yet"
    await keep(store, *(kept_run(RESULT, f"bt{n}", kept_at=KEPT_AT + timedelta(n)) for n in range(7)))
    with pytest.raises(NotFound) as found:
        await store.report("btxyz")
    named = ", ".join(f"bt{n} (ma_crossover_v1)" for n in (6, 5, 4, 3, 2))
    assert str(found.value) == f"There is no run 'btxyz'; the newest are {named}"


async def test_other_folders_are_no_runs(store: RunFiles, root: Path) -> None:
    await keep(store)
    for name in ("notes", "my runs"):
        (root / name).mkdir()
    (root / "my runs" / "run.json").write_bytes(b"{}")
    assert await store.newest() == [RUN]
    for name in ("notes", "my runs"):
        with pytest.raises(NotFound, match=f"There is no run '{name}'; the newest are {RUN.run_id}"):
            await store.get(name)


@pytest.mark.parametrize("run_id", ["", ".", "..", "../secret", "/etc", ".lock", "bt2aaaa/", "bt2aaaä"])
async def test_an_id_leads_nowhere_else(store: RunFiles, root: Path, run_id: str) -> None:
    await keep(store)
    secret = root.parent / "secret"
    secret.mkdir()
    (secret / "run.json").write_bytes((root / RUN.run_id / "run.json").read_bytes())
    with pytest.raises(NotFound, match="There is no run"):
        await store.get(run_id)


@pytest.mark.parametrize("name", sorted(NAMES))
async def test_a_file_that_was_changed_is_not_believed(store: RunFiles, root: Path, name: str) -> None:
    await keep(store)
    path = root / RUN.run_id / name
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    reads: dict[str, Callable[[], object]] = {
        "run.json": lambda: store.get(RUN.run_id),
        "report.html": lambda: store.report(RUN.run_id),
        "equity.parquet": lambda: store.equity(RUN.run_id),
        "orders.parquet": lambda: store.arrow(RUN.run_id, RunTable.ORDERS),
        "trades.parquet": lambda: store.trades(RUN.run_id),
    }
    with pytest.raises(Unavailable, match="remove the folder and make the run again"):
        await reads[name]()  # type: ignore[misc]  # each is a coroutine


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda found: found["metrics"].update(sharpe="9.9"), "run.json is not what was written"),
        (lambda found: found["files"].update({"report.html": "sha256:0"}), "is not what was written"),
        (lambda found: found.update(schema="jax/run/v2"), "its schema is jax/run/v2, not jax/run/v1"),
        (lambda found: found.pop("sha256"), "'sha256'"),
    ],
)
async def test_a_summary_that_was_edited_is_not_believed(
    store: RunFiles, root: Path, change: Callable[[dict[str, object]], object], told: str
) -> None:
    await keep(store)
    path = root / RUN.run_id / "run.json"
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(Unavailable, match=told):
        await store.get(RUN.run_id)
    assert await store.newest() == []


async def test_a_folder_under_another_name_is_not_that_run(store: RunFiles, root: Path) -> None:
    await keep(store)
    (root / RUN.run_id).rename(root / "btother")
    with pytest.raises(Unavailable, match=f"it is the run {RUN.run_id}"):
        await store.get("btother")


async def test_whoever_dies_on_the_way_leaves_nothing_that_counts(
    store: RunFiles, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process is gone."""

    def killed(path: Path) -> None:
        raise Killed

    monkeypatch.setattr(run_files, "_sync_folder", killed)
    with pytest.raises(Killed):
        await keep(store)
    assert await store.newest() == []
    with pytest.raises(NotFound):
        await store.get(RUN.run_id)
    monkeypatch.undo()
    await keep(store)
    assert await store.get(RUN.run_id) == RUN
    assert names_in(root) == {".lock", RUN.run_id}


async def test_what_the_disk_refuses_leaves_nothing(
    store: RunFiles, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        Unavailable, match=r"cannot be kept in .* \(No space left on device\): make the folder"
    ):
        await keep(store)
    assert names_in(root) == {".lock"}


async def test_two_keep_the_same_run_at_once(root: Path) -> None:
    stores = [RunFiles(root) for _ in range(4)]
    await asyncio.gather(*(store.keep(RUN, RESULT, REPORT) for store in stores))
    assert [run.run_id for run in await stores[0].newest()] == [RUN.run_id]


async def test_only_the_owner_reads_what_is_kept(store: RunFiles, root: Path) -> None:
    await keep(store)
    folder = root / RUN.run_id
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


async def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match=r"The runs folder .* cannot be written"):
        await keep(RunFiles(tmp_path / "file" / "runs"))
