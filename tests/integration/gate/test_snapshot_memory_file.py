"""The memory of snapshots survives processes and faults, and a damaged one is never taken for none."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from jax.adapters.gate_files.snapshot_memory_file import SnapshotMemoryFile
from jax.domain.canonical_json import Json, canonical_bytes, sha256_of
from jax.domain.errors import InvalidValue
from jax.ports.errors import Conflict, Unavailable
from jax.ports.snapshot_memory import RememberedSnapshot
from tests.integration.gate.file_owners import as_somebody_else, folder_that_all_may_enter, give_away
from tests.integration.research.full_disk import run_with_files_up_to

_A, _B = sha256_of(b"a"), sha256_of(b"b")
_SEEN = RememberedSnapshot(3, _A, frozenset({_B}))
_DOCUMENT: dict[str, Json] = {
    "schema": "jax/snapshot-memory/v1",
    "seq": 3,
    "snapshot_sha256": _A,
    "revoked": [_B],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "gate" / "snapshot-memory.json"
    SnapshotMemoryFile(file).remember(_SEEN)
    return file


def written(path: Path) -> tuple[int, int]:
    """Which file it is, and when it was written."""
    return path.lstat().st_ino, path.lstat().st_mtime_ns


def assert_not_believed(path: Path, remedy: str) -> None:
    """Reading says why; adding to it says the same, as a conflict, and changes nothing."""
    before = written(path)
    with pytest.raises(InvalidValue, match=remedy) as caught:
        SnapshotMemoryFile(path).remembered()
    assert str(path) in str(caught.value)
    with pytest.raises(Conflict, match=remedy):
        SnapshotMemoryFile(path).remember(RememberedSnapshot(9, _A))
    assert written(path) == before


def test_the_file_is_canonical_and_its_owners_alone(path: Path) -> None:
    assert path.read_bytes() == canonical_bytes(_DOCUMENT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {entry.name for entry in path.parent.iterdir()} == {path.name, f".{path.name}.lock"}


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_nobody_else_may_write_it_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    memory = SnapshotMemoryFile(tmp_path / "gate" / "memory.json")
    before = os.umask(umask)
    try:
        memory.remember(_SEEN)
    finally:
        os.umask(before)
    assert memory.remembered() == _SEEN


def test_another_object_remembers_as_well(path: Path) -> None:
    assert SnapshotMemoryFile(path).remembered() == _SEEN


def test_what_is_known_already_is_not_written_again(path: Path) -> None:
    before = written(path)
    SnapshotMemoryFile(path).remember(_SEEN)
    assert written(path) == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 64,
        b"{}",
        b"null",
        canonical_bytes(_DOCUMENT)[:-1],
        canonical_bytes(_DOCUMENT) + b"\n",
        b" " * 2_000_000,
        *(
            canonical_bytes(_DOCUMENT | change)
            for change in (
                {"schema": "jax/snapshot-memory/v2"},
                {"seq": -1},
                {"seq": 0},
                {"seq": "3"},
                {"seq": True},
                {"snapshot_sha256": None},
                {"snapshot_sha256": "sha256:x"},
                {"revoked": None},
                {"revoked": ["x"]},
                {"revoked": [_B, _B]},
                {"revoked": sorted([_A, _B], reverse=True)},
                {"more": 1},
            )
        ),
    ],
)
def test_a_damaged_file_is_never_taken_for_an_empty_one(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert_not_believed(path, "restore it from a backup")


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_not_believed(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert_not_believed(path, "chmod go-w")


def test_a_folder_that_others_can_write_is_not_believed(path: Path) -> None:
    path.parent.chmod(0o777)
    with pytest.raises(InvalidValue, match="chmod go-w"):
        SnapshotMemoryFile(path).remembered()


def test_another_users_file_is_not_believed(path: Path) -> None:
    give_away(path)
    assert_not_believed(path, "belongs to another user")


@pytest.mark.parametrize("kind", ["link", "link to nowhere", "folder", "pipe"])
def test_what_is_no_file_is_not_believed(path: Path, kind: str) -> None:
    path.rename(path.with_name("other"))
    if kind.startswith("link"):
        path.symlink_to("other" if kind == "link" else "nowhere")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path, 0o600)
    assert_not_believed(path, "symbolic link" if kind.startswith("link") else "no regular file")


def test_a_file_that_may_not_be_read_or_written_is_unavailable() -> None:
    with folder_that_all_may_enter() as folder:
        SnapshotMemoryFile(folder / "memory.json").remember(_SEEN)
        with as_somebody_else():
            for memory in (SnapshotMemoryFile(folder / name) for name in ("memory.json", "new.json")):
                with pytest.raises(Unavailable, match="this user"):
                    memory.remember(_SEEN)
            with pytest.raises(Unavailable, match="this user"):
                SnapshotMemoryFile(folder / "memory.json").remembered()


def test_a_full_disk_leaves_what_was_remembered(path: Path) -> None:
    before = path.read_bytes()
    done = run_with_files_up_to(
        len(before),
        "import sys, pathlib\n"
        "from jax.adapters.gate_files.snapshot_memory_file import SnapshotMemoryFile\n"
        "from jax.ports.errors import Unavailable\n"
        "from jax.ports.snapshot_memory import RememberedSnapshot\n"
        "try:\n"
        "    seen = RememberedSnapshot(4, sys.argv[2], frozenset({sys.argv[2]}))\n"
        "    SnapshotMemoryFile(pathlib.Path(sys.argv[1])).remember(seen)\n"
        "except Unavailable as error:\n"
        "    print(error)\n",
        *(str(path), _A),
    )
    assert "free space" in done.stdout, done.stderr
    assert path.read_bytes() == before
    assert {entry.name for entry in path.parent.iterdir()} == {path.name, f".{path.name}.lock"}


def test_more_than_can_be_read_again_is_not_written(path: Path) -> None:
    many = frozenset(sha256_of(str(n).encode()) for n in range(15_000))
    with pytest.raises(Unavailable, match="15001 revocations"):
        SnapshotMemoryFile(path).remember(RememberedSnapshot(4, _A, many))
    assert SnapshotMemoryFile(path).remembered() == _SEEN


_PROCESS = """
import sys, pathlib
from jax.adapters.gate_files.snapshot_memory_file import SnapshotMemoryFile
from jax.domain.canonical_json import sha256_of
from jax.ports.snapshot_memory import RememberedSnapshot
memory, first = SnapshotMemoryFile(pathlib.Path(sys.argv[1])), int(sys.argv[2])
for n in range(first, first + 25):
    memory.remember(RememberedSnapshot(0, None, frozenset({sha256_of(str(n).encode())})))
"""


def test_processes_at_once_lose_nothing_of_one_another(tmp_path: Path) -> None:
    path = tmp_path / "gate" / "memory.json"
    root = Path(__file__).parents[3]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _PROCESS, str(path), str(25 * n)],
            cwd=root,
            env={"PYTHONPATH": str(root / "src")},
        )
        for n in range(4)
    ]
    assert [process.wait(timeout=60) for process in running] == [0] * 4
    expected = frozenset(sha256_of(str(n).encode()) for n in range(100))
    assert SnapshotMemoryFile(path).remembered() == RememberedSnapshot(0, None, expected)
