"""How far a validation has come, in a file that outlives the process."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from jax.domain.errors import InvalidValue


@dataclass(slots=True)
class ValidationState:
    """`asked` are the terms as they were given: who comes back with others has another validation in mind.

    Times are ISO 8601 in UTC. `seen` holds each difference once, by signal and kind.
    """

    asked: dict[str, str]
    since: str
    runs: list[dict[str, Any]] = field(default_factory=list)
    seen: list[list[str]] = field(default_factory=list)
    failures: int = 0
    last_failure: str | None = None

    @property
    def wanted(self) -> int:
        """How many runs there shall be."""
        return int(self.asked["runs"])

    @property
    def is_finished(self) -> bool:
        """Whether there were that many."""
        return len(self.runs) >= self.wanted


def load_state(path: Path) -> ValidationState | None:
    """None when there is none; InvalidValue for a file that cannot be read."""
    try:
        return ValidationState(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise InvalidValue(
            "validation", f"{path} cannot be read ({error}); move it away to begin a new validation"
        ) from error


def store_state(path: Path, state: ValidationState) -> None:
    """Whole or not at all, also when the power fails."""
    write_whole(path, json.dumps(asdict(state), indent=1) + "\n")


def write_whole(path: Path, content: str) -> None:
    """Readers see the file before or after, and nothing between."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with written.open("w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)
