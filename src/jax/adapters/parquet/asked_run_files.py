"""What a service was asked to run, in a JSON file for each."""

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jax.ports.asked_runs import AskedRun
from jax.ports.errors import Unavailable

_SUFFIX = ".json"


class AskedRunFiles:
    """AskedRuns in the folder `root`, which is made when the first is saved; a file is replaced at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def save(self, run: AskedRun) -> None:
        """See AskedRuns."""
        await asyncio.to_thread(self._save, run)

    async def all(self) -> Sequence[AskedRun]:
        """See AskedRuns."""
        return await asyncio.to_thread(self._load)

    def _save(self, run: AskedRun) -> None:
        staging = self._root / f".{run.run_id}.new"
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            with os.fdopen(os.open(staging, flags, 0o600), "w", encoding="utf-8") as file:
                file.write(json.dumps(_document(run), indent=1) + "\n")
                file.flush()
                os.fsync(file.fileno())
            staging.replace(self._root / f"{run.run_id}{_SUFFIX}")
        except OSError as error:
            raise Unavailable(
                f"What was asked for cannot be kept in {self._root} ({error.strerror or error}): "
                "make the folder writable, with free space"
            ) from error

    def _load(self) -> Sequence[AskedRun]:
        found = []
        for path in self._root.glob(f"*{_SUFFIX}"):
            try:
                found.append(_run_of(json.loads(path.read_bytes())))
            except (ValueError, KeyError, TypeError):
                # Its run, if there was one, is among those that are kept.
                continue
            except OSError as error:
                raise Unavailable(
                    f"{path} cannot be read ({error.strerror or error}): make it readable, or remove it"
                ) from error
        return sorted(found, key=lambda run: (run.asked_at, run.run_id))


def _document(run: AskedRun) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "asked_at": run.asked_at.isoformat(),
        "request": run.request,
        "ended_at": None if run.ended_at is None else run.ended_at.isoformat(),
        "kept_as": run.kept_as,
        "error": run.error,
    }


def _run_of(document: dict[str, Any]) -> AskedRun:
    ended_at = document["ended_at"]
    return AskedRun(
        run_id=document["run_id"],
        asked_at=_moment(document["asked_at"]),
        request=document["request"],
        ended_at=None if ended_at is None else _moment(ended_at),
        kept_as=document["kept_as"],
        error=document["error"],
    )


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)
