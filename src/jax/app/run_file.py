"""Tells other programs on this machine where a service is."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def run_file(path: Path, state: dict[str, Any]) -> Iterator[None]:
    """`path` holds `state` (with its `boot_id`) as JSON while the block runs; readers see all or nothing."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    written = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        written.write_text(json.dumps(state) + "\n", encoding="utf-8")
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)
    try:
        yield
    finally:
        # A service that started meanwhile has written its own.
        if _boot_id(path) == state["boot_id"]:
            path.unlink(missing_ok=True)


def _boot_id(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8")).get("boot_id")
    except (OSError, ValueError):
        return None
