"""The small files through which the processes know of one another."""

import os
import stat
from pathlib import Path

import pytest

from jax.adapters.embedded_postgres.postmaster_file import PostmasterFile, path_in, serves
from jax.adapters.embedded_postgres.private_file import write_private
from jax.adapters.embedded_postgres.server_state import ServerState, Status

STATE = ServerState(
    boot_id="b007", status=Status.READY, port=20_001, password_file="/some where/password", supervisor_pid=7
)
READY = "4711\n/data\n1700000000\n20001\n\n127.0.0.1\n  8826964     65536\nready   \n"


def test_a_state_comes_back_as_it_was_said(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    STATE.save(path)
    assert ServerState.load(path) == STATE
    assert ServerState.load_boot(path, "b007") == STATE


def test_the_state_of_another_boot_is_none(tmp_path: Path) -> None:
    STATE.save(tmp_path / "state.json")
    assert ServerState.load_boot(tmp_path / "state.json", "b008") is None


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", "{}", '{"boot_id": "b", "status": "asleep", "port": 1}', "\ufffd"]
)
def test_a_state_that_nobody_finished_writing_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text, encoding="utf-8")
    assert ServerState.load(path) is None


def test_a_missing_state_is_none(tmp_path: Path) -> None:
    assert ServerState.load(tmp_path / "state.json") is None


def test_a_private_file_is_replaced_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("old")
    path.chmod(0o666)
    (tmp_path / "password.new").write_text("left by a crash")
    old_mask = os.umask(0)
    try:
        write_private(path, "new")
    finally:
        os.umask(old_mask)
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["password"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (READY, PostmasterFile(pid=4711, is_ready=True)),
        (READY.replace("ready   ", "starting"), PostmasterFile(pid=4711, is_ready=False)),
        ("4711\n/data\n", PostmasterFile(pid=4711, is_ready=False)),
        ("", None),
        ("what\n", None),
    ],
)
def test_a_postmaster_file_is_read_at_every_stage(
    tmp_path: Path, text: str, expected: PostmasterFile | None
) -> None:
    path_in(tmp_path).write_text(text)
    assert PostmasterFile.load(tmp_path) == expected


def test_a_missing_postmaster_file_is_none(tmp_path: Path) -> None:
    assert PostmasterFile.load(tmp_path) is None


def test_a_stranger_does_not_serve_a_folder(tmp_path: Path) -> None:
    assert not serves(os.getpid(), tmp_path)
