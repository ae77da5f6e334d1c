"""The kill switch that needs neither the database nor the trader: a file that is there or not."""

import os
from pathlib import Path

from jax.ports.errors import Unavailable

_MOST_CHARACTERS = 300


class KillFile:
    """Engaged while the file exists, whoever made it and whatever is in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def reasons(self) -> tuple[str, ...]:
        """Why it is engaged, for people; empty when it is not. A file that cannot be read is engaged too."""
        if not self._path.exists():
            return ()
        try:
            said = self._path.read_text(encoding="utf-8", errors="replace")[:_MOST_CHARACTERS].strip()
        except OSError:
            said = ""
        return (f"the file {self._path} is there" + (f": {said}" if said else ""),)

    def engage(self, reason: str) -> None:
        """Makes the file, on disk before it returns; keeps one that is there."""
        try:
            self._make(reason)
        except FileExistsError:
            return
        except OSError as error:
            raise Unavailable(f"the kill file {self._path} cannot be made: {error.strerror}") from error

    def release(self) -> None:
        """Removes the file, if it is there."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"the kill file {self._path} cannot be removed: {error.strerror}") from error

    def _make(self, reason: str) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, reason.encode()[:_MOST_CHARACTERS])
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
