"""The pinned root file is believed only where nobody else can have written it."""

import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jax.adapters.gate_files.root_file import RootFile, write_root
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateKey, GateRole
from jax.domain.gate_root import GateRoot, with_key, with_key_ended
from jax.ports.errors import Conflict, NotFound, Unavailable
from tests.integration.gate.file_owners import as_somebody_else, folder_that_all_may_enter, give_away
from tests.integration.research.full_disk import run_with_files_up_to

_THEN = datetime(2026, 3, 1, tzinfo=UTC)
_ROOT = GateRoot(1, False, ())


def a_key(number: int) -> GateKey:
    return GateKey(bytes([number]) * 32, "tessa", frozenset({GateRole.TECHNICAL}), _THEN)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "gate" / "root.json"
    write_root(file, _ROOT)
    return file


def why_not(path: Path) -> str:
    with pytest.raises(InvalidValue) as caught:
        RootFile(path).read()
    return str(caught.value)


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_what_is_written_is_readable_by_all_and_writable_by_its_owner(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_root(tmp_path / "gate" / "root.json", _ROOT)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "gate" / "root.json").stat().st_mode) == 0o644
    assert RootFile(tmp_path / "gate" / "root.json").read() == _ROOT


def test_the_file_is_the_roots_encoding_and_nothing_lies_around(path: Path) -> None:
    write_root(path, with_key(_ROOT, a_key(1)))
    assert path.read_bytes() == with_key(_ROOT, a_key(1)).encoded()
    assert names(path.parent) == {"root.json", ".root.json.lock"}


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666, 0o620, 0o602])
def test_a_file_that_others_can_write_is_not_believed(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert f"chmod go-w {path}" in why_not(path)


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777, 0o1777])
def test_a_file_in_a_folder_that_others_can_write_is_not_believed(path: Path, mode: int) -> None:
    path.parent.chmod(mode)
    assert f"chmod go-w {path.parent}" in why_not(path)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o444, 0o755])
def test_others_may_read_it(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert RootFile(path).read() == _ROOT


def test_another_users_file_is_not_believed(path: Path) -> None:
    give_away(path)
    assert f"{path}: belongs to another user" in why_not(path)


def test_a_file_in_another_users_folder_is_not_believed(path: Path) -> None:
    give_away(path.parent)
    assert f"{path.parent}: belongs to another user" in why_not(path)


def test_a_file_of_roots_is_believed_by_every_user() -> None:
    with folder_that_all_may_enter() as folder:
        write_root(folder / "root.json", _ROOT)
        with as_somebody_else():
            assert RootFile(folder / "root.json").read() == _ROOT


def test_a_file_of_ones_own_is_believed() -> None:
    with folder_that_all_may_enter() as folder:
        (folder / "gate").mkdir()
        give_away(folder / "gate")
        with as_somebody_else():
            write_root(folder / "gate" / "root.json", _ROOT)
            assert RootFile(folder / "gate" / "root.json").read() == _ROOT


def test_a_file_that_may_not_be_read_is_unavailable(path: Path) -> None:
    with as_somebody_else(), pytest.raises(Unavailable, match=r"root\.json.*read"):
        RootFile(path).read()


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file_is_not_believed_and_not_waited_for(path: Path, kind: str) -> None:
    other = path.with_name("other.json")
    path.rename(other)
    if kind == "link":
        path.symlink_to(other)
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path, 0o600)
    assert str(path) in why_not(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        _ROOT.encoded() + b"\n",
        _ROOT.encoded()[:-1],
        b" " * 2_000_000,
        _ROOT.encoded().replace(b"false", b'"no"'),
    ],
    ids=["nothing", "another document", "a line more", "cut short", "huge", "a wrong field"],
)
def test_a_file_that_is_no_root_is_named_with_the_remedy(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    problem = why_not(path)
    assert (str(path) in problem, "copy your desk's root file" in problem) == (True, True)
    assert content != _ROOT.encoded().replace(b"false", b'"no"') or "solo" in problem


def test_a_missing_file_is_not_found_with_the_remedy(tmp_path: Path) -> None:
    for missing in (tmp_path / "root.json", tmp_path / "gate" / "root.json"):
        with pytest.raises(NotFound, match=rf"{missing}.*keyring"):
            RootFile(missing).read()


def test_the_same_root_may_be_written_again(path: Path) -> None:
    before = path.stat().st_ino, path.stat().st_mtime_ns
    write_root(path, _ROOT)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before


def test_a_root_of_a_desk_that_is_further_on_is_taken(path: Path) -> None:
    write_root(path, GateRoot(7, True, ()))
    assert RootFile(path).read() == GateRoot(7, True, ())


@pytest.mark.parametrize("number", [6, 7])
def test_a_change_of_a_root_that_is_no_longer_there_is_a_conflict(path: Path, number: int) -> None:
    write_root(path, GateRoot(7, False, ()))
    with pytest.raises(Conflict, match="number 7"):
        write_root(path, GateRoot(number, True, ()))
    assert RootFile(path).read() == GateRoot(7, False, ())


def test_of_changes_made_at_once_one_wins(path: Path) -> None:
    outcomes: list[Exception | None] = []
    start = threading.Barrier(8)

    def change(number: int) -> None:
        start.wait()
        try:
            write_root(path, with_key(_ROOT, a_key(number)))
            outcomes.append(None)
        except Conflict as error:
            outcomes.append(error)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert outcomes.count(None) == 1
    assert len(RootFile(path).read().keys) == 1


def test_a_root_that_is_not_believed_is_not_written_over(path: Path) -> None:
    path.write_bytes(b"rubbish")
    with pytest.raises(InvalidValue, match=r"root\.json"):
        write_root(path, GateRoot(2, False, ()))
    assert path.read_bytes() == b"rubbish"


def test_a_full_disk_leaves_the_root_before(path: Path) -> None:
    ended = with_key_ended(with_key(_ROOT, a_key(1)), a_key(1).key_id, _THEN)
    before = path.read_bytes()
    done = run_with_files_up_to(
        len(ended.encoded()) - 1,
        "import sys, pathlib\n"
        "from jax.adapters.gate_files.root_file import write_root\n"
        "from jax.domain.gate_root import parse_root\n"
        "from jax.ports.errors import Unavailable\n"
        "try:\n"
        "    write_root(pathlib.Path(sys.argv[1]), parse_root(sys.argv[2].encode()))\n"
        "except Unavailable as error:\n"
        "    print(error)\n",
        *(str(path), ended.encoded().decode()),
    )
    assert "free space" in done.stdout, done.stderr
    assert path.read_bytes() == before
    assert names(path.parent) == {"root.json", ".root.json.lock"}
