"""The commit that sources come from, by real checkouts."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from jax.adapters.strategy_catalog.checkout import commit_of
from tests.git_checkout import committed, git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Two sources, not committed yet."""
    root = tmp_path / "checkout"
    (root / "acme" / "rules").mkdir(parents=True)
    (root / "acme" / "strategy.py").write_bytes(b"ONE = 1\n")
    (root / "acme" / "rules" / "levels.py").write_bytes(b"# \xc3\xa4\r\nTWO = 2")
    return root


def sources(root: Path) -> Mapping[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*.py")}


@pytest.mark.parametrize(("object_format", "digits"), [("sha1", 40), ("sha256", 64)])
def test_committed_sources_have_the_commit(checkout: Path, object_format: str, digits: int) -> None:
    commit = committed(checkout, object_format=object_format)
    assert len(commit) == digits
    assert commit_of(sources(checkout)) == commit


def test_a_commit_that_leaves_them_alone_changes_nothing(checkout: Path) -> None:
    first = committed(checkout)
    (checkout / "README").write_text("read me")
    second = committed(checkout)
    assert second != first
    assert commit_of(sources(checkout)) == first


def test_a_folder_below_the_checkout_and_a_link_to_it_are_seen_through(
    checkout: Path, tmp_path: Path
) -> None:
    commit = committed(checkout)
    assert commit_of(sources(checkout / "acme" / "rules")) == commit
    (tmp_path / "link").symlink_to(checkout)
    linked = tmp_path / "link" / "acme" / "strategy.py"
    assert commit_of({linked: linked.read_bytes()}) == commit


def test_a_changed_source_is_unversioned_even_where_git_is_told_to_overlook_it(checkout: Path) -> None:
    committed(checkout)
    git(checkout, "update-index", "--assume-unchanged", "acme/strategy.py")
    (checkout / "acme" / "strategy.py").write_bytes(b"ONE = 2\n")
    assert git(checkout, "status", "--porcelain") == ""
    assert commit_of(sources(checkout)) == "unversioned"


def test_the_bytes_that_were_read_count_and_not_those_on_disk(checkout: Path) -> None:
    committed(checkout)
    read = {path: source + b"\n" for path, source in sources(checkout).items()}
    assert commit_of(read) == "unversioned"


def test_a_source_that_is_staged_only_is_unversioned(checkout: Path) -> None:
    committed(checkout)
    (checkout / "acme" / "new.py").write_bytes(b"")
    git(checkout, "add", "--all")
    assert commit_of(sources(checkout)) == "unversioned"


def test_sources_in_two_places_are_unversioned(checkout: Path, tmp_path: Path) -> None:
    committed(checkout)
    (tmp_path / "other.py").write_bytes(b"")
    assert commit_of(sources(tmp_path)) == "unversioned"


def test_no_checkout_and_no_commit_are_unversioned(checkout: Path) -> None:
    assert commit_of(sources(checkout)) == "unversioned"
    git(checkout, "init", "--quiet")
    assert commit_of(sources(checkout)) == "unversioned"
    assert commit_of({}) == "unversioned"


def test_somebody_elses_checkout_is_unversioned(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    committed(checkout)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert commit_of(sources(checkout)) == "unversioned"


def test_without_git_everything_is_unversioned(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    committed(checkout)
    monkeypatch.setenv("PATH", str(checkout))
    assert commit_of(sources(checkout)) == "unversioned"


def test_a_git_that_does_not_work_makes_nothing_fail(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    committed(checkout)
    broken = checkout / "git"
    for program in ("#!/bin/sh\nexit 3\n", "#!/bin/sh\necho one line\n", "no program"):
        broken.write_text(program)
        broken.chmod(0o755)
        monkeypatch.setenv("PATH", str(checkout))
        assert commit_of(sources(checkout)) == "unversioned"
