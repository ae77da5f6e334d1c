"""What a service was asked for, on a disk: replaced whole, read back, damaged files left out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jax.adapters.parquet.asked_run_files import AskedRunFiles
from jax.ports.asked_runs import AskedRun
from jax.ports.errors import Unavailable

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ASKED = AskedRun("rn-1", NOW, {"strategy": "buy_and_hold", "symbols": ["AAPL"], "params": {"fast": 5}})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "home" / "asked_runs"


@pytest.fixture
def asked(root: Path) -> AskedRunFiles:
    return AskedRunFiles(root)


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_before_the_first_there_is_none(asked: AskedRunFiles) -> None:
    assert await asked.all() == []


async def test_runs_are_given_back_oldest_first(asked: AskedRunFiles, root: Path) -> None:
    later = replace(ASKED, run_id="rn-0", asked_at=NOW + timedelta(seconds=1))
    failed = replace(
        ASKED,
        run_id="rn-2",
        ended_at=NOW + timedelta(minutes=1),
        error={"error": "NotFound", "sentence": "There is none"},
    )
    for run in (later, failed, ASKED):
        await asked.save(run)
    assert await asked.all() == [ASKED, failed, later]
    assert await AskedRunFiles(root).all() == [ASKED, failed, later]


async def test_what_is_saved_again_takes_its_place(asked: AskedRunFiles, root: Path) -> None:
    await asked.save(ASKED)
    done = replace(ASKED, ended_at=NOW + timedelta(minutes=1), kept_as="bt2aaaa")
    await asked.save(done)
    assert await asked.all() == [done]
    assert modes_in(root) == {"rn-1.json": 0o600}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"run_id": "rn-9"}'])
async def test_what_is_damaged_is_left_out(asked: AskedRunFiles, root: Path, content: bytes) -> None:
    await asked.save(ASKED)
    (root / "rn-9.json").write_bytes(content)
    (root / ".rn-8.new").write_bytes(b"half of")
    assert await asked.all() == [ASKED]


async def test_only_the_owner_reads_them(asked: AskedRunFiles, root: Path) -> None:
    await asked.save(ASKED)
    assert modes_in(root.parent) == {"asked_runs": 0o700}
    assert modes_in(root) == {"rn-1.json": 0o600}


async def test_a_folder_that_cannot_be_written_or_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(
        Unavailable, match=r"What was asked for cannot be kept in .* make the folder writable"
    ):
        await AskedRunFiles(tmp_path / "file" / "asked_runs").save(ASKED)
    (tmp_path / "rn-1.json").mkdir()
    with pytest.raises(Unavailable, match=r"rn-1.json cannot be read \(Is a directory\): make it readable"):
        await AskedRunFiles(tmp_path).all()
