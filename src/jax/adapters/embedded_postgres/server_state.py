"""What the supervisor tells the processes that attach."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from jax.adapters.embedded_postgres.private_file import write_private


class Status(StrEnum):
    STARTING = "starting"
    READY = "ready"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ServerState:
    """What the supervisor of boot `boot_id` last said: stale unless that one still holds its lock."""

    boot_id: str
    status: Status
    port: int
    password_file: str
    supervisor_pid: int

    def save(self, path: Path) -> None:
        """Replace the file at once, readable by its owner alone."""
        write_private(path, json.dumps(asdict(self)))

    @classmethod
    def load_boot(cls, path: Path, boot_id: str) -> "ServerState | None":
        """What the supervisor of `boot_id` said; None when it said nothing yet."""
        state = cls.load(path)
        return state if state is not None and state.boot_id == boot_id else None

    @classmethod
    def load(cls, path: Path) -> "ServerState | None":
        """None when nothing readable was ever said: a machine may lose power between write and sync."""
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                boot_id=str(said["boot_id"]),
                status=Status(said["status"]),
                port=int(said["port"]),
                password_file=str(said["password_file"]),
                supervisor_pid=int(said["supervisor_pid"]),
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
