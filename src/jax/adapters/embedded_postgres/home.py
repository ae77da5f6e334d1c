"""The folder that a caller names, and the files in it through which processes meet."""

import os
from dataclasses import dataclass
from pathlib import Path

from jax.adapters.embedded_postgres.account import account_name
from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError


@dataclass(frozen=True, slots=True)
class Home:
    """An absolute path. Under root others may enter the folder, since Postgres runs as another user."""

    path: Path

    def create(self) -> None:
        """Make the folder unless it exists; raises OSError when that cannot be done."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.path.mkdir(mode=0o700)
        except FileExistsError:
            if not self.path.is_dir():
                raise
            return
        if os.geteuid() == 0:
            self.path.chmod(0o711)

    @property
    def start_lock(self) -> Path:
        """Held by the one process that starts, attaches or erases."""
        return self.path / "start.lock"

    @property
    def clients_lock(self) -> Path:
        """Shared by all attached processes; taken alone by the supervisor when it stops."""
        return self.path / "clients.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor for its life; its content is the supervisor's boot id."""
        return self.path / "supervisor.lock"

    @property
    def state_file(self) -> Path:
        return self.path / "state.json"

    @property
    def instance_id_file(self) -> Path:
        """Exists when root keeps the cluster outside, because Postgres's user cannot reach this folder."""
        return self.path / "instance-id"

    @property
    def log_file(self) -> Path:
        return self.path / "postgres.log"

    def refuse_another_owner(self) -> None:
        """Raise EmbeddedPostgresError when another user started here: the files are that user's alone."""
        try:
            owner = self.start_lock.stat().st_uid
        except FileNotFoundError:
            return
        if owner != os.geteuid():
            name = account_name(owner)
            raise EmbeddedPostgresError(
                f"The embedded Postgres in {self.path} belongs to user {name}: "
                f"run Jax as {name}, choose another folder, or set DATABASE_URL."
            )
