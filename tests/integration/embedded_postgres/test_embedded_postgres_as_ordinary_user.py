"""As an ordinary user: everything lies in the folder and belongs to that user alone."""

import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.checkout import SRC
from tests.integration.embedded_postgres.processes import (
    SCRIPT,
    Client,
    base_of,
    eventually,
    fetch,
    owner_of,
    postmasters,
    processes_of,
)

# Under root the tests borrow an account that exists everywhere, and an interpreter that it can run.
UID = os.geteuid() or pwd.getpwnam("nobody").pw_uid
PYTHONS = (sys.executable, "/usr/bin/python3")


def runs_as(uid: int, python: str) -> bool:
    check = "import sys, jax.adapters.embedded_postgres; open(sys.argv[1]).close()"
    try:
        done = subprocess.run(
            [python, "-c", check, str(SCRIPT)],
            env={"PYTHONPATH": str(SRC)},
            cwd="/",
            user=uid if os.geteuid() == 0 else None,
            extra_groups=[] if os.geteuid() == 0 else None,
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


@pytest.fixture(scope="module")
def python() -> str:
    found = [python for python in PYTHONS if runs_as(UID, python)]
    if not found:
        pytest.skip("no interpreter here that an ordinary user can run")
    return found[0]


def test_everything_is_in_the_folder_and_the_users_alone(open_folder: Path, python: str) -> None:
    own = open_folder / "own"
    own.mkdir()
    os.chown(own, UID, -1)
    home = own / "postgres"
    packages = os.pathsep.join((str(SRC), *(path for path in sys.path if path.endswith("site-packages"))))
    client = Client(
        home, python=(python,), env={"PYTHONPATH": packages}, uid=UID if os.geteuid() == 0 else None
    )
    assert client.said.startswith("postgresql://")
    assert fetch(client.said, "SELECT 1") == 1
    (server,) = postmasters(home)
    assert owner_of(server) == UID
    assert base_of(home) == home
    inside = [home, *home.rglob("*")]
    assert {path.stat().st_uid for path in inside} == {UID}
    assert not [path for path in inside if stat.S_IMODE(path.stat().st_mode) & 0o077]
    client.kill()
    eventually(lambda: not processes_of(home), "a stop after the last client was killed")
