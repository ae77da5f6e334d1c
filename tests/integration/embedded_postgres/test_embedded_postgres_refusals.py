"""What cannot work is refused in a sentence that names the thing and the remedy."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jax.adapters.embedded_postgres import (
    EmbeddedPostgresError,
    attach_embedded_postgres,
    erase_embedded_postgres,
)
from tests.architecture.checkout import SRC
from tests.integration.embedded_postgres.processes import (
    Client,
    base_of,
    eventually,
    fetch,
    log_of,
    processes_of,
)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system, or gives a file away")
needs_ordinary_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may write where it likes")


@pytest.fixture
def mounted(open_folder: Path) -> Iterator[Path]:
    """A small file system, unmounted afterwards; enterable, so that a cluster would lie in it."""
    folder = open_folder / "mounted"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "jax-test", str(folder)], check=False)
    if mount.returncode != 0:
        pytest.skip("this system does not let root mount")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


def refusal(home: Path) -> str:
    with pytest.raises(EmbeddedPostgresError) as caught:
        attach_embedded_postgres(home)
    return str(caught.value)


def test_a_file_in_the_way_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for home in (tmp_path / "file", tmp_path / "file" / "postgres"):
        message = refusal(home)
        assert str(home) in message
        assert "set DATABASE_URL" in message


@needs_ordinary_user
def test_a_folder_that_one_may_not_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    message = refusal(tmp_path / "postgres")
    tmp_path.chmod(0o700)
    assert f"{tmp_path / 'postgres'}: Permission denied" in message


@needs_root
def test_a_read_only_file_system(mounted: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    message = refusal(mounted / "postgres")
    assert str(mounted / "postgres") in message
    assert "Read-only file system" in message


@needs_root
def test_a_full_disk_while_the_cluster_is_made_leaves_nothing_half_done(mounted: Path) -> None:
    home = mounted / "postgres"
    message = refusal(home)
    assert "make sure that the disk has free space, or set DATABASE_URL" in message
    assert "No space left on device" in message or "Check free disk space" in message
    eventually(lambda: not processes_of(home), "the end of all processes")
    assert not (home / "cluster").exists()
    subprocess.run(["mount", "-o", "remount,size=200m", str(mounted)], check=True)
    with attach_embedded_postgres(home) as session:
        assert session.url
    erase_embedded_postgres(home)


@needs_root
def test_a_full_disk_before_the_first_byte(mounted: Path) -> None:
    with pytest.raises(OSError, match="No space"):
        (mounted / "filler").write_bytes(bytes(30_000_000))
    message = refusal(mounted / "postgres")
    assert "No space left on device" in message
    assert "set DATABASE_URL" in message


@needs_root
def test_a_folder_in_which_another_user_started(home: Path) -> None:
    os.chown(home / "start.lock", 65534, 65534)
    try:
        assert "belongs to user nobody: run Jax as nobody" in refusal(home)
    finally:
        os.chown(home / "start.lock", 0, 0)


def test_missing_binaries_name_the_extra(tmp_path: Path) -> None:
    client = Client(tmp_path / "postgres", python=(sys.executable, "-S"), env={"PYTHONPATH": str(SRC)})
    assert "jax-trading-assistant[embedded]" in client.said
    assert "DATABASE_URL" in client.said
    client.leave()


@pytest.fixture
def version_file(home: Path) -> Iterator[Path]:
    """The file by which Postgres tells its version, put back afterwards."""
    file = base_of(home) / "cluster" / "data" / "PG_VERSION"
    aside = file.rename(file.with_name("aside"))
    yield file
    aside.rename(file)


def test_a_cluster_of_another_version(home: Path, version_file: Path) -> None:
    version_file.write_text("16\n")
    assert "was made by Postgres 16 and Jax runs Postgres 18" in refusal(home)


def test_a_cluster_that_is_not_complete(home: Path, version_file: Path) -> None:
    assert not version_file.exists()
    assert "is not a complete database cluster" in refusal(home)


def test_a_server_that_does_not_start_says_why_and_starts_once_that_is_corrected(home: Path) -> None:
    settings = base_of(home) / "cluster" / "data" / "postgresql.conf"
    correct = settings.read_text()
    settings.write_text(f"{correct}\nno_such_setting = 1\n")
    message = refusal(home)
    assert 'unrecognized configuration parameter "no_such_setting"' in message
    assert str(home / "postgres.log") in message
    assert "no_such_setting" in log_of(home)
    eventually(lambda: not processes_of(home), "the end of all processes")
    settings.write_text(correct)
    with attach_embedded_postgres(home) as session:
        assert fetch(session.url, "SELECT 1") == 1


def test_a_deadline_that_has_passed(home: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="is not ready yet"):
        attach_embedded_postgres(home, wait_seconds=0.0)


def test_a_database_in_use_is_not_erased(home: Path) -> None:
    with attach_embedded_postgres(home), pytest.raises(EmbeddedPostgresError, match="is in use"):
        erase_embedded_postgres(home)
    assert base_of(home).exists()
