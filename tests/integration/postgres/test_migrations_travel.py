"""An installed Jax carries its migrations with it."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parents[3]
_BUILD = "import sys; from flit_core.buildapi import build_wheel; print(build_wheel(sys.argv[1]))"
_MIGRATE = """
import asyncio, sys
from jax.adapters.postgres.migrations import migrate_to_head, migrations_folder
print(migrations_folder())
print(*asyncio.run(migrate_to_head(sys.argv[1])))
"""


def _run(*command: str, cwd: Path, environment: dict[str, str] | None = None) -> list[str]:
    done = subprocess.run(
        command, cwd=cwd, env=environment or dict(os.environ), capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """An environment in which the wheel of this checkout is laid out as an installer does it."""
    name = _run(sys.executable, "-c", _BUILD, str(tmp_path), cwd=_CHECKOUT)[-1]
    environment = tmp_path / "an environment at 100%"
    _run(sys.executable, "-m", "venv", "--without-pip", str(environment), cwd=tmp_path)
    site_packages = environment / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    with zipfile.ZipFile(tmp_path / name) as wheel:
        wheel.extractall(site_packages)
    (data,) = site_packages.glob("*.data/data")
    (data / "share").rename(environment / "share")
    return environment


def test_migrates_from_the_wheel_alone(installed: Path, tmp_path: Path, empty_database_url: str) -> None:
    site_packages = Path(sysconfig.get_path("purelib"))
    folder, revisions = _run(
        str(installed / "bin" / "python"),
        "-c",
        _MIGRATE,
        empty_database_url,
        cwd=tmp_path,
        environment={"PYTHONPATH": str(site_packages)},
    )
    assert Path(folder) == installed / "share" / "jax-trading-assistant" / "migrations"
    scripts = (_CHECKOUT / "migrations" / "versions").glob("0*.py")
    assert revisions.split() == sorted(path.name[:4] for path in scripts)


def test_the_wheel_carries_every_script_of_the_checkout(installed: Path) -> None:
    carried = installed / "share" / "jax-trading-assistant" / "migrations"
    for folder in (Path(), Path("versions")):
        scripts = {path.name for path in (_CHECKOUT / "migrations" / folder).glob("*.*")}
        assert scripts == {path.name for path in (carried / folder).glob("*.*")}
    assert (carried / "env.py").read_bytes() == (_CHECKOUT / "migrations" / "env.py").read_bytes()
