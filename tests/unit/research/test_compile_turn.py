"""One at a time compiles into a folder; another folder is nobody's concern."""

import threading
from pathlib import Path

import pytest

from jax.adapters.compute.compile_turn import compile_turn
from jax.ports.errors import Unavailable


def test_a_second_one_waits_until_the_first_is_done(tmp_path: Path) -> None:
    entered = threading.Event()

    def second() -> None:
        with compile_turn(tmp_path / "kernels"):
            entered.set()

    waiting = threading.Thread(target=second)
    with compile_turn(tmp_path / "kernels"):
        waiting.start()
        assert not entered.wait(0.1)
        with compile_turn(tmp_path / "others"):
            pass
    assert entered.wait(10)
    waiting.join()


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with compile_turn(tmp_path / "a" / "kernels"):
        assert (tmp_path / "a" / "kernels").stat().st_mode & 0o777 == 0o700


def test_a_turn_ends_with_what_went_wrong_in_it(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="in it"), compile_turn(tmp_path):
            raise ValueError("in it")


def test_refuses_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = pytest.raises(Unavailable, match=r"cannot be written .*: make it writable")
    with refused, compile_turn(tmp_path / "file"):
        raise AssertionError("nobody gets here")
