"""Making a database cluster: complete with role, database and password, or not there at all."""

import os
import secrets
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from jax.adapters.embedded_postgres.account import Account
from jax.adapters.embedded_postgres.binaries import POSTGRES_MAJOR
from jax.adapters.embedded_postgres.commands import PostgresCommands
from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError
from jax.adapters.embedded_postgres.place import Place
from jax.adapters.embedded_postgres.private_file import sync_folder, write_private

DATABASE = "jax"
ROLE = "jax"

# The superuser gets no password, so that with scram alone in pg_hba.conf nobody can log in as it.
_SUPERUSER = "postgres"
_HBA = "host all all 127.0.0.1/32 scram-sha-256\n"
# One call for the file system instead of one a file, of which there are a thousand. Linux alone offers it.
_SYNC_METHOD = "syncfs" if sys.platform == "linux" else "fsync"
_SETTINGS = {
    "recovery_init_sync_method": _SYNC_METHOD,
    "max_connections": "100",
    "shared_buffers": "64MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "[%p] ",
    # In files below the data folder: nothing stays in /dev/shm after a kill, and containers keep that small.
    "dynamic_shared_memory_type": "mmap",
}
_INITDB = (
    "--no-sync",
    "--data-checksums",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=reject",
    "--no-instructions",
    f"--username={_SUPERUSER}",
    *(f"--set={name}={value}" for name, value in _SETTINGS.items()),
)
_CREATE_ROLE_AND_DATABASE = (
    f"CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE PASSWORD '{{password}}'",
    # So that jax may act as the roles it creates, as the owner of a managed database may.
    f"ALTER ROLE {ROLE} SET createrole_self_grant = 'set, inherit'",
    f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
)
_REPLACE_PASSWORD = (f"ALTER ROLE {ROLE} PASSWORD '{{password}}'",)


def ensure_cluster(place: Place, commands: PostgresCommands) -> None:
    """Make the cluster unless it exists; heal what a killed attempt left. Raises EmbeddedPostgresError."""
    for leftover in place.base.glob("cluster.new-*"):
        shutil.rmtree(leftover)
    if not place.cluster.exists():
        _create(place, commands)
    _check_version(place)
    if not place.password_file.exists():
        _run_with_new_password(_REPLACE_PASSWORD, place, commands, fsync="on")


def _create(place: Place, commands: PostgresCommands) -> None:
    fresh = Place(place.base / f"cluster.new-{secrets.token_hex(4)}")
    _make_folders(fresh, commands.account)
    commands.run("initdb", [*_INITDB, f"--pgdata={fresh.data}"])
    hba = fresh.data / "pg_hba.conf"
    write_private(hba, _HBA)
    _give(hba, commands.account)
    _run_with_new_password(_CREATE_ROLE_AND_DATABASE, fresh, commands, fsync="off")
    # Everything up to here was written without waiting for the disk; now it is waited for once.
    commands.run("initdb", ["--sync-only", f"--sync-method={_SYNC_METHOD}", f"--pgdata={fresh.data}"])
    sync_folder(fresh.cluster)
    fresh.cluster.replace(place.cluster)
    sync_folder(place.base)
    fresh.base.rmdir()


def _make_folders(fresh: Place, account: Account | None) -> None:
    passable = 0o700 if account is None else 0o711
    for folder, mode in ((fresh.base, passable), (fresh.cluster, passable), (fresh.data, 0o700)):
        folder.mkdir()
        folder.chmod(mode)
    _give(fresh.data, account)


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _run_with_new_password(
    statements: Sequence[str], place: Place, commands: PostgresCommands, *, fsync: str
) -> None:
    """Run statements in a server without a network and without a log of them; keep the password they set."""
    password = secrets.token_urlsafe(24)
    settings = (f"fsync={fsync}", "exit_on_error=on", "log_min_error_statement=panic", "log_statement=none")
    arguments = ["--single", "-D", str(place.data), *(word for each in settings for word in ("-c", each))]
    text = "".join(f"{statement.format(password=password)}\n" for statement in statements)
    commands.run("postgres", [*arguments, _SUPERUSER], stdin=text)
    write_private(place.password_file, password)


def _check_version(place: Place) -> None:
    try:
        found = (place.data / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise EmbeddedPostgresError(
            f"{place.cluster} is not a complete database cluster: restore it from a backup, "
            "or delete it to begin with an empty database."
        ) from error
    if found != POSTGRES_MAJOR:
        raise EmbeddedPostgresError(
            f"{place.data} was made by Postgres {found} and Jax runs Postgres {POSTGRES_MAJOR}: "
            "dump it with the old version and load it into a new one, or set DATABASE_URL."
        )
