"""A file is there whole, or as it was before."""

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from jax.app.approver.whole_file import whole_file
from jax.app.console import CommandFailed


def _no_links(*_: object) -> NoReturn:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.fixture(params=["links", "no links"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, with hard links and without them."""
    if request.param == "no links":
        monkeypatch.setattr(os, "link", _no_links)
    return tmp_path


def test_what_was_written_is_there_for_its_owner_alone(place: Path) -> None:
    with whole_file(place / "a") as file:
        file.write(b"whole")
        assert not (place / "a").exists()
    assert (place / "a").read_bytes() == b"whole"
    assert (place / "a").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.iterdir()] == ["a"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_block_that_fails_leaves_everything_as_it_was(place: Path, overwrite: bool) -> None:
    kept = place / "kept"
    kept.write_bytes(b"before")

    def fail() -> None:
        with whole_file(kept if overwrite else place / "new", overwrite=overwrite) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert kept.read_bytes() == b"before"
    assert [found.name for found in place.iterdir()] == ["kept"]


def test_what_somebody_else_put_there_meanwhile_stays(place: Path) -> None:
    def write() -> None:
        with whole_file(place / "a") as file:
            file.write(b"mine")
            (place / "a").write_bytes(b"theirs")

    with pytest.raises(CommandFailed):
        write()
    assert (place / "a").read_bytes() == b"theirs"
    assert [path.name for path in place.iterdir()] == ["a"]


def test_a_link_that_leads_nowhere_is_not_followed(place: Path) -> None:
    (place / "a").symlink_to(place / "elsewhere")
    with pytest.raises(CommandFailed, match="is there already"), whole_file(place / "a"):
        pass
    assert not (place / "elsewhere").exists()


def test_an_older_file_is_replaced_when_it_may_be(place: Path) -> None:
    (place / "a").write_bytes(b"older and longer")
    with whole_file(place / "a", overwrite=True) as file:
        file.write(b"newer")
    assert (place / "a").read_bytes() == b"newer"


def test_a_folder_that_is_not_there_is_named_with_the_remedy(place: Path) -> None:
    problem = r"none/a cannot be written \(No such file.*name a file in a folder"
    with pytest.raises(CommandFailed, match=problem), whole_file(place / "none" / "a"):
        pass
