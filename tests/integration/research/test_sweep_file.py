"""Sweeps on a disk: whole or not at all, and not believed unless they are what was written."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from jax.adapters.parquet.sweep_file import SweepFiles
from jax.ports.errors import NotFound, Unavailable
from jax.ports.sweep_store import KeptSweep
from tests.integration.research.full_disk import run_with_files_up_to

SWEEP = KeptSweep(
    sweep_id="swabc123",
    kept_at=datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=UTC),
    summary={"strategy": "sma_crossover_v1", "by": "sharpe", "evidence": {"trials": 3, "pbo": None}},
    params={"fast": (1, 2, 3), "width": (0.1, 2.0, 1e300)},
    metrics={"sharpe": (0.5, None, -1.25), "trades": (3, 0, 12), "calmar": (None, None, None)},
    statistics={"final_equity": (100.0, 0.1 + 0.2, 5e-324)},
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "home" / "sweeps"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def change_one_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


async def test_a_sweep_is_given_back_as_it_was_kept(root: Path) -> None:
    where = await SweepFiles(root).keep(SWEEP)
    assert where == str(root / "swabc123.parquet")
    found = await SweepFiles(root).get("swabc123")
    assert found == SWEEP
    assert [type(value) for value in found.params["fast"]] == [int] * 3
    assert [type(value) for value in found.params["width"]] == [float] * 3
    assert names_in(root) == ["swabc123.parquet", "swabc123.parquet.sha256"]


async def test_any_reader_of_parquet_finds_a_row_a_set(root: Path) -> None:
    frame = pl.read_parquet(await SweepFiles(root).keep(SWEEP))
    assert frame.columns == [
        *("param.fast", "param.width", "metric.sharpe", "metric.trades", "metric.calmar"),
        "statistic.final_equity",
    ]
    assert frame.row(1) == (2, 2.0, None, 0, None, 0.1 + 0.2)
    assert frame.schema["param.fast"] == pl.Int64
    assert frame.schema["metric.sharpe"] == pl.Float64


async def test_the_same_id_again_takes_the_place_of_the_first(root: Path) -> None:
    store = SweepFiles(root)
    await store.keep(SWEEP)
    again = replace(SWEEP, metrics={"sharpe": (1.0, 2.0, 3.0)})
    await store.keep(again)
    assert await store.get("swabc123") == again


async def test_a_sweep_without_parameters_can_be_kept(root: Path) -> None:
    plain = replace(SWEEP, params={}, metrics={"sharpe": (1.0,)}, statistics={"bars": (3.0,)})
    await SweepFiles(root).keep(plain)
    assert await SweepFiles(root).get("swabc123") == plain


async def test_what_is_not_there_is_not_found(root: Path) -> None:
    with pytest.raises(NotFound, match="There is no sweep 'swother'"):
        await SweepFiles(root).get("swother")


@pytest.mark.parametrize("name", ["../market_data/x", "", "sw.1", "swß"])
async def test_an_id_leads_nowhere_else(root: Path, name: str) -> None:
    with pytest.raises(NotFound, match="an id is letters and digits"):
        await SweepFiles(root).get(name)
    with pytest.raises(NotFound, match="an id is letters and digits"):
        await SweepFiles(root).keep(replace(SWEEP, sweep_id=name))


async def test_a_file_under_another_name_is_not_that_sweep(root: Path) -> None:
    await SweepFiles(root).keep(SWEEP)
    for suffix in (".parquet", ".parquet.sha256"):
        (root / f"swabc123{suffix}").rename(root / f"swother{suffix}")
    with pytest.raises(NotFound, match="There is no sweep 'swother'"):
        await SweepFiles(root).get("swother")


async def test_a_file_with_another_byte_is_not_read(root: Path) -> None:
    change_one_bit(Path(await SweepFiles(root).keep(SWEEP)))
    with pytest.raises(Unavailable, match=r"cannot be read .*: remove it and run it again"):
        await SweepFiles(root).get("swabc123")


async def test_of_another_schema_it_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("jax.adapters.parquet.sweep_file._SCHEMA", "jax/sweep/v0")
        await SweepFiles(root).keep(SWEEP)
    with pytest.raises(Unavailable, match="its schema is jax/sweep/v0, not jax/sweep/v1"):
        await SweepFiles(root).get("swabc123")


FILL_THE_DISK = """
import asyncio, sys
from pathlib import Path
from tests.integration.research.test_sweep_file import SWEEP
from jax.adapters.parquet.sweep_file import SweepFiles
asyncio.run(SweepFiles(Path(sys.argv[1])).keep(SWEEP))
"""


def test_a_full_disk_leaves_no_part_of_a_sweep(root: Path) -> None:
    done = run_with_files_up_to(1_000, "import sys; sys.path.insert(0, '.')\n" + FILL_THE_DISK, str(root))
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "make its folder writable, with free space" in done.stderr
    assert names_in(root) == []
