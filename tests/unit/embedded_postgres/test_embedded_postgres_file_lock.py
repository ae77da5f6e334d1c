"""Locks between processes, and who keeps them alive."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jax.adapters.embedded_postgres.file_lock import FileLock, is_free, wait_until

UNTIL_INPUT_ENDS = "import sys; sys.stdin.read()"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.lock"


def test_one_holder_keeps_all_others_out(path: Path) -> None:
    first, second = FileLock(path), FileLock(path)
    assert first.try_exclusive()
    assert not second.try_exclusive()
    assert not second.try_shared()
    first.unlock()
    assert second.try_exclusive()
    first.close()
    second.close()


def test_sharers_let_one_another_in_and_a_single_holder_not(path: Path) -> None:
    first, second = FileLock(path), FileLock(path)
    assert first.try_shared()
    assert second.try_shared()
    assert not first.try_exclusive()
    first.close()
    assert second.try_exclusive()
    second.close()


def test_a_lock_is_not_inherited_by_a_program_that_was_not_given_it(path: Path) -> None:
    lock = FileLock(path)
    assert lock.try_exclusive()
    with subprocess.Popen(
        [sys.executable, "-c", UNTIL_INPUT_ENDS], stdin=subprocess.PIPE, close_fds=False
    ) as child:
        lock.close()
        # The child lets go when it executes the program, which may be just after Popen returned.
        assert wait_until(lambda: is_free(path), deadline=time.monotonic() + 60)
        assert child.poll() is None
        child.communicate()


def test_a_lock_that_is_handed_over_lives_as_long_as_the_program_that_got_it(path: Path) -> None:
    lock = FileLock(path)
    assert lock.try_exclusive()
    with subprocess.Popen(
        [sys.executable, "-c", UNTIL_INPUT_ENDS], stdin=subprocess.PIPE, pass_fds=[lock.descriptor]
    ) as child:
        lock.close()
        assert not is_free(path)
        child.kill()
        child.communicate()
    assert is_free(path)


def test_taking_over_a_lock_keeps_it_from_the_next_program(path: Path) -> None:
    lock = FileLock(path)
    os.set_inheritable(lock.descriptor, True)
    taken = FileLock.handed_over(lock.descriptor)
    assert not os.get_inheritable(taken.descriptor)
    taken.close()


def test_a_lock_file_that_was_replaced_or_deleted_is_told_apart(path: Path) -> None:
    lock = FileLock(path)
    assert lock.is_still(path)
    path.unlink()
    assert not lock.is_still(path)
    later = FileLock(path)
    assert not lock.is_still(path)
    lock.close()
    later.close()


def test_a_shorter_text_leaves_nothing_of_a_longer_one(path: Path) -> None:
    lock, reader = FileLock(path), FileLock(path)
    lock.write("0123456789")
    lock.write("abc")
    assert reader.read() == "abc"
    lock.close()
    reader.close()


def test_waiting_asks_at_least_once_and_stops_at_the_deadline() -> None:
    answers = iter([False, False, False, True])
    assert not wait_until(lambda: next(answers), deadline=time.monotonic() - 1)
    assert wait_until(lambda: next(answers), deadline=time.monotonic() + 60)
    assert list(answers) == []
