"""Captures baselines anew: `python -m tests.golden.services.capture_baselines REASON [SUBJECT ...]`."""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from jax.adapters.postgres.migrations import migrate_to_head
from tests.golden.services.golden_house import FOLDER, SUBJECTS, golden, golden_house
from tests.postgres_server import fresh_database, running_server


def capture(server_url: str, subject: str, reason: str) -> None:
    with tempfile.TemporaryDirectory() as folder, fresh_database(server_url) as url:
        asyncio.run(migrate_to_head(url))
        with golden_house(Path(folder), url, subject) as house:
            file = str(FOLDER / f"{subject}.json")
            done = golden("capture", file, "--reason", reason, *house.options)
    sys.stdout.write(done.stdout)
    if done.returncode:
        sys.exit(done.stderr)


def main(reason: str, subjects: Sequence[str]) -> None:
    with running_server(waits_for_disk=False) as server_url:
        for subject in subjects or SUBJECTS:
            capture(server_url, subject, reason)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("say why: python -m tests.golden.services.capture_baselines REASON [SUBJECT ...]")
    main(sys.argv[1], sys.argv[2:])
