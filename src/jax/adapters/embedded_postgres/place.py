"""Where the cluster lies: in the caller's folder, or outside when Postgres's user cannot reach that."""

import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from jax.adapters.embedded_postgres.account import Account, can_enter
from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError, naming_the_folder
from jax.adapters.embedded_postgres.home import Home
from jax.adapters.embedded_postgres.private_file import write_private

# For root alone: binaries and clusters that the user nobody can reach, whatever the caller's folder allows.
SHARED_BASE = Path("/var/lib/jax")


@dataclass(frozen=True, slots=True)
class Place:
    """The cluster and its password appear and vanish together, as one folder."""

    base: Path

    @property
    def cluster(self) -> Path:
        return self.base / "cluster"

    @property
    def data(self) -> Path:
        return self.cluster / "data"

    @property
    def password_file(self) -> Path:
        return self.cluster / "password"

    @property
    def cluster_lock(self) -> Path:
        """Held by the supervisor that serves this cluster, through whichever home it was found."""
        return self.base / "cluster.lock"

    @property
    def postgres_lock(self) -> Path:
        """Held by every process of Postgres that works on this cluster, and by nobody else."""
        return self.base / "postgres.lock"


def place_of(home: Home) -> Place:
    """Where the cluster of `home` lies or will lie, by what the folder says."""
    instance_id = _instance_id(home)
    return Place(home.path if instance_id is None else SHARED_BASE / instance_id)


def choose_place(home: Home, account: Account | None) -> Place:
    """Decide once and remember: moving a cluster later would lose it."""
    place = place_of(home)
    if account is None:
        return place
    if place.base == home.path and not can_enter(account, home.path):
        if place.cluster.exists():
            raise EmbeddedPostgresError(
                f"User {account.name}, who runs Postgres in place of root, can no longer enter {home.path}: "
                "make that folder and those above it enterable (chmod o+x), or set DATABASE_URL."
            )
        write_private(home.instance_id_file, secrets.token_hex(8))
        place = place_of(home)
    if place.base != home.path:
        shared_base()
        place.base.mkdir(mode=0o711, exist_ok=True)
        place.base.chmod(0o711)
        # For people who find the folder and wonder whose it is.
        write_private(place.base / "home", f"{home.path}\n")
    return place


def shared_base() -> Path:
    """Make the base for root unless it exists, and refuse one that others could write to."""
    with naming_the_folder(SHARED_BASE):
        SHARED_BASE.mkdir(parents=True, exist_ok=True)
        found = SHARED_BASE.stat()
        if found.st_uid != 0 or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise EmbeddedPostgresError(
                f"{SHARED_BASE} must belong to root and be writable by root alone, since Postgres is started "
                "from there: correct its owner and mode, or set DATABASE_URL."
            )
        SHARED_BASE.chmod(0o755)
    return SHARED_BASE


def _instance_id(home: Home) -> str | None:
    try:
        text = home.instance_id_file.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return None
    if not re.fullmatch(r"[0-9a-f]{16}", text):
        raise EmbeddedPostgresError(
            f"{home.instance_id_file} does not hold an instance id: restore it, "
            f"or delete {home.path} to begin with an empty database."
        )
    return text
