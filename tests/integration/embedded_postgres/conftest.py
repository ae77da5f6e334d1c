"""Folders for embedded databases, which leave nothing behind: no process, no file, nothing below /var/lib."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jax.adapters.embedded_postgres import Session, attach_embedded_postgres, erase_embedded_postgres
from tests.integration.embedded_postgres.processes import Client, stop

# No unix socket would fit in here, and no shell word either.
LONG_AND_SPACED = Path("a folder with spaces") / ("long " * 28).strip() / 'it\'s "postgres" $HOME'


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="jax-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shared_home(open_folder: Path) -> Iterator[Path]:
    """The folder of a cluster for the whole module, at a long path with spaces."""
    home = open_folder / LONG_AND_SPACED
    assert len(str(home)) > 150
    yield home
    erase_embedded_postgres(home)


@pytest.fixture(scope="module")
def shared_session(shared_home: Path) -> Iterator[Session]:
    with attach_embedded_postgres(shared_home) as session:
        yield session


@pytest.fixture(autouse=True)
def no_client_stays() -> Iterator[None]:
    yield
    Client.kill_all()


@pytest.fixture
def fresh_home(tmp_path: Path) -> Iterator[Path]:
    """The folder of a cluster that is not made yet: under root one that Postgres's user cannot enter."""
    home = tmp_path / "postgres"
    yield home
    Client.kill_all()
    erase_embedded_postgres(home)


@pytest.fixture(scope="module")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("made") / "postgres"
    attach_embedded_postgres(home).close()
    yield home
    erase_embedded_postgres(home)


@pytest.fixture
def home(made_home: Path) -> Path:
    """The folder of a cluster that is stopped; the tests of a module share it and leave it whole."""
    stop(made_home)
    return made_home


@pytest.fixture(scope="session")
def is_root() -> bool:
    return os.geteuid() == 0
